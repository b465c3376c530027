#pragma once

#include "crm/account_type.h"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::salesforce {

/// How an account logs in: setting 'auth', and `soap` for a password without a client secret.
enum class Flow { client_credentials, jwt, browser, password, soap, access_token };

/// An account's settings, read and found right.
struct AccountSettings {
    std::string server;  ///< "https://acme.my.salesforce.com", no slash at the end
    Flow flow = Flow::client_credentials;
    std::string client_id;
    Secret client_secret;
    std::string username;
    Secret password;
    Secret security_token;
    Secret private_key;  ///< RSA, PEM
    Secret access_token;
    std::string audience;     ///< whom a signed login is meant for
    std::string callback;     ///< "http://localhost:1717/OauthRedirect"
    std::string name;         ///< the account's own, for messages
    std::string api_version;  ///< "68.0", or empty for the newest that both sides know
    std::vector<std::string> allowed_hosts;
    int allowance_share = 0;  ///< per cent of the org's API calls in 24 hours
};

std::span<const model::OptionSpec> options();

/// `invalid` with the setting's name, and why.
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

/// The server's host, `*.salesforce.com` where it is Salesforce's own, and what the account allows besides.
std::vector<std::string> allowed_hosts(const model::Settings& settings);

}  // namespace koppla::salesforce
