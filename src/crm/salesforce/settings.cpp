#include "crm/salesforce/settings.h"

#include "crm/account_options.h"
#include "crm/oauth.h"
#include "crm/salesforce/tuning.h"
#include "crm/settings_view.h"
#include "crm/signing.h"
#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::salesforce {

namespace {

using model::Presence;
using model::Visibility;

struct Way : LoginWay {
    Flow flow;
};
constexpr std::array<Way, 5> ways = {{
    {{"client-credentials", {"client-id", "client-secret"}}, Flow::client_credentials},
    {{"jwt", {"client-id", "username"}}, Flow::jwt},
    {{"browser", {"client-id"}}, Flow::browser},
    {{"password", {"username", "password"}}, Flow::password},
    {{"access-token", {"access-token"}}, Flow::access_token},
}};
constexpr std::array<std::string_view, ways.size()> flows = {ways[0].name, ways[1].name, ways[2].name,
                                                             ways[3].name, ways[4].name};
constexpr std::array<std::string_view, 6> login_names = {"server",   "auth",     "client-id",
                                                         "username", "audience", "callback"};

constexpr std::array<model::OptionSpec, 18> specs = {{
    {.name = "server",
     .label = "Server",
     .help = "the org's My Domain, https://acme.my.salesforce.com",
     .presence = Presence::required},
    {.name = "auth",
     .label = "Login",
     .help = "client-credentials (an external client app's own user), jwt (a key and a certificate), browser "
             "(a person logs in once), password (deprecated by Salesforce) or access-token (a ready one)",
     .presence = Presence::required,
     .choices = flows},
    {.name = "client-id", .label = "Client id", .help = "the consumer key of the external client app"},
    {.name = "client-secret",
     .label = "Client secret",
     .help = "the consumer secret of the external client app; not with auth jwt",
     .visibility = Visibility::secret},
    {.name = "username", .label = "User name", .help = "who logs in; with auth jwt or password"},
    {.name = "password",
     .label = "Password",
     .help = "the user's password; with auth password",
     .visibility = Visibility::secret},
    {.name = "security-token",
     .label = "Security token",
     .help = "the user's security token, where the org asks for one; with auth password",
     .visibility = Visibility::secret},
    {.name = "private-key",
     .label = "Private key",
     .help = "an RSA key in PEM, without a passphrase; with auth jwt, where one is made if none is given",
     .visibility = Visibility::secret,
     .extent = model::Extent::text},
    {.name = "access-token",
     .label = "Access token",
     .help = "a session id or access token that was got elsewhere; with auth access-token",
     .visibility = Visibility::secret},
    {.name = "audience",
     .label = "Audience",
     .help = "whom a signed login is meant for; with auth jwt, where the server tells it if none is given"},
    account_options::callback,
    {.name = "api-version",
     .label = "API version",
     .help = "latest, or one such as 66.0",
     .default_value = "latest"},
    account_options::ca,
    account_options::proxy,
    account_options::allowed_hosts,
    account_options::safety_lag,
    {.name = "allowance-share",
     .label = "Allowance share",
     .help = "per cent of the org's API calls in 24 hours; once so many are used, by whomever, Koppla stops",
     .default_value = "90"},
    account_options::compression,
}};

SettingsView view(const model::Settings& settings) {
    return {specs, settings};
}

std::string_view setting(const model::Settings& settings, std::string_view name) {
    return view(settings).get(name);
}

Result<http::Url> server_url(const model::Settings& settings) {
    http::Url url = TRY(view(settings).https_url("server", "https://acme.my.salesforce.com"));
    const std::string_view text = setting(settings, "server");
    if (url.path_and_query != "/" && !url.path_and_query.empty()) {
        return refuse_setting(
            "server", fmt::format("'{}' has a path; write https://{} alone", text, host_and_port(url)));
    }
    if (url.host.ends_with(".lightning.force.com")) {
        return refuse_setting("server",
                              fmt::format("'{}' is the address of the pages, not of the API; use the org's "
                                          "https://….my.salesforce.com",
                                          text));
    }
    return url;
}

/// "" for latest.
Result<std::string> api_version(const model::Settings& settings) {
    const std::string_view text = setting(settings, "api-version");
    if (text == "latest") return std::string{};
    int number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || text.size() != 4 || std::string_view{end, 2} != ".0" || number < 10) {
        return refuse_setting("api-version",
                              fmt::format("'{}' is not a version; write latest, or one such as {}.0", text,
                                          tuning::version_max));
    }
    if (number < tuning::version_min) {
        return refuse_setting("api-version",
                              fmt::format("{} is too old: {}.0 is the first that has what is needed", text,
                                          tuning::version_min));
    }
    return std::string{text};
}

/// Salesforce's own login hosts take the login of any org; the org itself answers under its My Domain alone.
bool is_login_host(const http::Url& url) {
    return url.host == "login.salesforce.com" || url.host == "test.salesforce.com";
}

/// [Salesforce: OAuth 2.0 JWT Bearer Flow, claim aud] Sandboxes have "--" in their My Domain.
std::string audience_of(const http::Url& url) {
    if (!url.host.ends_with(".salesforce.com")) return "https://" + host_and_port(url);
    const bool is_sandbox = url.host == "test.salesforce.com" || url.host.find("--") != std::string::npos ||
                            url.host.ends_with(".scratch.my.salesforce.com");
    return is_sandbox ? "https://test.salesforce.com" : "https://login.salesforce.com";
}

const Way* way_of(const model::Settings& settings) {
    const auto* way = std::ranges::find(ways, setting(settings, "auth"), &Way::name);
    return way == ways.end() ? nullptr : way;
}

