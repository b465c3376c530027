#include "sandbox/base64.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/oauth.h"
#include "sandbox/services.h"
#include "sandbox/web/markup.h"
#include "sandbox/web/random_text.h"
#include "sandbox/web/signature.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::chrono::minutes code_lifetime{15};
constexpr std::array names{"response_type", "client_id",      "redirect_uri",         "scope",
                           "state",         "code_challenge", "code_challenge_method"};

bool is_loopback(std::string_view address) {
    const auto url = http::parse_url(address);
    return url && (url->scheme == "http" || url->scheme == "https") &&
           (url->host == "localhost" || url->host == "127.0.0.1" || url->host == "[::1]");
}

bool may_redirect(const AppSettings& app, const std::string& address) {
    if (app.redirect_uris.empty()) return is_loopback(address);
    return std::ranges::find(app.redirect_uris, address) != app.redirect_uris.end();
}

/// Why a request can't even be answered at its own address. [RFC 6749, 4.1.2.1]
std::optional<Answer> problem(Services& services, const Form& form) {
    if (form["client_id"] != services.credentials.client_id)
        return oauth_error("invalid_client_id", "client identifier invalid");
    if (!may_redirect(services.logins.settings(), form["redirect_uri"]))
        return oauth_error("redirect_uri_mismatch", "redirect_uri must match configuration");
    if (form["response_type"] != "code")
        return oauth_error("unsupported_response_type", "response type must be code");
    // S256 is what no method means, too. [Salesforce: OAuth 2.0 Web Server Flow, code_challenge]
    const auto method = form["code_challenge_method"];
    if (!method.empty() && method != "S256")
        return oauth_error("invalid_request", "code_challenge_method must be S256");
    return std::nullopt;
}

Answer redirect(const Form& form, std::vector<std::pair<std::string, std::string>> fields) {
    if (const auto state = form["state"]; !state.empty()) fields.emplace_back("state", state);
    const auto address = form["redirect_uri"];
    auto answer = empty_answer(302);
    answer.response.headers.add(
        "Location", address + (address.find('?') == std::string::npos ? "?" : "&") + http::form_body(fields));
    return answer;
}

/// Everything that an app may ask for, where it doesn't say.
std::string granted_scope(const Form& form) {
    const auto scope = form["scope"];
    return scope.empty() ? "refresh_token api" : scope;
}

Answer allow(Services& services, const Form& form) {
    auto code = "aPrx" + random_text(60);
    services.logins.add(code, Code{.redirect_uri = form["redirect_uri"],
                                   .scope = granted_scope(form),
                                   .challenge = form["code_challenge"],
                                   .made = services.clock.now()});
    return redirect(form, {{"code", std::move(code)}});
}

Answer deny(const Form& form) {
    return redirect(form,
                    {{"error", "access_denied"}, {"error_description", "end-user denied authorization"}});
}

Answer consent_page(const Services& services, const Form& form) {
    std::string fields;
    for (const auto* name : names)
        if (const auto value = form[name]; !value.empty())
            fields += R"(<input type="hidden" name=")" + std::string{name} + R"(" value=")" +
                      markup_escaped(value) + "\">\n";
    auto answer = text_answer(
        200,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Allow access?</title></head><body>\n"
        "<h1>Allow access?</h1>\n<p>An app asks to act as " +
            markup_escaped(services.credentials.username) + ", with: " + markup_escaped(granted_scope(form)) +
            ".</p>\n<form method=\"post\" action=\"/services/oauth2/authorize\">\n" + fields +
            "<button name=\"decision\" value=\"allow\">Allow</button>\n"
            "<button name=\"decision\" value=\"deny\">Deny</button>\n</form></body></html>\n",
        "text/html; charset=UTF-8");
    answer.response.headers.add("X-Frame-Options", "DENY");
    return answer;
}

bool has_scope(std::string_view scope, std::string_view wanted) {
    return (" " + std::string{scope} + " ").find(" " + std::string{wanted} + " ") != std::string::npos;
}

/// What a client has to show beside the code: its secret, the verifier, or both where it has both.
std::optional<Answer> stranger(const Services& services, const Code& code, const Form& form) {
    const auto secret = form["client_secret"];
    if (!secret.empty() && secret != services.credentials.client_secret)
        return oauth_error("invalid_client", "invalid client credentials");
    if (code.challenge.empty())
        return secret.empty() ? std::optional{oauth_error("invalid_client", "invalid client credentials")}
                              : std::nullopt;
    const auto verifier = form["code_verifier"];
    if (verifier.empty()) return oauth_error("invalid_request", "missing required code verifier");
    if (base64url_encode(sha256(verifier)) != code.challenge)
        return oauth_error("invalid_grant", "invalid code verifier");
    return std::nullopt;
}

}  // namespace

Answer oauth_authorize(Services& services, const Ask& ask) {
    const auto form = Form::of_query(ask.query);
    if (auto refusal = problem(services, form)) return std::move(*refusal);
    switch (services.logins.settings().consent) {
        case AppSettings::Consent::given:
            return allow(services, form);
        case AppSettings::Consent::refused:
            return deny(form);
        default:
            return consent_page(services, form);
    }
}

Answer oauth_decide(Services& services, const Ask& ask) {
    const auto form = Form::of(ask.request);
    if (auto refusal = problem(services, form)) return std::move(*refusal);
    return form["decision"] == "allow" ? allow(services, form) : deny(form);
}

Answer grant_to_code(Services& services, const Form& form) {
    if (form["client_id"] != services.credentials.client_id)
        return oauth_error("invalid_client_id", "client identifier invalid");
    const auto code = services.logins.take(form["code"]);
    if (!code) return oauth_error("invalid_grant", "invalid authorization code");
    if (services.clock.now() - code->made > code_lifetime)
        return oauth_error("invalid_grant", "expired authorization code");
    if (code->redirect_uri != form["redirect_uri"])
        return oauth_error("redirect_uri_mismatch", "redirect_uri must match configuration");
    if (auto refusal = stranger(services, *code, form)) return std::move(*refusal);
    if (!has_scope(code->scope, "refresh_token") && !has_scope(code->scope, "offline_access"))
        return json_answer(200, token_reply(services, services.sessions.open(code->scope), code->scope));
    const auto client = form["client_secret"].empty() ? Grant::Client::open : Grant::Client::secret;
    const auto tokens = services.sessions.begin(Grant{.scope = code->scope, .client = client});
    auto reply = token_reply(services, tokens.access, code->scope);
    reply["refresh_token"] = tokens.refresh;
    return json_answer(200, reply);
}

}  // namespace koppla::sandbox
