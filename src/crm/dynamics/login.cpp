#include "crm/dynamics/login.h"

#include "crm/dynamics/errors.h"
#include "crm/signing.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::dynamics {

namespace {

/// [Entra: Certificate credentials, claim exp] Five to ten minutes after nbf.
constexpr std::chrono::minutes assertion_time{10};
constexpr std::size_t id_bytes = 16;

constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

bool is_of_the_app(Flow flow) {
    return flow == Flow::certificate || flow == Flow::client_secret;
}

std::string attempt(const AccountSettings& account) {
    return fmt::format("logging in at {}", account.authority);
}

std::string text_of(const nlohmann::json& document) {
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string scope_of(const AccountSettings& account) {
    return is_of_the_app(account.flow) ? account.server + "/.default"
                                       : fmt::format("{}/user_impersonation offline_access", account.server);
}

Result<http::Response> ask_for_token(const AccountSettings& account, http::Client& client,
                                     const std::string& endpoint, FormFields fields, const Call& call) {
    fields.emplace_back("client_id", account.client_id);
    fields.emplace_back("scope", scope_of(account));
    if (!account.client_secret.is_empty() && account.flow != Flow::certificate)
        fields.emplace_back("client_secret", account.client_secret.reveal());
    return post_login_form(client, endpoint, fields, attempt(account), call);
}

Result<Credentials> read_token(const AccountSettings& account, const http::Response& answer) {
    if (answer.status < 200 || answer.status > 299) return login_error_of(answer, attempt(account));
    Credentials credentials = TRY(tokens_in(answer.body, attempt(account)));
    credentials.instance_url = account.server;
    return credentials;
}

Upkeep EntraLogin::upkeep() const {
    return account_.flow == Flow::device || account_.flow == Flow::browser ? Upkeep::by_refresh
                                                                           : Upkeep::by_login;
}

Result<void> EntraLogin::check(const Credentials& credentials) const {
    if (credentials.instance_url == account_.server) return {};
    return error(ErrorKind::denied, fmt::format("the login of the account {} is of another server than {}",
                                                account_.name, account_.server));
}

/// [Entra: Certificate credentials] SHA-1 is what older apps know a certificate by.
Result<Secret> EntraLogin::assertion(const std::string& audience, Instant now) const {
    const bool is_modern = !account_.sha256.empty();
    nlohmann::json header = {{"typ", "JWT"}, {"alg", is_modern ? "PS256" : "RS256"}};
    if (is_modern)
        header["x5t#S256"] = base64url(account_.sha256);
    else
        header["x5t"] = base64url(account_.sha1);
    if (!account_.key_id.empty()) header["kid"] = account_.key_id;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    const auto expiry = seconds + assertion_time;
    const nlohmann::json claims = {{"aud", audience},
                                   {"iss", account_.client_id},
                                   {"sub", account_.client_id},
                                   {"jti", TRY(random_text(id_bytes))},
                                   {"nbf", seconds.time_since_epoch().count()},
                                   {"iat", seconds.time_since_epoch().count()},
                                   {"exp", expiry.time_since_epoch().count()}};
    return signed_token(text_of(header), text_of(claims), is_modern ? Signature::ps256 : Signature::rs256,
                        account_.private_key);
}

Result<Credentials> EntraLogin::by_certificate(const Call& call) const {
    const std::string endpoint = TRY(authority_.endpoint("token", call));
    const auto send = [&](Instant now) -> Result<http::Response> {
        const Secret signed_by_us = TRY(assertion(endpoint, now));
        return ask_for_token(account_, client_, endpoint,
                             {{"grant_type", "client_credentials"},
                              {"client_assertion_type", std::string{assertion_type}},
                              {"client_assertion", signed_by_us.reveal()}},
                             call);
    };
    const SignedAnswer answer = TRY(send_signed(clock_, send));
    Result<Credentials> read = read_token(account_, answer.response);
    if (read) return read;
    Error failure = read.error();
    failure.message += answer.about_clock;
    if (account_.certificate_ends && *account_.certificate_ends < clock_.now()) {
        failure.message += fmt::format(
            "; besides, the account's certificate has ended on {}: make another with koppla "
            "account certificate {} --days 730, and upload it",
            format_instant(*account_.certificate_ends).substr(0, 10), account_.name);
    }
    return failure;
}

Result<Credentials> EntraLogin::log_in(const Call& call) const {
    FormFields fields;
    switch (account_.flow) {
        case Flow::certificate:
            return by_certificate(call);
        case Flow::client_secret:
            fields = {{"grant_type", "client_credentials"}};
            break;
        case Flow::password:
            fields = {{"grant_type", "password"},
                      {"username", account_.username},
                      {"password", account_.password.reveal()}};
            break;
        case Flow::device:
        case Flow::browser:
            return error(
                ErrorKind::denied,
                fmt::format("nobody has logged in to the account {0} yet; do so with: koppla account "
                            "login {0}",
                            account_.name));
    }
    const std::string endpoint = TRY(authority_.endpoint("token", call));
    const http::Response answer = TRY(ask_for_token(account_, client_, endpoint, std::move(fields), call));
    return read_token(account_, answer);
}

Result<Credentials> EntraLogin::refresh(const Credentials& old, const Call& call) const {
    const std::string endpoint = TRY(authority_.endpoint("token", call));
    const http::Response answer = TRY(ask_for_token(
        account_, once_, endpoint,
        {{"grant_type", "refresh_token"}, {"refresh_token", old.refresh_token.reveal()}}, call));
    Credentials fresh = TRY(read_token(account_, answer));
    if (fresh.refresh_token.is_empty()) fresh.refresh_token = old.refresh_token;
    return fresh;
}

}  // namespace koppla::dynamics
