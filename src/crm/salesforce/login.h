#pragma once

#include "base/clock.h"
#include "crm/salesforce/settings.h"
#include "crm/session.h"
#include "http/client.h"

#include <string>

namespace koppla::salesforce {

/// Where and as whom a login happens. The references outlive it.
struct LoginSite {
    const AccountSettings& account;
    http::Client& client;
    const Clock& clock;
};

/// A login by what the account itself holds; `denied` names the setting to look at. Nothing is stored here.
/// [Salesforce: OAuth 2.0 Client Credentials, JWT Bearer and Username-Password Flows; SOAP API, login()]
Result<Credentials> log_in(const LoginSite& site, const Call& call);

/// Fresh credentials by a refresh token; the answer's own refresh token, or the old one where it has none.
/// `denied`: the token is worth nothing any more. [RFC 6749, 6; Salesforce: Refresh Token Rotation]
Result<Credentials> refresh(const LoginSite& site, const Credentials& old, const Call& call);

/// A code that a browser brought back, turned into credentials. [RFC 7636, 4.5]
struct Code {
    std::string code;
    Secret verifier;
};
Result<Credentials> redeem(const LoginSite& site, const Code& code, const Call& call);

/// `denied` where the credentials would lead to a host that the account doesn't allow.
Result<void> check_instance(const AccountSettings& account, const Credentials& credentials);

}  // namespace koppla::salesforce
