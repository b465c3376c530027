#include "sandbox/base64.h"
#include "sandbox/salesforce/oauth.h"
#include "sandbox/salesforce/signature.h"
#include "sandbox/services.h"

#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// The parts of header.claims.signature, decoded. [RFC 7515, 7.1]
struct Assertion {
    nlohmann::json header;
    nlohmann::json claims;
    std::string signed_text;
    std::string signature;
};

std::optional<nlohmann::json> read_part(std::string_view text) {
    const auto decoded = base64url_decode(text);
    if (!decoded) return std::nullopt;
    auto json = parse_object(*decoded);
    return json ? std::optional{std::move(*json)} : std::nullopt;
}

std::optional<Assertion> read_assertion(std::string_view text) {
    const auto first = text.find('.');
    const auto second = text.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    auto header = read_part(text.substr(0, first));
    auto claims = read_part(text.substr(first + 1, second - first - 1));
    auto signature = base64url_decode(text.substr(second + 1));
    if (!header || !claims || !signature) return std::nullopt;
    return Assertion{.header = std::move(*header),
                     .claims = std::move(*claims),
                     .signed_text = std::string{text.substr(0, second)},
                     .signature = std::move(*signature)};
}

std::string text_claim(const nlohmann::json& claims, const char* name) {
    const auto found = claims.find(name);
    return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

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
    const auto assertion = read_assertion(form["assertion"]);
    if (!assertion || text_claim(assertion->header, "alg") != "RS256")
        return oauth_error("invalid_grant", "invalid assertion");
    const auto& claims = assertion->claims;
    if (text_claim(claims, "iss") != services.credentials.client_id)
        return oauth_error("invalid_client_id", "client identifier invalid");
    if (!verify_rs256(app.certificate_pem, assertion->signed_text, assertion->signature))
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
