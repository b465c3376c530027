#pragma once

#include "base/result.h"
#include "crm/session.h"
#include "http/client.h"

#include <functional>
#include <string>
#include <string_view>

namespace koppla::odata {

/// One request of a service.
struct Ask {
    std::string method = "GET";
    /// Below the service's root, percent-encoded ("contacts?$select=fullname"), or a link that the service
    /// gave: a whole URL, or a path that begins with '/'.
    std::string path;
    http::Headers headers{};  ///< one of these takes the place of what every request carries
    std::string body{};
    std::string attempted;  ///< "reading contact": opens the message where it fails
};

/// Sends a request with these headers added, whoever it is sent as. Called again after a new login.
using SendWith = std::function<Result<http::Response>(const http::Headers& authorization)>;

/// Who sends: puts what authorizes a request into `send`, and calls it once more where that can be renewed.
/// Thread-safe.
class Sender {
  public:
    virtual ~Sender() = default;
    virtual Result<http::Response> send(const SendWith& send, const Call& call) = 0;
};

/// What a refusal of the service means; `attempted` opens the message.
using ErrorOf = Error (*)(const http::Response& response, std::string_view attempted);

/// What a session is made of; the references outlive it.
struct SessionParts {
    std::string root;         ///< "https://acme.crm.dynamics.com/api/data/v9.2", no slash at the end
    http::Headers headers{};  ///< every request carries them
    http::Client& client;     ///< which repeats, and holds back what the service has no room for
    Sender& sender;
    ErrorOf error_of = nullptr;
};

/// Sends requests to one OData service and nowhere else, and turns every answer but 2xx and 304 into an
/// Error. Thread-safe.
class Session final {
  public:
    explicit Session(SessionParts parts) : parts_{std::move(parts)} {}

    [[nodiscard]] const std::string& root() const { return parts_.root; }

    /// Any answer as it came, whatever its status, with its body: for refusals that hold more than an error.
    Result<http::Response> exchange(const Ask& ask, const Call& call);
    /// What an answer that is no 2xx means.
    [[nodiscard]] Error refusal_of(const http::Response& response, std::string_view attempted) const;

    /// A 2xx body goes to `sink`; the Response has its headers.
    Result<http::Response> send(const Ask& ask, http::BodySink& sink, const Call& call);
    /// The same with the body kept in the Response; `corrupt` beyond the bound.
    Result<http::Response> send_text(const Ask& ask, const Call& call);

    /// The whole URL of what a service gave as link or what stands below its root; `denied` (symbol
    /// OTHER_HOST) where it leads to another scheme, host or port: nothing is ever sent there.
    [[nodiscard]] Result<std::string> address(std::string_view path) const;

  private:
    Result<http::Response> answer_to(const Ask& ask, http::BodySink& sink, const Call& call);

    const SessionParts parts_;
};

}  // namespace koppla::odata