Result<void> check_login(const model::Settings& settings) {
    const Way* way = way_of(settings);
    if (way == nullptr) {
        return refuse_setting("auth", fmt::format("it can't be '{}'; it is {}", setting(settings, "auth"),
                                                  fmt::join(flows, ", ")));
    }
    TRY(view(settings).check_open_needs(*way));
    if (way->flow == Flow::client_credentials && !setting(settings, "username").empty()) {
        return refuse_setting("username",
                              "auth client-credentials has no user name: the app's own user is used");
    }
    const http::Url url = TRY(server_url(settings));
    const bool is_of_the_org = way->flow == Flow::client_credentials || way->flow == Flow::access_token;
    if (is_of_the_org && is_login_host(url)) {
        return refuse_setting(
            "server",
            fmt::format("{} has no {}; use the org's My Domain, https://….my.salesforce.com", url.host,
                        way->flow == Flow::access_token ? "records" : "client credentials"));
    }
    if (way->flow == Flow::browser) return view(settings).check_callback("callback");
    return {};
}

}  // namespace

std::span<const model::OptionSpec> options() {
    return specs;
}

Result<void> check_settings(const model::Settings& settings) {
    TRY(server_url(settings));
    TRY(check_login(settings));
    TRY(api_version(settings));
    TRY(view(settings).whole_number("allowance-share", 1, 100));
    return view(settings).check_common();
}

std::vector<std::string> allowed_hosts(const model::Settings& settings) {
    std::vector<std::string> hosts;
    if (const auto url = server_url(settings)) {
        hosts.push_back(host_and_port(*url));
        if (url->host.ends_with(".salesforce.com")) hosts.emplace_back("*.salesforce.com");
    }
    for (std::string& host : view(settings).list("allowed-hosts")) hosts.push_back(std::move(host));
    return hosts;
}

std::vector<std::string_view> missing(const model::Settings& settings) {
    const Way* way = way_of(settings);
    return way == nullptr ? std::vector<std::string_view>{} : view(settings).missing(*way);
}

Result<void> check_secrets(const Secrets& secrets) {
    if (const auto key = secrets.find("private-key"); key != secrets.end()) {
        if (const auto checked = check_signing_key(key->second); !checked) {
            return refuse_setting("private-key", checked.error().message);
        }
    }
    const Secret token = secret_of(secrets, "access-token");
    if (!std::ranges::all_of(token.reveal(), [](char c) { return c > ' ' && c < '\x7f'; })) {
        return refuse_setting("access-token", "it has blanks or other characters that no access token has");
    }
    return {};
}

std::vector<std::string> notices(const model::Settings& settings) {
    const std::string_view auth = setting(settings, "auth");
    if (auth == "access-token") {
        return {"An access token can't be renewed: when it expires, the account needs another one."};
    }
    if (auth != "password") return {};
    if (setting(settings, "client-secret").empty()) {
        return {
            "Without a client secret the login goes by login() of the SOAP API, which Salesforce takes away "
            "in Summer '27; move to auth jwt or client-credentials before then."};
    }
    return {
        "Salesforce calls logging in by a password deprecated, and new orgs block it; move to auth jwt or "
        "client-credentials."};
}

SigningSettings signing(const model::Settings& settings) {
    if (setting(settings, "auth") != "jwt") return {};
    return {.key = "private-key"};
}

bool needs_person(const model::Settings& settings) {
    return setting(settings, "auth") == "browser";
}

std::span<const std::string_view> login_settings() {
    return login_names;
}

std::string_view certificate_steps() {
    return "1. In Salesforce, Setup > External Client App Manager: open the app, Edit Settings > OAuth "
           "Settings.\n"
           "2. Under Flow Enablement tick 'Enable JWT Bearer Flow' and upload the certificate there.\n"
           "   (In an older connected app: App Manager > Edit > 'Use digital signatures'.)\n"
           "3. Give the app the scopes 'Manage user data via APIs (api)' and 'Perform requests at any time\n"
           "   (refresh_token, offline_access)'.\n"
           "4. In the app's Policies set Permitted Users to 'Admin approved users are pre-authorized', and "
           "name\n"
           "   there a permission set or profile of the user who logs in.\n";
}

Result<AccountSettings> account_settings(const model::Settings& settings, const Secrets& secrets) {
    TRY(check_settings(settings));
    TRY(check_secrets(secrets));
    const http::Url url = TRY(server_url(settings));
    AccountSettings account;
    account.server = "https://" + host_and_port(url);
    account.flow = way_of(settings)->flow;
    account.client_id = setting(settings, "client-id");
    account.client_secret = secret_of(secrets, "client-secret");
    account.username = setting(settings, "username");
    account.password = secret_of(secrets, "password");
    account.security_token = secret_of(secrets, "security-token");
    account.private_key = secret_of(secrets, "private-key");
    account.access_token = secret_of(secrets, "access-token");
    account.audience =
        setting(settings, "audience").empty() ? audience_of(url) : std::string{setting(settings, "audience")};
    account.callback = setting(settings, "callback");
    account.api_version = TRY(api_version(settings));
    account.allowed_hosts = allowed_hosts(settings);
    account.allowance_share = TRY(view(settings).whole_number("allowance-share", 1, 100));
    if (account.flow == Flow::password && account.client_secret.is_empty()) account.flow = Flow::soap;

    const auto names = missing(marked(settings, secrets));
    if (!names.empty()) {
        return refuse_setting(names.front(),
                              fmt::format("it is missing: auth {} needs it", setting(settings, "auth")));
    }
    if (account.flow == Flow::jwt && account.private_key.is_empty()) {
        return refuse_setting("private-key", "auth jwt needs it; make one with: koppla account certificate");
    }
    return account;
}

}  // namespace koppla::salesforce
