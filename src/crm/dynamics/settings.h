#pragma once

#include "crm/account_type.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::dynamics {

/// How an account logs in: setting 'auth'.
enum class Flow { certificate, client_secret, password, device, browser };

/// An account's settings, read and found right.
struct AccountSettings {
    std::string server;     ///< "https://acme.crm.dynamics.com", no slash at the end
    std::string authority;  ///< "https://login.microsoftonline.com", no slash at the end
    std::string tenant;     ///< a GUID or domain; empty: the server tells it
    Flow flow = Flow::certificate;
    std::string client_id;
    Secret client_secret;
    std::string username;
    Secret password;
    Secret private_key;        ///< RSA, PEM
    std::string key_id;        ///< of the assertion's header, or empty
    std::string sha1, sha256;  ///< the certificate's thumbprints, bytes; one of them for Flow::certificate
    std::optional<Instant> certificate_ends{};  ///< where the certificate is known
    std::string callback;                       ///< "http://localhost:1717/OauthRedirect"
    std::string name;                           ///< the account's own, for messages
    std::string api_version;                    ///< "9.2"
    int requests_in_flight = 0;                 ///< at most so many
    int page_size = 0;                          ///< records of a result page, at most

    /// "https://acme.crm.dynamics.com/api/data/v9.2", no slash at the end.
    [[nodiscard]] std::string root() const { return server + "/api/data/v" + api_version; }
};

std::span<const model::OptionSpec> options();

/// `invalid` with the setting's name, why, and what to write.
Result<void> check_settings(const model::Settings& settings);
Result<AccountSettings> account_settings(const model::Settings& settings, const Secrets& secrets);

/// What AccountType asks of a type.
std::vector<std::string_view> missing(const model::Settings& settings);
Result<void> check_secrets(const Secrets& secrets);
std::vector<std::string> notices(const model::Settings& settings);
SigningSettings signing(const model::Settings& settings);
bool needs_person(const model::Settings& settings);
std::span<const std::string_view> login_settings();
std::string_view certificate_steps();

/// The server's host, the authority's, and what the account allows besides.
std::vector<std::string> allowed_hosts(const model::Settings& settings);

}  // namespace koppla::dynamics
