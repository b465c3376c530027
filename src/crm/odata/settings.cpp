#include "crm/odata/settings.h"

#include "crm/account_options.h"
#include "crm/oauth.h"
#include "crm/settings_view.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace koppla::odata {

namespace {

using model::Presence;
using model::Visibility;

constexpr int page_rows_max = 100'000;

struct Way : LoginWay {
    Flow flow;
};
constexpr std::array<Way, 3> ways = {{
    {{"none", {}}, Flow::none},
    {{"basic", {"username", "password"}}, Flow::basic},
    {{"bearer", {"access-token"}}, Flow::bearer},
}};
constexpr std::array<std::string_view, ways.size()> flows = {ways[0].name, ways[1].name, ways[2].name};
constexpr std::array<std::string_view, 3> login_names = {"server", "auth", "username"};

constexpr std::array<model::OptionSpec, 12> specs = {{
    {.name = "server",
     .label = "Server",
     .help = "the service's root, https://acme.example/odata/v4/sales",
     .presence = Presence::required},
    {.name = "auth",
     .label = "Login",
     .help = "none, basic (user name and password with each request) or bearer (a ready access token)",
     .presence = Presence::required,
     .choices = flows},
    {.name = "username", .label = "User name", .help = "who logs in; with auth basic"},
    {.name = "password",
     .label = "Password",
     .help = "the user's password; with auth basic",
     .visibility = Visibility::secret},
    {.name = "access-token",
     .label = "Access token",
     .help = "an access token that was got elsewhere; with auth bearer",
     .visibility = Visibility::secret},
    {.name = "index-fields",
     .label = "Index fields",
     .help =
         "names of the properties that tell when a record was last changed, with commas between them; the "
         "usual ones if none are given"},
    account_options::ca,
    account_options::proxy,
    account_options::allowed_hosts,
    account_options::safety_lag,
    account_options::compression,
    {.name = "page-size",
     .label = "Page size",
     .help = "records of a result page at most, 1 to 100000; the service may send fewer",
     .default_value = "5000"},
}};

SettingsView view(const model::Settings& settings) {
    return {specs, settings};
}

const Way* way_of(const model::Settings& settings) {
    const auto* way = std::ranges::find(ways, view(settings).get("auth"), &Way::name);
    return way == ways.end() ? nullptr : way;
}

/// The service's root without a slash at the end.
Result<std::string> root_of(const model::Settings& settings) {
    const http::Url url = TRY(view(settings).https_url("server", "https://acme.example/odata/v4/sales"));
    std::string path = url.path_and_query;
    if (path.find('?') != std::string::npos || path.find("$metadata") != std::string::npos) {
        return refuse_setting("server",
                              fmt::format("'{}' is no service's root; write what stands before $metadata",
                                          view(settings).get("server")));
    }
    while (path.ends_with('/')) path.pop_back();
    return origin_of(url) + path;
}

}  // namespace

std::span<const model::OptionSpec> options() {
    return specs;
}

Result<void> check_settings(const model::Settings& settings) {
    TRY(root_of(settings));
    TRY(view(settings).check_choice("auth", flows));
    TRY(view(settings).check_open_needs(*way_of(settings)));
    if (view(settings).get("username").find(':') != std::string_view::npos)
        return refuse_setting("username", "it can't hold a ':', which stands between it and the password");
    TRY(view(settings).whole_number("page-size", 1, page_rows_max));
    return view(settings).check_common();
}

std::vector<std::string> allowed_hosts(const model::Settings& settings) {
    std::vector<std::string> hosts;
    if (const auto url = view(settings).https_url("server", "")) hosts.push_back(host_and_port(*url));
    for (std::string& host : view(settings).list("allowed-hosts")) hosts.push_back(std::move(host));
    return hosts;
}

std::vector<std::string_view> missing(const model::Settings& settings) {
    const Way* way = way_of(settings);
    return way == nullptr ? std::vector<std::string_view>{} : view(settings).missing(*way);
}

Result<void> check_secrets(const Secrets& secrets) {
    const Secret token = secret_of(secrets, "access-token");
    if (token.is_empty() || is_token(token.reveal())) return {};
    return refuse_setting("access-token", "it has blanks or other characters that no access token has");
}

std::vector<std::string> notices(const model::Settings& settings) {
    if (view(settings).get("auth") != "bearer") return {};
    return {"An access token can't be renewed: when it expires, the account needs another one."};
}

SigningSettings signing(const model::Settings& /*settings*/) {
    return {};
}

bool needs_person(const model::Settings& /*settings*/) {
    return false;
}

Result<PersonLogin> log_in_by_person(const ConnectorParts& parts, const Call& /*call*/) {
    return error(
        ErrorKind::invalid,
        fmt::format("the account {0} logs in by itself, so nobody has to; see whether it works with: "
                    "koppla account test {0}",
                    parts.account));
}

std::span<const std::string_view> login_settings() {
    return login_names;
}

Result<AccountSettings> account_settings(const model::Settings& settings, const Secrets& secrets) {
    TRY(check_settings(settings));
    TRY(check_secrets(secrets));
    const auto names = missing(marked(settings, secrets));
    if (!names.empty()) {
        return refuse_setting(names.front(),
                              fmt::format("it is missing: auth {} needs it", view(settings).get("auth")));
    }
    AccountSettings account;
    account.root = TRY(root_of(settings));
    account.flow = way_of(settings)->flow;
    account.username = view(settings).get("username");
    account.password = secret_of(secrets, "password");
    account.access_token = secret_of(secrets, "access-token");
    account.page_size = TRY(view(settings).whole_number("page-size", 1, page_rows_max));
    return account;
}

}  // namespace koppla::odata
