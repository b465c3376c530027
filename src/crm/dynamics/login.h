#pragma once

#include "base/clock.h"
#include "crm/auth.h"
#include "crm/dynamics/authority.h"
#include "crm/dynamics/settings.h"
#include "crm/oauth.h"
#include "http/client.h"

namespace koppla::dynamics {

/// Logs in at Entra ID: by a signed assertion, a client secret, a password, or a refresh token that a
/// person's login gave. The tokens open the account's server and are sent nowhere else. Thread-safe.
/// [Entra: OAuth 2.0 client credentials, resource owner password, and authorization code flows; certificate
/// credentials]
class EntraLogin final : public Login {
  public:
    /// What is good for one use goes by `once`, which doesn't repeat. The references outlive it.
    EntraLogin(const AccountSettings& account, http::Client& client, http::Client& once, const Clock& clock)
        : account_{account}, client_{client}, once_{once}, clock_{clock}, authority_{account, client} {}

    [[nodiscard]] Upkeep upkeep() const override;
    Result<Credentials> log_in(const Call& call) const override;
    Result<Credentials> refresh(const Credentials& old, const Call& call) const override;
    [[nodiscard]] Result<void> check(const Credentials& credentials) const override;

  private:
    [[nodiscard]] Result<Secret> assertion(const std::string& audience, Instant now) const;
    Result<Credentials> by_certificate(const Call& call) const;

    const AccountSettings& account_;
    http::Client& client_;
    http::Client& once_;
    const Clock& clock_;
    const Authority authority_;
};

/// The scope of a login of the app itself, or of a person.
std::string scope_of(const AccountSettings& account);

/// Asks a token endpoint and reads its answer; `fields` besides the client's id, its secret where there is
/// one and the scope.
Result<http::Response> ask_for_token(const AccountSettings& account, http::Client& client,
                                     const std::string& endpoint, FormFields fields, const Call& call);
Result<Credentials> read_token(const AccountSettings& account, const http::Response& answer);

}  // namespace koppla::dynamics
