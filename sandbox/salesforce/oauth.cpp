#include "sandbox/base64.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <array>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using Form = std::map<std::string, std::string, std::less<>>;

Answer refused(std::string_view code, std::string_view description) {
    return json_answer(400, Json{{"error", code}, {"error_description", description}});
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '"')) text.remove_suffix(1);
    return text;
}

/// `name` of `…; name="value"`.
std::string_view attribute(std::string_view header, std::string_view name) {
    while (true) {
        const auto semicolon = header.find(';');
        if (semicolon == std::string_view::npos) return {};
        header.remove_prefix(semicolon + 1);
        const auto piece = trimmed(header.substr(0, header.find(';')));
        const auto equals = piece.find('=');
        if (equals != std::string_view::npos && equal_words(piece.substr(0, equals), name))
            return trimmed(piece.substr(equals + 1));
    }
}

/// The text fields of multipart/form-data. [RFC 7578]
Form multipart_form(std::string_view body, std::string_view boundary) {
    Form form;
    const auto delimiter = "--" + std::string{boundary};
    while (true) {
        const auto begin = body.find(delimiter);
        if (begin == std::string_view::npos) return form;
        body.remove_prefix(begin + delimiter.size());
        const auto blank = body.find("\r\n\r\n");
        const auto end = body.find("\r\n" + delimiter);
        if (blank == std::string_view::npos || end == std::string_view::npos || end < blank + 4) continue;
        auto head = body.substr(0, blank);
        const auto disposition = head.find("form-data");
        if (disposition == std::string_view::npos) continue;
        head.remove_prefix(disposition);
        const auto name = attribute(head.substr(0, head.find("\r\n")), "name");
        form.emplace(name, body.substr(blank + 4, end - blank - 4));
    }
}

Form read_form(const http::Request& request) {
    static constexpr std::array names{"grant_type", "client_id", "client_secret", "username", "password",
                                      "scope",      "format",    "refresh_token", "token",    "assertion"};
    const auto type = request.headers.find("Content-Type").value_or("");
    if (equal_words(type.substr(0, type.find(';')), "multipart/form-data"))
        return multipart_form(request.body, attribute(type, "boundary"));
    Form form;
    for (const auto* name : names)
        if (auto value = http::form_value(request.body, name)) form.emplace(name, std::move(*value));
    return form;
}

std::string field(const Form& form, std::string_view name) {
    const auto found = form.find(name);
    return found == form.end() ? std::string{} : found->second;
}

/// Client id and secret: from the body, or from HTTP Basic.
void add_basic(const http::Request& request, Form& form) {
    const auto header = request.headers.find("Authorization");
    if (!header || header->size() < 6 || !equal_words(header->substr(0, 6), "Basic ")) return;
    const auto decoded = base64_decode(trimmed(header->substr(6)));
    if (!decoded) return;
    const auto colon = decoded->find(':');
    if (colon == std::string::npos) return;
    form.emplace("client_id", decoded->substr(0, colon));
    form.emplace("client_secret", decoded->substr(colon + 1));
}

std::optional<Answer> client_problem(const Services& services, const Form& form) {
    if (field(form, "client_id") != services.credentials.client_id)
        return refused("invalid_client_id", "client identifier invalid");
    if (field(form, "client_secret") != services.credentials.client_secret)
        return refused("invalid_client", "invalid client credentials");
    return std::nullopt;
}

std::string identity_url(const Services& services) {
    return services.url + "/id/" + services.org.organization_id() + "/" + services.org.user_id();
}

Json token_reply(Services& services, std::string_view scope) {
    const auto issued = std::to_string(services.clock.now().time_since_epoch().count());
    return Json{{"access_token", services.sessions.open()},
                {"signature", base64_encode(random_text(32)) + "="},
                {"scope", scope},
                {"instance_url", services.url},
                {"id", identity_url(services)},
                {"token_type", "Bearer"},
                {"issued_at", issued}};
}

Answer grant_to_client(Services& services, const Form&) {
    return json_answer(200, token_reply(services, "api"));
}

Answer grant_to_user(Services& services, const Form& form) {
    const auto& known = services.credentials;
    if (field(form, "username") != known.username ||
        field(form, "password") != known.password + known.security_token)
        return refused("invalid_grant", "authentication failure");
    if (field(form, "scope").find("refresh_token") == std::string::npos)
        return json_answer(200, token_reply(services, "api"));
    auto reply = token_reply(services, "api refresh_token");
    reply["refresh_token"] = services.sessions.make_refresh_token();
    return json_answer(200, reply);
}

Answer grant_again(Services& services, const Form& form) {
    if (!services.sessions.knows_refresh_token(field(form, "refresh_token")))
        return refused("invalid_grant", "expired access/refresh token");
    return json_answer(200, token_reply(services, "api refresh_token"));
}

struct Grant {
    std::string_view type;
    Answer (*give)(Services&, const Form&);
};
constexpr std::array grants{Grant{"client_credentials", grant_to_client}, Grant{"password", grant_to_user},
                            Grant{"refresh_token", grant_again}};

bool may_identify(Services& services, const Ask& ask) {
    if (const auto token = ask.parameter("oauth_token"); token && services.sessions.use(*token)) return true;
    const auto header = ask.request.headers.find("Authorization");
    return header && header->starts_with("Bearer ") && services.sessions.use(header->substr(7));
}

Json urls(const Services& services) {
    Json map;
    for (const auto* name : {"rest", "sobjects", "query"}) {
        const std::string tail = std::string_view{name} == "rest" ? "" : std::string{name} + "/";
        map[name] = services.url + "/services/data/v{version}/" + tail;
    }
    return map;
}

}  // namespace

Answer oauth_token(Services& services, const Ask& ask) {
    auto form = read_form(ask.request);
    add_basic(ask.request, form);
    const auto type = field(form, "grant_type");
    for (const auto& grant : grants) {
        if (grant.type != type) continue;
        if (auto problem = client_problem(services, form)) return std::move(*problem);
        auto answer = grant.give(services, form);
        answer.response.headers.add("Cache-Control", "no-store");
        return answer;
    }
    return type.empty() ? refused("invalid_request", "grant_type is missing")
                        : refused("unsupported_grant_type", "grant type not supported");
}

Answer oauth_userinfo(Services& services, const Ask& ask) {
    if (!may_identify(services, ask)) return text_answer(403, "Bad_OAuth_Token", "text/html;charset=UTF-8");
    return json_answer(200, Json{{"sub", identity_url(services)},
                                 {"user_id", services.org.user_id()},
                                 {"organization_id", services.org.organization_id()},
                                 {"preferred_username", services.org.username()},
                                 {"name", services.org.username()},
                                 {"email", services.org.username()},
                                 {"email_verified", true},
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
    const auto form = read_form(ask.request);
    if (services.sessions.revoke(field(form, "token"))) return empty_answer(200);
    return text_answer(400, "error=unsupported_token_type&error_description=this+token+is+not+supported",
                       "application/x-www-form-urlencoded");
}

}  // namespace koppla::sandbox
