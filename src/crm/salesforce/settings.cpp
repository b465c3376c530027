#include "crm/salesforce/settings.h"

#include "base/duration.h"
#include "crm/salesforce/tuning.h"
#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

using model::Presence;
using model::Visibility;

constexpr std::array<std::string_view, 2> flows = {"client-credentials", "password"};
constexpr std::array<std::string_view, 2> switches = {"on", "off"};

constexpr std::array<model::OptionSpec, 14> specs = {{
    {.name = "server",
     .label = "Server",
     .help = "the org's My Domain, https://acme.my.salesforce.com",
     .presence = Presence::required},
    {.name = "auth",
     .label = "Login",
     .help = "client-credentials (an external client app's own user) or password (deprecated by Salesforce)",
     .presence = Presence::required,
     .choices = flows},
    {.name = "client-id",
     .label = "Client id",
     .help = "the consumer key of the external client app",
     .presence = Presence::required},
    {.name = "client-secret",
     .label = "Client secret",
     .help = "the consumer secret of the external client app",
     .visibility = Visibility::secret},
    {.name = "username", .label = "User name", .help = "who logs in; with auth password"},
    {.name = "password",
     .label = "Password",
     .help = "the user's password; with auth password",
     .visibility = Visibility::secret},
    {.name = "security-token",
     .label = "Security token",
     .help = "the user's security token, where the org asks for one; with auth password",
     .visibility = Visibility::secret},
    {.name = "api-version",
     .label = "API version",
     .help = "latest, or one such as 66.0",
     .default_value = "latest"},
    {.name = "ca",
     .label = "Authority",
     .help = "a PEM file with an authority to trust besides the system's"},
    {.name = "proxy",
     .label = "Proxy",
     .help = "http://host:port; without it HTTPS_PROXY and NO_PROXY are followed"},
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

Result<void> check_login(const model::Settings& settings) {
    if (setting(settings, "client-id").empty()) return refuse("client-id", "it is missing");
    const http::Url url = TRY(server_url(settings));
    if (setting(settings, "auth") == "password") {
        if (setting(settings, "username").empty()) return refuse("username", "auth password needs it");
        return {};
    }
    if (!setting(settings, "username").empty()) {
        return refuse("username", "auth client-credentials has no user name: the app's own user is used");
    }
    if (url.host == "login.salesforce.com" || url.host == "test.salesforce.com") {
        return refuse("server", fmt::format("{} has no client credentials; use the org's My Domain, "
                                            "https://….my.salesforce.com",
                                            url.host));
    }
    return {};
}

}  // namespace

std::span<const model::OptionSpec> options() {
    return specs;
}

Result<void> check_settings(const model::Settings& settings) {
    TRY(server_url(settings));
    const std::string_view flow = setting(settings, "auth");
    if (std::ranges::find(flows, flow) == flows.end()) {
        return refuse("auth", fmt::format("it can't be '{}'; it is client-credentials or password", flow));
    }
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

Result<AccountSettings> account_settings(const model::Settings& settings, const Secrets& secrets) {
    TRY(check_settings(settings));
    AccountSettings account;
    account.server = "https://" + authority(TRY(server_url(settings)));
    account.flow = setting(settings, "auth") == "password" ? Flow::password : Flow::client_credentials;
    account.client_id = setting(settings, "client-id");
    account.client_secret = secret(secrets, "client-secret");
    account.username = setting(settings, "username");
    account.password = secret(secrets, "password");
    account.security_token = secret(secrets, "security-token");
    account.api_version = TRY(api_version(settings));
    account.allowed_hosts = allowed_hosts(settings);
    account.allowance_share = TRY(allowance_share(settings));
    if (account.flow == Flow::client_credentials && account.client_secret.is_empty()) {
        return refuse("client-secret", "auth client-credentials needs it");
    }
    if (account.flow == Flow::password && account.password.is_empty()) {
        return refuse("password", "auth password needs it");
    }
    return account;
}

}  // namespace koppla::salesforce
