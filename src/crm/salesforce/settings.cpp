#include "crm/salesforce/settings.h"

#include "base/duration.h"
#include "crm/salesforce/tuning.h"
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

/// A way of logging in, and what it can't do without.
struct Way {
    std::string_view name;
    Flow flow;
    std::array<std::string_view, 2> needs;
};
constexpr std::array<Way, 5> ways = {{
    {"client-credentials", Flow::client_credentials, {"client-id", "client-secret"}},
    {"jwt", Flow::jwt, {"client-id", "username"}},
    {"browser", Flow::browser, {"client-id"}},
    {"password", Flow::password, {"username", "password"}},
    {"access-token", Flow::access_token, {"access-token"}},
}};
constexpr std::array<std::string_view, ways.size()> flows = {ways[0].name, ways[1].name, ways[2].name,
                                                             ways[3].name, ways[4].name};
constexpr std::array<std::string_view, 2> switches = {"on", "off"};
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
    {.name = "callback",
     .label = "Callback URL",
     .help = "where the browser comes back to, as it stands in the app; with auth browser",
     .default_value = "http://localhost:1717/OauthRedirect"},
    {.name = "api-version",
     .label = "API version",
     .help = "latest, or one such as 66.0",
     .default_value = "latest"},
    {.name = "ca",
     .label = "Authority",
     .help = "a PEM file with an authority to trust besides the system's"},
    {.name = "proxy",
     .label = "Proxy",
     .help = "http://host:port; without it HTTPS_PROXY and NO_PROXY are followed, and only HTTPS_PROXY may "
             "hold a user and password"},
    {.name = "allowed-hosts",
     .label = "Allowed hosts",
     .help = "hosts that may be talked to besides the server, with commas between them"},
    {.name = "safety-lag",
     .label = "Safety lag",
     .help = "how late a change may become visible after it was stamped, such as 30s, 10m or 2h",
     .default_value = "10m"},
    {.name = "allowance-share",
     .label = "Allowance share",
     .help = "per cent of the org's API calls in 24 hours; once so many are used, by whomever, Koppla stops",
     .default_value = "90"},
    {.name = "compression",
     .label = "Compression",
     .help = "whether answers are asked for in gzip",
     .choices = switches,
     .default_value = "on"},
}};

std::string_view setting(const model::Settings& settings, std::string_view name) {
    if (const auto found = settings.find(name); found != settings.end() && !found->second.empty()) {
        return found->second;
    }
    const auto* spec = std::ranges::find(specs, name, &model::OptionSpec::name);
    return spec == specs.end() ? std::string_view{} : spec->default_value;
}

Secret secret(const Secrets& secrets, std::string_view name) {
    const auto found = secrets.find(name);
    return found == secrets.end() ? Secret{} : found->second;
}

Error refuse(std::string_view name, std::string_view why) {
    return error(ErrorKind::invalid, fmt::format("setting '{}': {}", name, why));
}

std::string authority(const http::Url& url) {
    return url.port == 443 ? url.host : fmt::format("{}:{}", url.host, url.port);
}

Result<http::Url> server_url(const model::Settings& settings) {
    const std::string_view text = setting(settings, "server");
    if (text.empty()) return refuse("server", "it is missing; write https://… with the org's My Domain");
    const auto url = http::parse_url(text);
    if (!url)
        return refuse("server", fmt::format("'{}' is not a URL; write https://acme.my.salesforce.com", text));
    if (url->scheme != "https") {
        return refuse("server",
                      fmt::format("'{}' does not start with https://; nothing is sent to a CRM without "
                                  "encryption, so write https://{}",
                                  text, authority(*url)));
    }
    if (url->path_and_query != "/" && !url->path_and_query.empty()) {
        return refuse("server",
                      fmt::format("'{}' has a path; write https://{} alone", text, authority(*url)));
    }
    if (url->host.ends_with(".lightning.force.com")) {
        return refuse("server", fmt::format("'{}' is the address of the pages, not of the API; use the org's "
                                            "https://….my.salesforce.com",
                                            text));
    }
    return *url;
}

