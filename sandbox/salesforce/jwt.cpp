#include "sandbox/web/jwt.h"

#include "sandbox/salesforce/oauth.h"
#include "sandbox/services.h"
#include "sandbox/web/signature.h"

#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// The login hosts, or this one; with or without a slash or the scheme, as clients write it.
bool is_audience(const Services& services, std::string_view audience) {
    if (audience.ends_with('/')) audience.remove_suffix(1);
    const std::array<std::string_view, 3> hosts{"https://login.salesforce.com", "https://test.salesforce.com",
                                                services.url};
    for (const auto host : hosts)
        if (audience == host || audience == host.substr(host.find("//") + 2)) return true;
    return false;
}

/// Seconds since 1970, as a number or in text. One far ahead is taken: sf writes milliseconds.
bool has_expired(const Services& services, const nlohmann::json& claims) {
    const auto found = claims.find("exp");
    double seconds = 0;
    if (found != claims.end() && found->is_number()) seconds = found->get<double>();
    if (found != claims.end() && found->is_string()) {
        const auto text = found->get<std::string>();
        std::from_chars(text.data(), text.data() + text.size(), seconds);
    }
    const auto now = std::chrono::duration<double>{services.clock.now().time_since_epoch()};
    return seconds <= now.count();
}

}  // namespace

Answer grant_to_assertion(Services& services, const Form& form) {
    const auto app = services.logins.settings();
    const auto assertion = read_jwt(form["assertion"]);
    if (!assertion || text_claim(*assertion->header, "alg") != "RS256")
        return oauth_error("invalid_grant", "invalid assertion");
    const auto& claims = *assertion->claims;
    if (text_claim(claims, "iss") != services.credentials.client_id)
        return oauth_error("invalid_client_id", "client identifier invalid");
    if (!verify(Scheme::rs256, app.certificate_pem, assertion->signed_text, assertion->signature))
        return oauth_error("invalid_grant", "invalid assertion");
    if (!is_audience(services, text_claim(claims, "aud")))
        return oauth_error("invalid_grant", "audience is invalid");
    if (has_expired(services, claims)) return oauth_error("invalid_grant", "expired authorization code");
    const auto subject = claims.contains("sub") ? text_claim(claims, "sub") : text_claim(claims, "prn");
    if (subject != services.credentials.username || app.approval == AppSettings::Approval::missing)
        return oauth_error("invalid_grant", "user hasn't approved this consumer");
    // This flow names neither the time nor a signature.
    auto reply = token_reply(services, services.sessions.open(), "api");
    reply.erase("signature");
    reply.erase("issued_at");
    return json_answer(200, reply);
}

}  // namespace koppla::sandbox
