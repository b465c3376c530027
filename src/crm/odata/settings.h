#pragma once

#include "crm/account_type.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::odata {

/// How an account of a plain OData service says who it is: setting 'auth'.
enum class Flow { none, basic, bearer };

/// An account's settings, read and found right.
struct AccountSettings {
    std::string root;  ///< the service's URL with its path, no slash at the end
    Flow flow = Flow::none;
    std::string username;
    Secret password;
    Secret access_token;
    std::string name;   ///< the account's own, for messages
    int page_size = 0;  ///< records of a result page, at most
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
Result<PersonLogin> log_in_by_person(const ConnectorParts& parts, const Call& call);
std::span<const std::string_view> login_settings();
std::vector<std::string> allowed_hosts(const model::Settings& settings);

}  // namespace koppla::odata
