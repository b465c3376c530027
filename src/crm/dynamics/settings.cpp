#include "crm/dynamics/settings.h"

#include "crm/account_options.h"
#include "crm/dynamics/limits.h"
#include "crm/dynamics/thumbprint.h"
#include "crm/settings_view.h"
#include "crm/signing.h"
#include "http/certificate.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::dynamics {

namespace {

using model::Presence;
using model::Visibility;

struct Way : LoginWay {
    Flow flow;
};
constexpr std::array<Way, 5> ways = {{
    {{"certificate", {"client-id"}}, Flow::certificate},
    {{"client-secret", {"client-id", "client-secret"}}, Flow::client_secret},
    {{"password", {"client-id", "username", "password"}}, Flow::password},
    {{"device", {"client-id"}}, Flow::device},
    {{"browser", {"client-id"}}, Flow::browser},
}};
constexpr std::array<std::string_view, ways.size()> flows = {ways[0].name, ways[1].name, ways[2].name,
                                                             ways[3].name, ways[4].name};
constexpr std::array<std::string_view, 3> versions = {"9.0", "9.1", "9.2"};
constexpr std::array<std::string_view, 8> login_names = {
    "server", "auth", "client-id", "tenant", "authority", "username", "callback", "custom-key-identifier"};

constexpr std::array<model::OptionSpec, 22> specs = {{
    {.name = "server",
     .label = "Server",
     .help = "the environment's URL, https://acme.crm.dynamics.com",
     .presence = Presence::required},
    {.name = "auth",
     .label = "Login",
     .help = "certificate (a key and its certificate), client-secret, password (a user without multi-factor "
             "authentication), device (a person enters a code anywhere) or browser (a person logs in here)",
     .presence = Presence::required,
     .choices = flows},
    {.name = "client-id",
     .label = "Client id",
     .help = "the application (client) id of the app registration in Entra ID"},
    {.name = "tenant",
     .label = "Tenant",
     .help = "the directory (tenant) id or one of its domains; the server tells it if none is given"},
    {.name = "authority",
     .label = "Login server",
     .help = "where logins happen; https://login.microsoftonline.com, or that of the server's cloud, if none "
             "is given"},
    {.name = "client-secret",
     .label = "Client secret",
     .help =
         "the value, not the id, of the app registration's secret; with auth client-secret, and others if "
         "the app asks for it",
     .visibility = Visibility::secret},
    {.name = "private-key",
     .label = "Private key",
     .help = "an RSA key without a passphrase, PEM or base64 of PEM or DER; with auth certificate, where one "
             "is made if none is given",
     .visibility = Visibility::secret,
     .extent = model::Extent::text},
    {.name = "certificate",
     .label = "Certificate",
     .help = "the key's certificate in PEM; with auth certificate, where koppla account certificate makes it",
     .visibility = Visibility::secret,
     .extent = model::Extent::text},
    {.name = "key-id",
     .label = "Key id",
     .help =
         "what the signed login names its key by (kid), where the app asks for it; with auth certificate"},
    {.name = "custom-key-identifier",
     .label = "Custom key identifier",
     .help = "the certificate's thumbprint, SHA-1 or SHA-256, hex or base64, where the certificate itself "
             "isn't given; with auth certificate"},
    {.name = "username", .label = "User name", .help = "who logs in; with auth password"},
    {.name = "password",
     .label = "Password",
     .help = "the user's password; with auth password",
     .visibility = Visibility::secret},
    account_options::callback,
    {.name = "api-version",
     .label = "API version",
     .help = "of the Web API: 9.0, 9.1 or 9.2",
     .default_value = "9.2"},
    account_options::ca,
    account_options::proxy,
    account_options::allowed_hosts,
    account_options::safety_lag,
    account_options::compression,
    {.name = "requests-in-flight",
     .label = "Requests in flight",
     .help = "how many requests may be under way at most, 1 to 52; fewer where the server asks for it",
     .default_value = "8"},
    {.name = "lookup-names",
     .label = "Names of lookups",
     .help =
         "on: beside each lookup the name of the record it points to, as Dynamics shows it, is a field too",
     .choices = account_options::switches,
     .default_value = "off"},
    {.name = "page-size",
     .label = "Page size",
     .help = "records of a result page at most, 1 to 5000",
     .default_value = "5000"},
}};

SettingsView view(const model::Settings& settings) {
    return {specs, settings};
}

std::string_view setting(const model::Settings& settings, std::string_view name) {
    return view(settings).get(name);
}

bool is_without_path(const http::Url& url) {
    return url.path_and_query.empty() || url.path_and_query == "/";
}

/// The portals, which people have open and copy from.
bool is_portal(const http::Url& url) {
    return url.host.ends_with(".powerapps.com") || url.host.ends_with("powerplatform.microsoft.com") ||
           (url.host.ends_with(".dynamics.com") && url.host.find(".crm") == std::string::npos);
}

Result<http::Url> server_url(const model::Settings& settings) {
    http::Url url = TRY(view(settings).https_url("server", "https://acme.crm.dynamics.com"));
    const std::string_view text = setting(settings, "server");
    if (is_portal(url)) {
        return refuse_setting(
            "server", fmt::format("'{}' is a portal's address; write the environment's own, which stands as "
                                  "Environment URL in the Power Platform admin center",
                                  text));
    }
    if (!is_without_path(url)) {
        return refuse_setting(
            "server", fmt::format("'{}' has a path; write https://{} alone", text, host_and_port(url)));
    }
    return url;
}

/// [Entra: National clouds] GCC (crm9) is of the public cloud.
std::string_view authority_of_cloud(const http::Url& server) {
    if (server.host.ends_with(".dynamics.cn")) return "https://login.partner.microsoftonline.cn";
    if (server.host.ends_with(".microsoftdynamics.us") || server.host.ends_with(".appsplatform.us"))
        return "https://login.microsoftonline.us";
    return "https://login.microsoftonline.com";
}

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

bool is_guid(std::string_view text) {
    if (text.size() != 36) return false;
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen != (text[i] == '-')) return false;
        if (!is_hyphen) digits += text[i];
    }
    return is_hex(digits);
}