/// "" for latest.
Result<std::string> api_version(const model::Settings& settings) {
    const std::string_view text = setting(settings, "api-version");
    if (text == "latest") return std::string{};
    int number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || text.size() != 4 || std::string_view{end, 2} != ".0" || number < 10) {
        return refuse("api-version", fmt::format("'{}' is not a version; write latest, or one such as {}.0",
                                                 text, tuning::version_max));
    }
    if (number < tuning::version_min) {
        return refuse("api-version", fmt::format("{} is too old: {}.0 is the first that has what is needed",
                                                 text, tuning::version_min));
    }
    return std::string{text};
}

Result<int> allowance_share(const model::Settings& settings) {
    const std::string_view text = setting(settings, "allowance-share");
    int percent = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), percent);
    if (fault != std::errc{} || end != text.data() + text.size() || percent < 1 || percent > 100) {
        return refuse("allowance-share", fmt::format("'{}' is not per cent; write 1 to 100", text));
    }
    return percent;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found;
    while (!text.empty()) {
        const auto length = std::min(text.find_first_of(", \t\n;"), text.size());
        if (length > 0) found.emplace_back(text.substr(0, length));
        text.remove_prefix(std::min(text.size(), length + 1));
    }
    return found;
}

/// Salesforce's own login hosts take the login of any org; the org itself answers under its My Domain alone.
bool is_login_host(const http::Url& url) {
    return url.host == "login.salesforce.com" || url.host == "test.salesforce.com";
}

/// [Salesforce: OAuth 2.0 JWT Bearer Flow, claim aud] Sandboxes have "--" in their My Domain.
std::string audience_of(const http::Url& url) {
    if (!url.host.ends_with(".salesforce.com")) return "https://" + authority(url);
    const bool is_sandbox = url.host == "test.salesforce.com" || url.host.find("--") != std::string::npos ||
                            url.host.ends_with(".scratch.my.salesforce.com");
    return is_sandbox ? "https://test.salesforce.com" : "https://login.salesforce.com";
}

const Way* way_of(const model::Settings& settings) {
    const auto* way = std::ranges::find(ways, setting(settings, "auth"), &Way::name);
    return way == ways.end() ? nullptr : way;
}

/// Only a name or address of this very machine: the answer holds the way into the account.
Result<void> check_callback(const model::Settings& settings) {
    const std::string_view text = setting(settings, "callback");
    const auto url = http::parse_url(text);
    const bool is_loopback =
        url && url->scheme == "http" && (url->host == "localhost" || url->host == "127.0.0.1");
    if (is_loopback && url->path_and_query.find('?') == std::string::npos) return {};
    return refuse("callback",
                  fmt::format("'{}' is not on this machine; write it as http://localhost:PORT/PATH, "
                              "and the same into the app's Callback URL",
                              text));
}

