#include "crm/salesforce/login.h"

#include "crm/oauth.h"
#include "crm/salesforce/codec/soap.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/tuning.h"
#include "crm/settings_view.h"
#include "crm/signing.h"
#include "http/curl/destination.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {

namespace {

std::string without_slash(std::string_view url) {
    while (url.ends_with('/')) url.remove_suffix(1);
    return std::string{url};
}

/// What to look at where a refusal doesn't say it itself.
std::string_view advice_of(Flow flow) {
    switch (flow) {
        case Flow::jwt:
            return "look at 'username' and 'client-id', at the certificate in the app (koppla account "
                   "certificate "
                   "writes it), and at the app's policies: the user has to be admin approved";
        case Flow::browser:
            return "log in again";
        case Flow::client_credentials:
            return "look at the app's client credentials flow and its 'Run As' user";
        case Flow::password:
        case Flow::soap:
        case Flow::access_token:
            break;
    }
    return "look at 'username', 'password' and 'security-token', and at the app's policies";
}

std::string attempt(const LoginSite& site) {
    return fmt::format("logging in at {}", site.account.server);
}

Result<Credentials> credentials_in(const std::string& body, const LoginSite& site) {
    Credentials credentials = TRY(tokens_in(body, attempt(site)));
    credentials.instance_url = without_slash(text_in(body, "instance_url"));
    credentials.identity = text_in(body, "id");
    if (!credentials.instance_url.empty()) return credentials;
    return error(ErrorKind::corrupt,
                 fmt::format("{} failed: its answer holds no instance_url; look at 'server'", attempt(site)));
}

Result<http::Response> post_token(const LoginSite& site, FormFields fields, const Call& call) {
    const AccountSettings& account = site.account;
    if (!account.client_secret.is_empty() && account.flow != Flow::jwt) {
        fields.emplace_back("client_secret", account.client_secret.reveal());
    }
    return post_login_form(site.client, account.server + "/services/oauth2/token", fields, attempt(site),
                           call);
}

Result<Credentials> read_token(const LoginSite& site, const http::Response& answer) {
    const AccountSettings& account = site.account;
    if (answer.status < 200 || answer.status > 299) {
        return login_error_of(answer, account.server, advice_of(account.flow));
    }
    return credentials_in(answer.body, site);
}

Result<Credentials> by_form(const LoginSite& site, FormFields fields, const Call& call) {
    return read_token(site, TRY(post_token(site, std::move(fields), call)));
}

Result<http::Response> by_assertion_at(const LoginSite& site, Instant now, const Call& call) {
    const AccountSettings& account = site.account;
    const auto expiry =
        std::chrono::duration_cast<std::chrono::seconds>((now + tuning::assertion_time).time_since_epoch());
    const nlohmann::json claims = {{"iss", account.client_id},
                                   {"sub", account.username},
                                   {"aud", account.audience},
                                   {"exp", expiry.count()}};
    const Secret assertion = TRY(signed_token(
        claims.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), account.private_key));
    return post_token(
        site,
        {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", assertion.reveal()}},
        call);
}

Result<Credentials> by_assertion(const LoginSite& site, const Call& call) {
    const SignedAnswer answer =
        TRY(send_signed(site.clock, [&](Instant now) { return by_assertion_at(site, now, call); }));
    Result<Credentials> read = read_token(site, answer.response);
    if (read) return read;
    Error failure = read.error();
    failure.message += answer.about_clock;
    return failure;
}

/// [Salesforce: SOAP API End-of-Life Policy] No version beyond 64.0 has login().
std::string soap_version(const AccountSettings& account) {
    int wanted = tuning::soap_login_version_max;
    const std::string& version = account.api_version;
    std::from_chars(version.data(), version.data() + version.size(), wanted);
    return fmt::format("{}.0", std::min(wanted, tuning::soap_login_version_max));
}

Result<Credentials> by_soap(const LoginSite& site, const Call& call) {
    const AccountSettings& account = site.account;
    const Secret password{account.password.reveal() + account.security_token.reveal()};
    const http::Response answer =
        TRY(post_login(site.client,
                       {.target = fmt::format("{}/services/Soap/u/{}", account.server, soap_version(account)),
                        .headers = {{"Content-Type", "text/xml; charset=UTF-8"}, {"SOAPAction", "login"}},
                        .body = login_envelope({.username = account.username, .password = password})},
                       attempt(site), call));
    const std::string attempted = attempt(site) + " (SOAP)";
    const auto reply = read_login_reply(answer.body);
    if (!reply) {
        if (answer.status != 200) return error_of(answer, attempted);
        return reply.error().with_context(attempted);
    }
    if (!reply->fault_code.empty() || !reply->fault_text.empty())
        return soap_login_error_of(*reply, attempted);
    if (reply->is_password_expired) {
        return error(ErrorKind::denied,
                     fmt::format("{} failed: the password has expired; set a new one in Salesforce, then "
                                 "'password' and 'security-token'",
                                 attempted));
    }
    const auto instance = http::parse_url(reply->server_url);
    if (!is_token(reply->session_id.reveal()) || !instance) {
        return error(ErrorKind::corrupt,
                     fmt::format("{} failed: its answer holds no session; look at 'server'", attempted));
    }
    return Credentials{
        .access_token = reply->session_id,
        .refresh_token = {},
        .instance_url = origin_of(*instance),
        .identity = fmt::format("{}/id/{}/{}", account.server, reply->organization_id, reply->user_id)};
}

}  // namespace