bool is_domain(std::string_view text) {
    const bool has_good_letters = std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '.';
    });
    return has_good_letters && text.find('.') != std::string_view::npos && text.front() != '.' &&
           text.back() != '.';
}

const Way* way_of(const model::Settings& settings) {
    const auto* way = std::ranges::find(ways, setting(settings, "auth"), &Way::name);
    return way == ways.end() ? nullptr : way;
}

bool is_of_the_app(Flow flow) {
    return flow == Flow::certificate || flow == Flow::client_secret;
}

Result<void> check_tenant(std::string_view name, std::string_view tenant, Flow flow) {
    if (is_guid(tenant) || is_domain(tenant)) return {};
    if (tenant == "organizations" && !is_of_the_app(flow)) return {};
    const bool is_everybody = tenant == "organizations" || tenant == "common" || tenant == "consumers";
    return refuse_setting(
        name, fmt::format("{}; write the directory (tenant) id, a GUID, or a domain such as "
                          "acme.onmicrosoft.com, or leave it out, so that the server tells it",
                          is_everybody ? fmt::format("'{}' names no tenant, and this login needs one", tenant)
                                       : fmt::format("'{}' is no tenant", tenant)));
}

/// Where logins happen, and the tenant where it was written behind it.
struct Place {
    http::Url url;
    std::string tenant;
};

Result<Place> place_of(const model::Settings& settings) {
    constexpr std::string_view example = "https://login.microsoftonline.com";
    const http::Url server = TRY(server_url(settings));
    model::Settings given = settings;
    if (setting(settings, "authority").empty()) given["authority"] = authority_of_cloud(server);
    http::Url url = TRY(view(given).https_url("authority", example));
    std::string_view path = url.path_and_query;
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path.find_first_of("/?") != std::string_view::npos) {
        return refuse_setting(
            "authority", fmt::format("'{}' has more than a tenant behind its host; write {}, or {}/TENANT",
                                     setting(settings, "authority"), example, example));
    }
    std::string tenant{path};
    return Place{.url = std::move(url), .tenant = std::move(tenant)};
}

