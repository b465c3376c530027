#pragma once

#include "crm/auth.h"
#include "crm/connector.h"
#include "crm/salesforce/login.h"
#include "crm/salesforce/settings.h"
#include "http/client.h"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::salesforce {

/// One request of the API; `path` begins with '/', and its origin is where the login sent us.
struct Ask {
    std::string method = "GET";
    std::string path;
    http::Headers headers{};
    std::string body{};
    http::BodySource* source = nullptr;                                 ///< makes the body instead
    std::string_view content_type = "application/json; charset=UTF-8";  ///< where there is a body
    std::string attempted;  ///< "reading Contact": opens the message where it fails
};

/// Sends requests as a logged-in user: adds what every request carries, renews a refused token once and
/// repeats, and turns every answer but 2xx and 304 into an Error. Thread-safe.
class Session {
  public:
    /// What may be sent once only goes by `once`, all else by `client`, which repeats.
    Session(AccountSettings account, http::Client& client, http::Client& once, TokenStore& tokens,
            const Clock& clock)
        : account_{std::move(account)},
          client_{client},
          login_{account_, client, once, clock},
          auth_{login_, tokens, {.server = account_.server, .account = account_.name}} {}

    /// A 2xx body goes to `sink`; the Response has its headers.
    Result<http::Response> send(const Ask& ask, http::BodySink& sink, const Call& call);
    /// The same with the body kept in the Response; `corrupt` beyond the bound.
    Result<http::Response> send_text(const Ask& ask, const Call& call);

    /// "68.0": the account's own, or the newest that both sides know.
    Result<std::string> api_version(const Call& call);
    /// "/services/data/v68.0".
    Result<std::string> data_path(const Call& call);

    /// The length of the URL that a path makes. Without a login the account's server stands for its host.
    [[nodiscard]] std::size_t url_bytes(std::string_view path) const;
    Result<Credentials> credentials(const Call& call) { return auth_.credentials(call); }

  private:
    Result<http::Response> send_as(const Credentials& credentials, const Ask& ask, http::BodySink& sink,
                                   const Call& call);
    Result<std::vector<int>> offered_versions(const Call& call);

    const AccountSettings account_;
    http::Client& client_;
    const OrgLogin login_;
    Auth auth_;
    std::mutex version_mutex_;
    std::string version_;
};

}  // namespace koppla::salesforce