Result<Credentials> OrgLogin::log_in(const Call& call) const {
    const LoginSite& site = site_;
    const AccountSettings& account = site.account;
    switch (account.flow) {
        case Flow::client_credentials:
            return by_form(site, {{"client_id", account.client_id}, {"grant_type", "client_credentials"}},
                           call);
        case Flow::password:
            return by_form(site,
                           {{"client_id", account.client_id},
                            {"grant_type", "password"},
                            {"username", account.username},
                            {"password", account.password.reveal() + account.security_token.reveal()}},
                           call);
        case Flow::jwt:
            return by_assertion(site, call);
        case Flow::soap:
            return by_soap(site, call);
        case Flow::access_token:
            return Credentials{.access_token = account.access_token,
                               .refresh_token = {},
                               .instance_url = account.server,
                               .identity = {}};
        case Flow::browser:
            break;
    }
    return error(ErrorKind::denied, fmt::format("nobody has logged in to the account {0} yet; do so with: "
                                                "koppla account login {0}",
                                                account.name));
}

Upkeep OrgLogin::upkeep() const {
    switch (site_.account.flow) {
        case Flow::access_token:
            return Upkeep::none;
        case Flow::browser:
            return Upkeep::by_refresh;
        default:
            return Upkeep::by_login;
    }
}

Result<Credentials> OrgLogin::refresh(const Credentials& old, const Call& call) const {
    Credentials fresh = TRY(by_form(refresh_site_,
                                    {{"client_id", site_.account.client_id},
                                     {"grant_type", "refresh_token"},
                                     {"refresh_token", old.refresh_token.reveal()}},
                                    call));
    if (fresh.refresh_token.is_empty()) fresh.refresh_token = old.refresh_token;
    if (fresh.identity.empty()) fresh.identity = old.identity;
    return fresh;
}

Result<Credentials> redeem(const LoginSite& site, const Code& code, const Call& call) {
    return by_form(site,
                   {{"client_id", site.account.client_id},
                    {"grant_type", "authorization_code"},
                    {"code", code.code},
                    {"redirect_uri", site.account.callback},
                    {"code_verifier", code.verifier.reveal()}},
                   call);
}

Result<void> check_instance(const AccountSettings& account, const Credentials& credentials) {
    const auto url = http::parse_url(credentials.instance_url);
    const auto refuse = [&](std::string_view why) {
        return error(
            ErrorKind::denied,
            fmt::format("logging in at {} worked, but it sends us on to {}, {}; nothing was sent there",
                        account.server, shown(credentials.instance_url), why));
    };
    if (!url || url->path_and_query != "/") return refuse("which is no address of a server");
    if (url->scheme != "https") return refuse("which is not https");
    const auto is_covered = [&](const std::string& pattern) { return http::covers(pattern, *url); };
    if (std::ranges::none_of(account.allowed_hosts, is_covered)) {
        return refuse(
            fmt::format("which is not among the hosts that this account allows ({}); if it is right, add "
                        "it to 'allowed-hosts'",
                        fmt::join(account.allowed_hosts, ", ")));
    }
    return {};
}

}  // namespace koppla::salesforce