/// The tenant by 'tenant' or behind 'authority', or empty.
Result<std::string> tenant_of(const model::Settings& settings, const Place& place, Flow flow) {
    const std::string given{setting(settings, "tenant")};
    if (!given.empty()) TRY(check_tenant("tenant", given, flow));
    if (!place.tenant.empty()) TRY(check_tenant("authority", place.tenant, flow));
    if (given.empty()) return place.tenant;
    if (!place.tenant.empty() && place.tenant != given) {
        return refuse_setting("authority",
                              fmt::format("it names the tenant {}, and 'tenant' is {}; leave one "
                                          "of them out",
                                          place.tenant, given));
    }
    return given;
}

Result<void> check_login(const model::Settings& settings) {
    TRY(view(settings).check_choice("auth", flows));
    const Way& way = *way_of(settings);
    TRY(view(settings).check_open_needs(way));
    const std::string_view client = setting(settings, "client-id");
    if (!is_guid(client)) {
        return refuse_setting(
            "client-id", fmt::format("'{}' is no application (client) id: that is a GUID, and stands on the "
                                     "app registration's overview",
                                     client));
    }
    const Place place = TRY(place_of(settings));
    TRY(tenant_of(settings, place, way.flow));
    if (const std::string_view text = setting(settings, "custom-key-identifier"); !text.empty()) {
        const auto thumbprint = parse_thumbprint(text);
        if (!thumbprint) return refuse_setting("custom-key-identifier", thumbprint.error().message);
    }
    const std::string_view key_id = setting(settings, "key-id");
    constexpr std::size_t key_id_bytes_max = 200;
    const bool is_plain = std::ranges::all_of(key_id, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!is_plain || key_id.size() > key_id_bytes_max)
        return refuse_setting("key-id",
                              "it has blanks or other characters that no key id has, or is too long");
    return way.flow == Flow::browser ? view(settings).check_callback("callback") : Result<void>{};
}

}  // namespace

std::span<const model::OptionSpec> options() {
    return specs;
}

Result<void> check_settings(const model::Settings& settings) {
    TRY(server_url(settings));
    TRY(check_login(settings));
    TRY(view(settings).check_choice("api-version", versions));
    TRY(view(settings).whole_number("requests-in-flight", 1, limits::requests_in_flight_max));
    TRY(view(settings).whole_number("page-size", 1, limits::page_rows_max));
    TRY(view(settings).check_choice("lookup-names", account_options::switches));
    return view(settings).check_common();
}

std::vector<std::string> allowed_hosts(const model::Settings& settings) {
    std::vector<std::string> hosts;
    if (const auto url = server_url(settings)) hosts.push_back(host_and_port(*url));
    if (const auto place = place_of(settings)) hosts.push_back(host_and_port(place->url));
    for (std::string& host : view(settings).list("allowed-hosts")) hosts.push_back(std::move(host));
    return hosts;
}

std::vector<std::string_view> missing(const model::Settings& settings) {
    const Way* way = way_of(settings);
    return way == nullptr ? std::vector<std::string_view>{} : view(settings).missing(*way);
}

Result<void> check_secrets(const Secrets& secrets) {
    const Secret key = secret_of(secrets, "private-key");
    const Secret certificate = secret_of(secrets, "certificate");
    Secret key_pem;
    if (!key.is_empty()) {
        auto read = signing_key_in_pem(key);
        if (!read) return refuse_setting("private-key", read.error().message);
        key_pem = std::move(*read);
    }
    if (certificate.is_empty()) return {};
    if (const auto facts = http::read_certificate(certificate.reveal()); !facts)
        return refuse_setting("certificate", facts.error().message);
    if (key.is_empty() || http::check_pair(certificate.reveal(), key_pem)) return {};
    return refuse_setting("certificate",
                          "it is not of 'private-key'; give the two that belong together, or only the key, "
                          "and make a certificate with: koppla account certificate");
}