Result<void> check_login(const model::Settings& settings) {
    const Way* way = way_of(settings);
    if (way == nullptr) {
        return refuse("auth", fmt::format("it can't be '{}'; it is {}", setting(settings, "auth"),
                                          fmt::join(flows, ", ")));
    }
    for (const std::string_view name : way->needs) {
        const auto* spec = std::ranges::find(specs, name, &model::OptionSpec::name);
        const bool is_open = spec != specs.end() && spec->visibility == Visibility::open;
        if (is_open && setting(settings, name).empty()) {
            return refuse(name, fmt::format("it is missing: auth {} needs it", way->name));
        }
    }
    if (way->flow == Flow::client_credentials && !setting(settings, "username").empty()) {
        return refuse("username", "auth client-credentials has no user name: the app's own user is used");
    }
    const http::Url url = TRY(server_url(settings));
    const bool is_of_the_org = way->flow == Flow::client_credentials || way->flow == Flow::access_token;
    if (is_of_the_org && is_login_host(url)) {
        return refuse(
            "server",
            fmt::format("{} has no {}; use the org's My Domain, https://….my.salesforce.com", url.host,
                        way->flow == Flow::access_token ? "records" : "client credentials"));
    }
    if (way->flow == Flow::browser) return check_callback(settings);
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
    for (const std::string& host : words(setting(settings, "allowed-hosts"))) {
        const std::string_view name = std::string_view{host}.substr(host.starts_with("*.") ? 2 : 0);
        if (!http::parse_url(fmt::format("https://{}", name)) || name.find('/') != std::string_view::npos ||
            name.find('.') == std::string_view::npos) {
            return refuse("allowed-hosts", fmt::format("'{}' is not a host; write acme.my.salesforce.com, "
                                                       "*.acme.com or 10.0.0.1:8443",
                                                       host));
        }
    }
    if (const auto lag = parse_duration(setting(settings, "safety-lag")); !lag) {
        return refuse("safety-lag", lag.error().message);
    }
    TRY(allowance_share(settings));
    if (setting(settings, "proxy").find('@') != std::string_view::npos)
        return refuse("proxy",
                      "a user and password don't belong here, where they are shown; give them in "
                      "the environment by HTTPS_PROXY");
    const std::string_view compression = setting(settings, "compression");
    if (std::ranges::find(switches, compression) == switches.end()) {
        return refuse("compression", fmt::format("it can't be '{}'; it is on or off", compression));
    }
    return {};
}

std::vector<std::string> allowed_hosts(const model::Settings& settings) {
    std::vector<std::string> hosts;
    if (const auto url = server_url(settings)) {
        hosts.push_back(authority(*url));
        if (url->host.ends_with(".salesforce.com")) hosts.emplace_back("*.salesforce.com");
    }
    for (std::string& host : words(setting(settings, "allowed-hosts"))) hosts.push_back(std::move(host));
    return hosts;
}

std::vector<std::string_view> missing(const model::Settings& settings) {
    std::vector<std::string_view> names;
    if (const Way* way = way_of(settings); way != nullptr) {
        for (const std::string_view name : way->needs) {
            if (!name.empty() && setting(settings, name).empty()) names.push_back(name);
        }
    }
    return names;
}

Result<void> check_secrets(const Secrets& secrets) {
    if (const auto key = secrets.find("private-key"); key != secrets.end()) {
        if (const auto checked = check_signing_key(key->second); !checked) {
            return refuse("private-key", checked.error().message);
        }
    }
    const Secret token = secret(secrets, "access-token");
    if (!std::ranges::all_of(token.reveal(), [](char c) { return c > ' ' && c < '\x7f'; })) {
        return refuse("access-token", "it has blanks or other characters that no access token has");
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

std::string_view key_setting(const model::Settings& settings) {
    return setting(settings, "auth") == "jwt" ? "private-key" : "";
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
    account.server = "https://" + authority(url);
    account.flow = way_of(settings)->flow;
    account.client_id = setting(settings, "client-id");
    account.client_secret = secret(secrets, "client-secret");
    account.username = setting(settings, "username");
    account.password = secret(secrets, "password");
    account.security_token = secret(secrets, "security-token");
    account.private_key = secret(secrets, "private-key");
    account.access_token = secret(secrets, "access-token");
    account.audience =
        setting(settings, "audience").empty() ? audience_of(url) : std::string{setting(settings, "audience")};
    account.callback = setting(settings, "callback");
    account.api_version = TRY(api_version(settings));
    account.allowed_hosts = allowed_hosts(settings);
    account.allowance_share = TRY(allowance_share(settings));
    if (account.flow == Flow::password && account.client_secret.is_empty()) account.flow = Flow::soap;

    model::Settings given = settings;
    for (const auto& [name, text] : secrets) {
        if (!text.is_empty()) given.emplace(name, "***");
    }
    const auto names = missing(given);
    if (!names.empty()) {
        return refuse(names.front(),
                      fmt::format("it is missing: auth {} needs it", setting(settings, "auth")));
    }
    if (account.flow == Flow::jwt && account.private_key.is_empty()) {
        return refuse("private-key", "auth jwt needs it; make one with: koppla account certificate");
    }
    return account;
}

}  // namespace koppla::salesforce
