#include "sandbox/entra/assertion.h"

#include "sandbox/base64.h"
#include "sandbox/route.h"
#include "sandbox/web/certificate.h"
#include "sandbox/web/jwt.h"
#include "sandbox/web/signature.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::entra {
namespace {

/// How far clocks may be apart.
constexpr std::chrono::minutes skew{5};

/// Which certificate a header means: "x5t", "x5t#S256", the leaf of "x5c", or "kid" as the certificate's
/// keyId or hexadecimal SHA-1.
struct Naming {
    bool is_registered = false;
    std::string shown;  ///< for the refusal
};

Naming name_certificate(const Registration& registration, const Thumbprints& known,
                        const nlohmann::json& header) {
    if (const auto s256 = text_claim(header, "x5t#S256"); !s256.empty())
        return {.is_registered = s256 == known.x5t_s256, .shown = s256};
    if (const auto x5t = text_claim(header, "x5t"); !x5t.empty())
        return {.is_registered = x5t == known.x5t || x5t == known.x5t + "=", .shown = x5t};
    if (const auto chain = header.find("x5c");
        chain != header.end() && chain->is_array() && !chain->empty() && chain->front().is_string()) {
        const auto leaf = base64_decode(chain->front().get<std::string>());
        const auto named = leaf ? thumbprints(certificate_pem(*leaf)) : Result<Thumbprints>{Error{}};
        return {.is_registered = named && named->x5t_s256 == known.x5t_s256,
                .shown = named ? named->hex : "of a broken certificate"};
    }
    const auto kid = text_claim(header, "kid");
    return {.is_registered = equal_words(kid, registration.key_id) || equal_words(kid, known.hex) ||
                             (!kid.empty() && kid == known.x5t),
            .shown = kid};
}

std::optional<Refusal> signature_problem(Authority& authority, const Jwt& jwt) {
    const auto pem = authority.certificate();
    const auto known = thumbprints(pem);
    const auto algorithm = text_claim(*jwt.header, "alg");
    if (algorithm != "RS256" && algorithm != "PS256")
        return Refusal{failure::assertion_signature,
                       "The algorithm '" + algorithm + "' is not supported for client assertions."};
    const auto naming = known ? name_certificate(authority.registration, *known, *jwt.header) : Naming{};
    const auto thumbprint = "Thumbprint of key used by client: '" + naming.shown + "'";
    if (!naming.is_registered)
        return Refusal{failure::assertion_signature,
                       "The key was not found., " + thumbprint +
                           ", Please visit the app registration: the certificate is not registered"};
    if (const auto end = certificate_end(pem); end && *end <= authority.clock.now())
        return Refusal{failure::assertion_signature, "The key used is expired., " + thumbprint +
                                                         ", Found key 'End=" + format_instant(*end) + "'"};
    const auto scheme = algorithm == "RS256" ? Scheme::rs256 : Scheme::ps256;
    if (!verify(scheme, pem, jwt.signed_text, jwt.signature))
        return Refusal{failure::assertion_signature, "The signature is not the key's., " + thumbprint};
    return std::nullopt;
}

/// Token endpoints of either generation and issuers, of every name of the tenant.
bool is_audience(const Authority& authority, const Asked& asked, const std::string& audience) {
    const auto& own = authority.registration;
    for (const auto& tenant : {own.tenant, own.domain, asked.tenant})
        for (const auto* path : {"/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/", ""}) {
            const auto known = asked.origin + "/" + tenant + path;
            if (equal_words(audience, known)) return true;
        }
    return false;
}

std::optional<Instant> instant_claim(const nlohmann::json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    // Numbers beyond the calendar's would overflow.
    const auto seconds = std::clamp(found->get<double>(), 0.0, 1e11);
    return Instant{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
}

std::optional<Refusal> time_problem(const Authority& authority, const nlohmann::json& claims) {
    const auto now = authority.clock.now();
    const auto begin = instant_claim(claims, "nbf");
    const auto end = instant_claim(claims, "exp");
    const bool is_in_time = end && *end + skew > now && (!begin || *begin - skew <= now);
    if (is_in_time) return std::nullopt;
    return Refusal{failure::assertion_time,
                   fmt::format("Current time: {}, assertion valid from {}, expiry time of assertion {}.",
                               format_instant(now), begin ? format_instant(*begin) : "ever",
                               end ? format_instant(*end) : "missing")};
}

}  // namespace

std::optional<Refusal> assertion_problem(Authority& authority, const Asked& asked,
                                         const std::string& assertion) {
    const auto jwt = read_jwt(assertion);
    if (!jwt) return Refusal{failure::assertion_malformed};
    if (auto problem = signature_problem(authority, *jwt)) return problem;
    const auto& client = authority.registration.client_id;
    if (!equal_words(text_claim(*jwt->claims, "iss"), client) ||
        !equal_words(text_claim(*jwt->claims, "sub"), client))
        return Refusal{failure::assertion_issuer};
    if (!is_audience(authority, asked, text_claim(*jwt->claims, "aud")))
        return Refusal{failure::assertion_audience};
    return time_problem(authority, *jwt->claims);
}

}  // namespace koppla::sandbox::entra
