#include "sandbox/entra/authority.h"

#include "sandbox/base64.h"
#include "sandbox/entra/asked.h"
#include "sandbox/route.h"
#include "sandbox/web/markup.h"
#include "sandbox/web/signature.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::entra {
namespace {

std::string origin_of(const http::Request& request) {
    return "https://" + std::string{request.headers.find("Host").value_or("localhost")};
}

std::string generation_path(const Asked& asked) {
    return asked.generation == Generation::v1 ? "/oauth2/" : "/oauth2/v2.0/";
}

http::Response openid_configuration(Authority& authority, const Asked& asked) {
    const auto own = own_authority(authority, asked);
    const auto path = own + generation_path(asked);
    const bool is_v1 = asked.generation == Generation::v1;
    return json_response(200, Json{{"token_endpoint", path + "token"},
                                   {"token_endpoint_auth_methods_supported",
                                    {"client_secret_post", "private_key_jwt", "client_secret_basic"}},
                                   {"jwks_uri", own + (is_v1 ? "/discovery/keys" : "/discovery/v2.0/keys")},
                                   {"response_modes_supported", {"query", "fragment", "form_post"}},
                                   {"subject_types_supported", {"pairwise"}},
                                   {"id_token_signing_alg_values_supported", {"RS256"}},
                                   {"response_types_supported", {"code"}},
                                   {"scopes_supported", {"openid", "profile", "email", "offline_access"}},
                                   {"issuer", own + (is_v1 ? "/" : "/v2.0")},
                                   {"authorization_endpoint", path + "authorize"},
                                   {"device_authorization_endpoint", path + "devicecode"},
                                   {"tenant_region_scope", "EU"},
                                   {"cloud_instance_name", "microsoftonline.com"}});
}

http::Response instance_discovery(Authority& authority, const Asked& asked) {
    const auto host = asked.origin.substr(asked.origin.find("//") + 2);
    return json_response(200,
                         Json{{"tenant_discovery_endpoint",
                               own_authority(authority, asked) + "/v2.0/.well-known/openid-configuration"},
                              {"api-version", asked.query["api-version"]},
                              {"metadata", Json::array({Json{{"preferred_network", host},
                                                             {"preferred_cache", host},
                                                             {"aliases", Json::array({host})}}})}});
}

http::Response keys(Authority& authority, const Asked& asked) {
    const auto own = public_key_of(authority.registration.signing_key_pem);
    const auto numbers = own ? public_numbers(*own) : Result<PublicNumbers>{own.error()};
    if (!numbers) return html_response(500, "Server error", markup_escaped(numbers.error().message));
    return json_response(
        200, Json{{"keys", Json::array({Json{{"kty", "RSA"},
                                             {"use", "sig"},
                                             {"kid", base64url_encode(sha1(numbers->modulus))},
                                             {"n", base64url_encode(numbers->modulus)},
                                             {"e", base64url_encode(numbers->exponent)},
                                             {"issuer", own_authority(authority, asked) + "/v2.0"}}})}});
}

/// The part of a path behind the tenant.
struct Address {
    std::string_view method;
    std::string_view path;
    http::Response (*answer)(Authority&, const Asked&);
    Generation generation = Generation::v2;
};
constexpr std::array addresses{
    Address{"GET", "v2.0/.well-known/openid-configuration", openid_configuration},
    Address{"GET", ".well-known/openid-configuration", openid_configuration, Generation::v1},
    Address{"GET", "discovery/instance", instance_discovery},
    Address{"GET", "discovery/v2.0/keys", keys},
    Address{"GET", "discovery/keys", keys, Generation::v1},
    Address{"POST", "oauth2/v2.0/token", token},
    Address{"POST", "oauth2/token", token, Generation::v1},
    Address{"GET", "oauth2/v2.0/authorize", authorize},
    Address{"POST", "oauth2/v2.0/authorize", decide},
    Address{"GET", "oauth2/authorize", authorize, Generation::v1},
    Address{"POST", "oauth2/authorize", decide, Generation::v1},
    Address{"POST", "oauth2/v2.0/devicecode", device_code},
    Address{"POST", "oauth2/devicecode", device_code, Generation::v1},
    Address{"GET", "oauth2/v2.0/deviceauth", device_page},
    Address{"POST", "oauth2/v2.0/deviceauth", decide_device},
};

bool is_own_tenant(const Authority& authority, std::string_view tenant) {
    const auto& own = authority.registration;
    for (const std::string_view name : {std::string_view{own.tenant}, std::string_view{own.domain},
                                        std::string_view{"organizations"}, std::string_view{"common"}})
        if (equal_words(tenant, name)) return true;
    return false;
}

/// The organisation's word on a principal whose token is fine. [Dataverse: web service error codes]
std::optional<http::Response> not_a_member(Settings::Member member, const Principal& principal) {
    const auto refused = [](std::string_view code, std::string message) {
        return json_response(403, Json{{"error", {{"code", code}, {"message", std::move(message)}}}});
    };
    switch (member) {
        case Settings::Member::missing:
            return refused("0x80072560", "The user is not a member of the organization.");
        case Settings::Member::disabled:
            return refused("0x80040225", "The specified user(Id = " + principal.object_id +
                                             ") is disabled. Consider enabling this user.");
        case Settings::Member::without_roles:
            return refused("0x80042f09", "The user with id " + principal.object_id +
                                             " has not been assigned any roles. They need a role with the "
                                             "prvReadUser privilege.");
        case Settings::Member::blocked_app:
            return refused("0x80095ffc", "Access to the application " + principal.client_id +
                                             " is blocked by an administrator.");
        default:
            return std::nullopt;
    }
}

http::Response challenge(const Authority& authority, const http::Request& request, std::string_view more) {
    const auto origin = origin_of(request);
    return http::Response{
        .status = 401,
        .headers = {{"WWW-Authenticate",
                     fmt::format("Bearer authorization_uri={}/{}/oauth2/authorize, resource_id={}/{}", origin,
                                 authority.registration.tenant, origin, more)}}};
}

}  // namespace

