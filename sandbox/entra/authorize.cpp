#include "sandbox/entra/asked.h"
#include "sandbox/entra/scope.h"
#include "sandbox/route.h"
#include "sandbox/web/markup.h"
#include "sandbox/web/random_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace koppla::sandbox::entra {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::array names{
    "client_id", "response_type", "redirect_uri", "response_mode",  "scope",
    "state",     "nonce",         "resource",     "code_challenge", "code_challenge_method"};

bool is_loopback(std::string_view address) {
    const auto url = http::parse_url(address);
    return url && (url->scheme == "http" || url->scheme == "https") &&
           (url->host == "localhost" || url->host == "127.0.0.1" || url->host == "[::1]");
}

bool may_redirect(const Settings& settings, const std::string& address) {
    if (settings.redirect_uris.empty()) return is_loopback(address);
    return std::ranges::find(settings.redirect_uris, address) != settings.redirect_uris.end();
}

/// Why a request can't even be answered at its own address. [RFC 6749, 4.1.2.1]
std::optional<Refusal> problem(Authority& authority, const Form& form) {
    const auto settings = authority.settings();
    if (form["client_id"].empty()) return Refusal{failure::parameter_missing, "client_id"};
    if (!equal_words(form["client_id"], authority.registration.client_id))
        return Refusal{failure::app_unknown, form["client_id"]};
    if (settings.app == Settings::App::disabled)
        return Refusal{failure::app_disabled, authority.registration.client_id};
    if (!may_redirect(settings, form["redirect_uri"]))
        return Refusal{failure::redirect_wrong, form["redirect_uri"]};
    return std::nullopt;
}

http::Response redirect(const Form& form, Fields fields) {
    if (const auto state = form["state"]; !state.empty()) fields.emplace_back("state", state);
    const auto address = form["redirect_uri"];
    const auto mode = form["response_mode"];
    if (mode == "form_post") {
        std::string inputs;
        for (const auto& [name, value] : fields)
            inputs +=
                "<input type=\"hidden\" name=\"" + name + "\" value=\"" + markup_escaped(value) + "\">\n";
        return html_response(200, "Working…",
                             "<form method=\"post\" action=\"" + markup_escaped(address) + "\">\n" + inputs +
                                 "<button>Continue</button></form>\n"
                                 "<script>document.forms[0].submit()</script>");
    }
    const auto* mark = mode == "fragment" ? "#" : address.find('?') == std::string::npos ? "?" : "&";
    return http::Response{.status = 302,
                          .headers = {{"Location", address + mark + http::form_body(fields)},
                                      {"Cache-Control", "no-store, no-cache"}}};
}

http::Response send_back(const Form& form, const Refusal& refusal) {
    return redirect(form,
                    {{"error", std::string{refusal.failure.error}}, {"error_description", refusal.text()}});
}

std::string scope_text(const Asked& asked, const Form& form) {
    if (asked.generation == Generation::v2 || form["resource"].empty()) return form["scope"];
    return form["resource"] + "/user_impersonation openid offline_access";
}

/// What is wrong with a request that can be answered at its own address.
std::optional<Refusal> mistake(const Asked& asked, const Form& form) {
    if (form["response_type"] != "code")
        return Refusal{failure::response_type_unknown, form["response_type"]};
    const auto method = form["code_challenge_method"];
    if (!method.empty() && method != "S256" && method != "plain")
        return Refusal{failure::parameter_missing, "code_challenge_method"};
    const auto scope = read_scope(asked, scope_text(asked, form));
    if (const auto* refusal = std::get_if<Refusal>(&scope)) return *refusal;
    if (std::get<Scope>(scope).granted.empty()) return Refusal{failure::parameter_missing, "scope"};
    return std::nullopt;
}

http::Response allow(Authority& authority, const Asked& asked, const Form& form) {
    auto code = "1.A" + random_text(90);
    const bool is_plain = form["code_challenge_method"] != "S256";
    authority.grants.add_code(code,
                              Code{.consent = {.scope = scope_text(asked, form), .nonce = form["nonce"]},
                                   .redirect_uri = form["redirect_uri"],
                                   .challenge = form["code_challenge"],
                                   .method = is_plain ? Code::Method::plain : Code::Method::s256,
                                   .made = authority.clock.now()});
    return redirect(form, {{"code", std::move(code)}, {"session_state", new_guid()}});
}

http::Response deny(const Form& form) {
    return redirect(form,
                    {{"error", "access_denied"},
                     {"error_description", "AADSTS65004: User declined to consent to access the app."}});
}

http::Response consent_page(const Authority& authority, const Asked& asked, const Form& form) {
    std::string fields;
    for (const auto* name : names)
        if (const auto value = form[name]; !value.empty())
            fields += R"(<input type="hidden" name=")" + std::string{name} + R"(" value=")" +
                      markup_escaped(value) + "\">\n";
    return html_response(200, "Permissions requested",
                         "<p>An app asks to act as " + markup_escaped(authority.registration.username) +
                             ", with: " + markup_escaped(scope_text(asked, form)) +
                             ".</p>\n<form method=\"post\">\n" + fields +
                             "<button name=\"decision\" value=\"allow\">Accept</button>\n"
                             "<button name=\"decision\" value=\"deny\">Cancel</button>\n</form>");
}

}  // namespace

http::Response authorize(Authority& authority, const Asked& asked) {
    if (const auto refusal = problem(authority, asked.query)) return refusal_page(*refusal);
    if (const auto refusal = mistake(asked, asked.query)) return send_back(asked.query, *refusal);
    switch (authority.settings().consent) {
        case Settings::Decision::given:
            return allow(authority, asked, asked.query);
        case Settings::Decision::refused:
            return deny(asked.query);
        default:
            return consent_page(authority, asked, asked.query);
    }
}

http::Response decide(Authority& authority, const Asked& asked) {
    if (const auto refusal = problem(authority, asked.form)) return refusal_page(*refusal);
    if (const auto refusal = mistake(asked, asked.form)) return send_back(asked.form, *refusal);
    return asked.form["decision"] == "allow" ? allow(authority, asked, asked.form) : deny(asked.form);
}

}  // namespace koppla::sandbox::entra
