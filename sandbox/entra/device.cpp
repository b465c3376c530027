#include "sandbox/entra/asked.h"
#include "sandbox/entra/scope.h"
#include "sandbox/route.h"
#include "sandbox/web/markup.h"
#include "sandbox/web/random_text.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox::entra {
namespace {

/// Letters and digits that can't be taken for each other, as on the real page.
std::string new_user_code() {
    auto code = random_text(64);
    std::erase_if(code, [](char c) {
        return !((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '9')) || c == 'I' || c == 'O';
    });
    return code.size() < 9 ? new_user_code() : code.substr(0, 9);
}

}  // namespace

http::Response device_code(Authority& authority, const Asked& asked) {
    const auto& own = authority.registration;
    if (asked.form["client_id"].empty())
        return refuse(authority, asked, {failure::parameter_missing, "client_id"});
    if (!equal_words(asked.form["client_id"], own.client_id))
        return refuse(authority, asked, {failure::app_unknown, asked.form["client_id"]});
    const auto settings = authority.settings();
    if (settings.app == Settings::App::disabled)
        return refuse(authority, asked, {failure::app_disabled, own.client_id});
    auto text = asked.form["scope"];
    if (asked.generation == Generation::v1 && !asked.form["resource"].empty())
        text = asked.form["resource"] + "/user_impersonation openid offline_access";
    if (text.empty()) return refuse(authority, asked, {failure::parameter_missing, "scope"});
    const auto scope = read_scope(asked, text);
    if (const auto* refusal = std::get_if<Refusal>(&scope)) return refuse(authority, asked, *refusal);
    const auto user_code = new_user_code();
    const auto code = "D" + random_text(100);
    authority.grants.add_device_code(
        code, DeviceCode{.consent = {.scope = text}, .user_code = user_code, .made = authority.clock.now()});
    const auto page = own_authority(authority, asked) + "/oauth2/v2.0/deviceauth";
    return json_response(200,
                         Json{{"user_code", user_code},
                              {"device_code", code},
                              {"verification_uri", page},
                              {"expires_in", 900},
                              {"interval", settings.device_interval.count()},
                              {"message", "To sign in, use a web browser to open the page " + page +
                                              " and enter the code " + user_code + " to authenticate."}});
}

http::Response device_page(Authority& authority, const Asked& asked) {
    return html_response(200, "Enter code",
                         "<p>An app or device asks to act as " +
                             markup_escaped(authority.registration.username) +
                             ".</p>\n<form method=\"post\">\n<input name=\"user_code\" value=\"" +
                             markup_escaped(asked.query["user_code"]) +
                             "\">\n<button name=\"decision\" value=\"allow\">Continue</button>\n"
                             "<button name=\"decision\" value=\"deny\">Cancel</button>\n</form>");
}

http::Response decide_device(Authority& authority, const Asked& asked) {
    auto user_code = asked.form["user_code"];
    std::ranges::transform(user_code, user_code.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const auto decision =
        asked.form["decision"] == "allow" ? DeviceCode::Decision::allowed : DeviceCode::Decision::denied;
    if (!authority.grants.decide(user_code, decision))
        return html_response(400, "Enter code",
                             "<p>That code didn't work. Check the code and try again.</p>");
    return html_response(200, "Done", "<p>You may close this window.</p>");
}

}  // namespace koppla::sandbox::entra
