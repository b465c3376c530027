#pragma once

#include "crm/account_type.h"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::salesforce {

/// How an account logs in.
enum class Flow { client_credentials, password };

/// An account's settings, read and found right.
struct AccountSettings {
    std::string server;  ///< "https://acme.my.salesforce.com", no slash at the end
    Flow flow = Flow::client_credentials;
    std::string client_id;
    Secret client_secret;
    std::string username;
    Secret password;
    Secret security_token;
    std::string api_version;  ///< "68.0", or empty for the newest that both sides know
    std::vector<std::string> allowed_hosts;
    int allowance_share = 0;  ///< per cent of the org's API calls in 24 hours
};

std::span<const model::OptionSpec> options();

/// `invalid` with the setting's name, and why.
Result<void> check_settings(const model::Settings& settings);
Result<AccountSettings> account_settings(const model::Settings& settings, const Secrets& secrets);

/// The server's host, `*.salesforce.com` where it is Salesforce's own, and what the account allows besides.
std::vector<std::string> allowed_hosts(const model::Settings& settings);

}  // namespace koppla::salesforce
