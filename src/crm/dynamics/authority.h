#pragma once

#include "base/guarded.h"
#include "crm/dynamics/settings.h"
#include "http/client.h"

#include <string>
#include <string_view>

namespace koppla::dynamics {

/// Where an account logs in. The tenant is that of the settings, or the one that the environment names to who
/// asks without a login. From that answer nothing but the tenant is believed: where logins happen is the
/// account's to say. Asked once. Thread-safe.
/// [Entra: OAuth 2.0 endpoints; Dataverse: Authenticate with OAuth, WWW-Authenticate]
class Authority {
  public:
    Authority(const AccountSettings& account, http::Client& client) : account_{account}, client_{client} {}

    /// "https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token" for "token".
    Result<std::string> endpoint(std::string_view name, const Call& call) const;

  private:
    Result<std::string> tenant(const Call& call) const;
    Result<std::string> discovered(const Call& call) const;

    const AccountSettings& account_;
    http::Client& client_;
    mutable Guarded<std::string> tenant_;
};

/// The authorization_uri of a refusal's WWW-Authenticate headers, or empty. [RFC 6750, 3]
std::string authorization_uri_in(const http::Headers& headers);

}  // namespace koppla::dynamics
