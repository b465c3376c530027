#pragma once

#include "base/clock.h"
#include "crm/auth.h"
#include "crm/code_login.h"
#include "crm/salesforce/settings.h"
#include "http/client.h"

namespace koppla::salesforce {

/// Where and as whom a login happens. The references outlive it.
struct LoginSite {
    const AccountSettings& account;
    http::Client& client;
    const Clock& clock;
};

/// `denied` where the credentials would lead to a host that the account doesn't allow.
Result<void> check_instance(const AccountSettings& account, const Credentials& credentials);

/// [Salesforce: OAuth 2.0 Client Credentials, JWT Bearer, Username-Password and Refresh Token Flows; SOAP
/// API, login()]
class OrgLogin final : public Login {
  public:
    /// What is good for one use goes by `once`, which doesn't repeat.
    OrgLogin(const AccountSettings& account, http::Client& client, http::Client& once, const Clock& clock)
        : site_{.account = account, .client = client, .clock = clock},
          refresh_site_{.account = account, .client = once, .clock = clock} {}

    [[nodiscard]] Upkeep upkeep() const override;
    Result<Credentials> log_in(const Call& call) const override;
    Result<Credentials> refresh(const Credentials& old, const Call& call) const override;
    [[nodiscard]] Result<void> check(const Credentials& credentials) const override {
        return check_instance(site_.account, credentials);
    }

  private:
    const LoginSite site_;
    const LoginSite refresh_site_;
};

Result<Credentials> redeem(const LoginSite& site, const Code& code, const Call& call);

}  // namespace koppla::salesforce
