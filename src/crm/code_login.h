#pragma once

#include "crm/account_type.h"
#include "crm/oauth.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace koppla {

/// A code that a browser brought back, with what proves that it was us who sent the browser. [RFC 7636, 4.5]
struct Code {
    std::string code;
    Secret verifier;
};

/// What a CRM's login in a browser is made of.
struct CodeFlow {
    std::string authorize_url;  ///< "https://login.example/authorize"
    FormFields fields;          ///< client_id, scope and what the CRM wants besides
    std::string callback;       ///< "http://localhost:1717/OauthRedirect"
    std::string server;         ///< for messages
    /// Credentials for a code, found to lead nowhere else than the account allows.
    std::function<Result<Credentials>(const Code& code, const Call& call)> redeem;
    /// The notice for a person where there is no refresh token.
    std::string_view without_refresh_token;
};

/// Begins a login in a browser: authorization code with PKCE, its state and verifier made anew each time.
/// `tokens` outlives it. [RFC 6749, 4.1; RFC 7636]
Result<std::unique_ptr<BrowserLogin>> begin_code_login(CodeFlow flow, TokenStore& tokens);

}  // namespace koppla
