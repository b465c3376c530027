#include "sandbox/salesforce/oauth.h"

#include "sandbox/base64.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/services.h"
#include "sandbox/web/random_text.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

std::optional<Answer> client_problem(const Services& services, const Form& form) {
    if (form["client_id"] != services.credentials.client_id)
        return oauth_error("invalid_client_id", "client identifier invalid");
    if (form["client_secret"] != services.credentials.client_secret)
        return oauth_error("invalid_client", "invalid client credentials");
    return std::nullopt;
}

Answer grant_to_client(Services& services, const Form& form) {
    if (auto problem = client_problem(services, form)) return std::move(*problem);
    return json_answer(200, token_reply(services, services.sessions.open(), "api"));
}

Answer grant_to_user(Services& services, const Form& form) {
    if (auto problem = client_problem(services, form)) return std::move(*problem);
    const auto& known = services.credentials;
    if (services.logins.settings().password_flow == AppSettings::PasswordFlow::blocked ||
        form["username"] != known.username || form["password"] != known.password + known.security_token)
        return oauth_error("invalid_grant", "authentication failure");
    // Whatever scope it asks for, this flow gives no refresh token. [Salesforce: username-password flow]
    return json_answer(200, token_reply(services, services.sessions.open(), "api"));
}

Answer grant_again(Services& services, const Form& form) {
    const auto token = form["refresh_token"];
    const auto grant = services.sessions.grant_of(token);
    const bool may_come_bare = grant && grant->client == Grant::Client::open;
    if (!may_come_bare || !form["client_secret"].empty() ||
        form["client_id"] != services.credentials.client_id)
        if (auto problem = client_problem(services, form)) return std::move(*problem);
    const bool rotates = services.logins.settings().rotation == AppSettings::Rotation::each_time;
    const auto tokens =
        services.sessions.refresh(token, rotates ? Sessions::Rotation::each_time : Sessions::Rotation::none);
    if (!tokens) return oauth_error("invalid_grant", "expired access/refresh token");
    auto reply = token_reply(services, tokens->access, tokens->grant.scope);
    if (rotates) reply["refresh_token"] = tokens->refresh;
    return json_answer(200, reply);
}

struct Flow {
    std::string_view type;
    Answer (*give)(Services&, const Form&);
};
constexpr std::array flows{Flow{"client_credentials", grant_to_client}, Flow{"password", grant_to_user},
                           Flow{"refresh_token", grant_again}, Flow{"authorization_code", grant_to_code},
                           Flow{"urn:ietf:params:oauth:grant-type:jwt-bearer", grant_to_assertion}};

bool may_identify(Services& services, const Ask& ask) {
    if (const auto token = ask.parameter("oauth_token"); token && services.sessions.use(*token)) return true;
    const auto token = bearer_token(ask.request);
    return token && services.sessions.use(*token);
}

Json urls(const Services& services) {
    Json map;
    for (const auto* name : {"rest", "sobjects", "query"}) {
        const std::string tail = std::string_view{name} == "rest" ? "" : std::string{name} + "/";
        map[name] = services.url + "/services/data/v{version}/" + tail;
    }
    map["partner"] =
        services.url + "/services/Soap/u/{version}/" + services.org.organization_id().substr(0, 15);
    return map;
}

}  // namespace

Answer oauth_error(std::string_view code, std::string_view description, int status) {
    return json_answer(status, Json{{"error", code}, {"error_description", description}});
}

std::string identity_url(const Services& services) {
    return services.url + "/id/" + services.org.organization_id() + "/" + services.org.user_id();
}

Json token_reply(Services& services, std::string_view access_token, std::string_view scope) {
    const auto issued = std::to_string(services.clock.now().time_since_epoch().count());
    return Json{{"access_token", access_token},
                {"signature", base64_encode(random_text(32)) + "="},
                {"scope", scope},
                {"instance_url", services.url},
                {"id", identity_url(services)},
                {"token_type", "Bearer"},
                {"issued_at", issued}};
}

Answer oauth_token(Services& services, const Ask& ask) {
    const auto form = Form::of(ask.request);
    const auto type = form["grant_type"];
    for (const auto& flow : flows) {
        if (flow.type != type) continue;
        auto answer = flow.give(services, form);
        answer.response.headers.add("Cache-Control", "no-store");
        return answer;
    }
    return type.empty() ? oauth_error("invalid_request", "grant_type is missing")
                        : oauth_error("unsupported_grant_type", "grant type not supported");
}

Answer oauth_userinfo(Services& services, const Ask& ask) {
    if (!may_identify(services, ask)) return text_answer(403, "Bad_OAuth_Token", "text/html;charset=UTF-8");
    return json_answer(200, Json{{"sub", identity_url(services)},
                                 {"user_id", services.org.user_id()},
                                 {"organization_id", services.org.organization_id()},
                                 {"preferred_username", services.org.username()},
                                 {"nickname", services.org.username()},
                                 {"name", services.org.username()},
                                 {"email", services.org.username()},
                                 {"email_verified", true},
                                 {"zoneinfo", "GMT"},
                                 {"language", "en_US"},
                                 {"locale", "en_US"},
                                 {"utcOffset", 0},
                                 {"user_type", "STANDARD"},
                                 {"active", true},
                                 {"urls", urls(services)}});
}

Answer identity(Services& services, const Ask& ask) {
    if (!may_identify(services, ask)) return text_answer(403, "Bad_OAuth_Token", "text/html;charset=UTF-8");
    if (!services.org.organization_id().starts_with(ask.parts.at(0).substr(0, 15)) ||
        !services.org.user_id().starts_with(ask.parts.at(1).substr(0, 15)))
        return text_answer(403, "Wrong_Org", "text/html;charset=UTF-8");
    return json_answer(200, Json{{"id", identity_url(services)},
                                 {"asserted_user", true},
                                 {"user_id", services.org.user_id()},
                                 {"organization_id", services.org.organization_id()},
                                 {"username", services.org.username()},
                                 {"nick_name", services.org.username()},
                                 {"display_name", services.org.username()},
                                 {"email", services.org.username()},
                                 {"urls", urls(services)},
                                 {"active", true},
                                 {"user_type", "STANDARD"},
                                 {"language", "en_US"},
                                 {"locale", "en_US"},
                                 {"utcOffset", 0}});
}

Answer oauth_revoke(Services& services, const Ask& ask) {
    const auto posted = Form::of(ask.request)["token"];
    if (services.sessions.revoke(posted.empty() ? ask.parameter("token").value_or("") : posted))
        return empty_answer(200);
    return text_answer(400, "error=unsupported_token_type&error_description=this+token+is+not+supported",
                       "application/x-www-form-urlencoded");
}

Answer oauth_introspect(Services& services, const Ask& ask) {
    const auto form = Form::of(ask.request);
    if (client_problem(services, form))
        return oauth_error("invalid_client", "invalid client credentials", 401);
    const auto found = services.sessions.inspect(form["token"]);
    if (!found) return json_answer(200, Json{{"active", false}});
    Json reply{{"active", true},
               {"scope", found->scope},
               {"client_id", services.credentials.client_id},
               {"username", services.credentials.username},
               {"sub", identity_url(services)},
               {"token_type", found->left ? "access_token" : "refresh_token"}};
    if (found->left) {
        const auto now = std::chrono::floor<std::chrono::seconds>(services.clock.now());
        reply["exp"] = (now + *found->left).time_since_epoch().count();
    }
    return json_answer(200, reply);
}

}  // namespace koppla::sandbox