std::vector<std::string> notices(const model::Settings& settings) {
    if (setting(settings, "auth") != "password") return {};
    return {
        "Microsoft advises against logging in by a password: it ends where multi-factor authentication is "
        "asked for; move to auth certificate or client-secret."};
}

SigningSettings signing(const model::Settings& settings) {
    if (setting(settings, "auth") != "certificate") return {};
    return {.key = "private-key", .certificate = "certificate", .thumbprint = "custom-key-identifier"};
}

bool needs_person(const model::Settings& settings) {
    const std::string_view auth = setting(settings, "auth");
    return auth == "device" || auth == "browser";
}

std::span<const std::string_view> login_settings() {
    return login_names;
}

std::string_view certificate_steps() {
    return "1. In the Entra admin center, App registrations: open the app > Certificates & secrets >\n"
           "   Certificates > Upload certificate, and upload it. The thumbprint there is the one above.\n"
           "2. In the Power Platform admin center, Environments: open the environment > Settings > Users +\n"
           "   permissions > Application users > New app user: add the app, with a business unit and a\n"
           "   security role that reads the tables to be imported.\n";
}

namespace {

/// The thumbprints that the account's certificate has, or that were given for it.
Result<void> read_certificate_of(const model::Settings& settings, const Secrets& secrets,
                                 AccountSettings& account) {
    if (account.flow != Flow::certificate) return {};
    if (account.private_key.is_empty()) {
        return refuse_setting("private-key",
                              "auth certificate needs it; make one with: koppla account certificate");
    }
    account.private_key = TRY(signing_key_in_pem(account.private_key));
    Thumbprints given;
    if (const std::string_view text = setting(settings, "custom-key-identifier"); !text.empty())
        given = TRY(parse_thumbprint(text));
    account.sha1 = given.sha1;
    account.sha256 = given.sha256;
    if (const Secret certificate = secret_of(secrets, "certificate"); !certificate.is_empty()) {
        const http::CertificateFacts facts = TRY(http::read_certificate(certificate.reveal()));
        const bool is_other = (!given.sha1.empty() && given.sha1 != facts.sha1) ||
                              (!given.sha256.empty() && given.sha256 != facts.sha256);
        if (is_other) {
            return refuse_setting("custom-key-identifier",
                                  "it is not of the certificate that the account has; take it away: koppla "
                                  "account edit ACCOUNT --custom-key-identifier \"\"");
        }
        account.sha1 = facts.sha1;
        account.sha256 = facts.sha256;
        account.certificate_ends = facts.ends;
    }
    if (!account.sha1.empty() || !account.sha256.empty()) return {};
    return refuse_setting(
        "certificate",
        "auth certificate needs it, or 'custom-key-identifier', the thumbprint of the one that was uploaded; "
        "make one with: koppla account certificate");
}

}  // namespace

Result<AccountSettings> account_settings(const model::Settings& settings, const Secrets& secrets) {
    TRY(check_settings(settings));
    TRY(check_secrets(secrets));
    const Place place = TRY(place_of(settings));
    AccountSettings account;
    account.server = origin_of(TRY(server_url(settings)));
    account.authority = origin_of(place.url);
    account.flow = way_of(settings)->flow;
    account.tenant = TRY(tenant_of(settings, place, account.flow));
    account.client_id = setting(settings, "client-id");
    account.client_secret = secret_of(secrets, "client-secret");
    account.username = setting(settings, "username");
    account.password = secret_of(secrets, "password");
    account.private_key = secret_of(secrets, "private-key");
    account.key_id = setting(settings, "key-id");
    account.callback = setting(settings, "callback");
    account.api_version = setting(settings, "api-version");
    account.requests_in_flight =
        TRY(view(settings).whole_number("requests-in-flight", 1, limits::requests_in_flight_max));
    account.page_size = TRY(view(settings).whole_number("page-size", 1, limits::page_rows_max));
    const auto names = missing(marked(settings, secrets));
    if (!names.empty()) {
        return refuse_setting(names.front(),
                              fmt::format("it is missing: auth {} needs it", setting(settings, "auth")));
    }
    TRY(read_certificate_of(settings, secrets, account));
    return account;
}

}  // namespace koppla::dynamics