std::string own_authority(const Authority& authority, const Asked& asked) {
    return asked.origin + "/" + authority.registration.tenant;
}

http::Response json_response(int status, const Json& body) {
    return http::Response{.status = status,
                          .headers = {{"Content-Type", "application/json; charset=utf-8"},
                                      {"Cache-Control", "no-store, no-cache"},
                                      {"x-ms-request-id", new_guid()}},
                          .body = dump(body)};
}

http::Response html_response(int status, std::string_view title, std::string_view body) {
    return http::Response{
        .status = status,
        .headers = {{"Content-Type", "text/html; charset=utf-8"},
                    {"Cache-Control", "no-store, no-cache"},
                    {"X-Frame-Options", "DENY"}},
        .body = fmt::format("<!DOCTYPE html>\n<html lang=\"en\"><head><title>{0}</title></head><body>\n"
                            "<h1>{0}</h1>\n{1}\n</body></html>\n",
                            title, body)};
}

http::Response refusal_page(const Refusal& refusal) {
    return html_response(400, "Sign in", "<p>" + markup_escaped(refusal.text()) + "</p>");
}

http::Response refuse(const Authority& authority, const Asked& asked, const Refusal& refusal) {
    const auto& failure = refusal.failure;
    auto stamp = format_instant(authority.clock.now());
    stamp = stamp.substr(0, 10) + " " + stamp.substr(11, 8) + "Z";
    const auto trace = new_guid();
    auto correlation = std::string{asked.request.headers.find("client-request-id").value_or("")};
    if (correlation.empty()) correlation = asked.query["client-request-id"];
    if (correlation.empty()) correlation = new_guid();
    Json body{{"error", failure.error},
              {"error_description", fmt::format("{} Trace ID: {} Correlation ID: {} Timestamp: {}",
                                                refusal.text(), trace, correlation, stamp)},
              {"error_codes", Json::array({failure.code})},
              {"timestamp", stamp},
              {"trace_id", trace},
              {"correlation_id", correlation},
              {"error_uri", fmt::format("{}/error?code={}", asked.origin, failure.code)}};
    if (!failure.suberror.empty()) body["suberror"] = failure.suberror;
    return json_response(failure.status, body);
}

std::optional<http::Response> answer(Authority& authority, const http::Request& request) {
    const auto path = request.target.substr(0, request.target.find('?'));
    const auto begin = path.find_first_not_of('/');
    const auto slash = begin == std::string::npos ? begin : path.find('/', begin);
    if (slash == std::string::npos) return std::nullopt;
    const auto rest = std::string_view{path}.substr(slash + 1);
    std::string allowed;
    for (const auto& address : addresses) {
        if (!equal_words(rest, address.path)) continue;
        if (address.method != request.method) {
            allowed += (allowed.empty() ? "" : ", ") + std::string{address.method};
            continue;
        }
        const auto query = request.target.find('?');
        const Asked asked{.request = request,
                          .origin = origin_of(request),
                          .tenant = path.substr(begin, slash - begin),
                          .generation = address.generation,
                          .query = Form::of_query(query == std::string::npos
                                                      ? ""
                                                      : std::string_view{request.target}.substr(query + 1)),
                          .form = Form::of(request)};
        if (!is_own_tenant(authority, asked.tenant))
            return refuse(authority, asked, {failure::tenant_unknown, asked.tenant});
        return address.answer(authority, asked);
    }
    if (allowed.empty()) return std::nullopt;
    return http::Response{.status = 405, .headers = {{"Allow", allowed}}};
}

Admission admit(Authority& authority, const http::Request& request) {
    const auto token = bearer_token(request);
    if (!token) return Admission{.refusal = challenge(authority, request, "")};
    auto found = authority.grants.find_token(*token, authority.clock.now());
    if (found.standing != Grants::Standing::live) {
        const std::string_view why = found.standing == Grants::Standing::expired
                                         ? "The token expired"
                                         : "The token is not one of this organization's";
        return Admission{
            .refusal = challenge(authority, request,
                                 fmt::format(", error=\"invalid_token\", error_description=\"{}\"", why))};
    }
    if (auto refusal = not_a_member(authority.settings().member, found.principal))
        return Admission{.refusal = std::move(refusal)};
    return Admission{.principal = std::move(found.principal)};
}

}  // namespace koppla::sandbox::entra
