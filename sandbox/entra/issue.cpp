#include "sandbox/entra/issue.h"

#include "sandbox/base64.h"
#include "sandbox/web/jwt.h"
#include "sandbox/web/signature.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox::entra {
namespace {

std::int64_t seconds_of(Instant instant) {
    return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

/// Claims that any token has, and its signature.
Result<std::string> signed_token(Authority& authority, const Asked& asked, nlohmann::json claims,
                                 Instant end) {
    const auto now = seconds_of(authority.clock.now());
    const auto own = public_key_of(authority.registration.signing_key_pem);
    if (!own) return own.error();
    const auto numbers = TRY(public_numbers(*own));
    claims["iss"] = own_authority(authority, asked) + "/v2.0";
    claims["tid"] = authority.registration.tenant;
    claims["iat"] = now;
    claims["nbf"] = now;
    claims["exp"] = seconds_of(end);
    claims["uti"] = new_guid();
    const auto text = signing_input(
        {{"typ", "JWT"}, {"alg", "RS256"}, {"kid", base64url_encode(sha1(numbers.modulus))}}, claims);
    return text + "." +
           base64url_encode(TRY(sign(Scheme::rs256, authority.registration.signing_key_pem, text)));
}

Result<std::string> access_token(Authority& authority, const Asked& asked, const Scope& scope,
                                 const Principal& principal, Instant end) {
    const bool is_v1 = asked.generation == Generation::v1;
    nlohmann::json claims{{"aud", scope.resource},
                          {is_v1 ? "appid" : "azp", principal.client_id},
                          {"oid", principal.object_id},
                          {"sub", principal.object_id},
                          {"ver", is_v1 ? "1.0" : "2.0"}};
    if (principal.kind == Principal::Kind::user) {
        claims["scp"] = "user_impersonation";
        claims["upn"] = principal.name;
    } else {
        claims["idtyp"] = "app";
    }
    auto token = TRY(signed_token(authority, asked, std::move(claims), end));
    authority.grants.add_token(token, Grants::Token{.principal = principal, .end = end});
    return token;
}

/// The answer's members in the generation's own types: v1 writes numbers as text.
Json reply(Authority& authority, const Asked& asked, const Scope& scope, std::string token, Instant end) {
    const auto left = authority.settings().token_lifetime.count() - 1;
    Json body{{"token_type", "Bearer"}};
    if (asked.generation == Generation::v1) {
        body["expires_in"] = std::to_string(left);
        body["ext_expires_in"] = std::to_string(left);
        body["expires_on"] = std::to_string(seconds_of(end));
        body["not_before"] = std::to_string(seconds_of(authority.clock.now()));
        body["resource"] = scope.resource;
    } else {
        body["expires_in"] = left;
        body["ext_expires_in"] = left;
    }
    body["access_token"] = std::move(token);
    return body;
}

http::Response broken(const Error& error) {
    return json_response(500, Json{{"error", "server_error"}, {"error_description", error.message}});
}

Instant token_end(Authority& authority) {
    return authority.clock.now() + authority.settings().token_lifetime;
}

}  // namespace

http::Response issue_to_app(Authority& authority, const Asked& asked, const Scope& scope) {
    const auto& own = authority.registration;
    const auto end = token_end(authority);
    auto token = access_token(
        authority, asked, scope,
        Principal{.kind = Principal::Kind::app, .client_id = own.client_id, .object_id = own.app_object_id},
        end);
    if (!token) return broken(token.error());
    return json_response(200, reply(authority, asked, scope, std::move(*token), end));
}

http::Response issue_to_user(Authority& authority, const Asked& asked, const Scope& scope,
                             const Consent& consent) {
    const auto& own = authority.registration;
    const auto end = token_end(authority);
    const Principal user{.kind = Principal::Kind::user,
                         .client_id = own.client_id,
                         .object_id = own.user_object_id,
                         .name = own.username};
    auto token = access_token(authority, asked, scope, user, end);
    if (!token) return broken(token.error());
    auto body = reply(authority, asked, scope, std::move(*token), end);
    body["scope"] = scope.granted;
    // A v1 request names no scope and gets a refresh token all the same.
    if (scope.tokens == Scope::Tokens::with_refresh || asked.generation == Generation::v1)
        body["refresh_token"] = authority.grants.add_refresh_token(consent);
    if (scope.identity == Scope::Identity::id_token) {
        nlohmann::json claims{{"aud", own.client_id},      {"sub", own.user_object_id},
                              {"oid", own.user_object_id}, {"preferred_username", own.username},
                              {"name", own.username},      {"ver", "2.0"}};
        if (!consent.nonce.empty()) claims["nonce"] = consent.nonce;
        auto id_token = signed_token(authority, asked, std::move(claims), end);
        if (!id_token) return broken(id_token.error());
        body["id_token"] = std::move(*id_token);
    }
    if (asked.form["client_info"] == "1")
        body["client_info"] = base64url_encode(dump(Json{{"uid", own.user_object_id}, {"utid", own.tenant}}));
    return json_response(200, body);
}

}  // namespace koppla::sandbox::entra
