#include "sandbox/entra/registration.h"

#include "http/certificate.h"
#include "sandbox/base64.h"
#include "sandbox/web/certificate.h"
#include "sandbox/web/json.h"
#include "sandbox/web/random_text.h"
#include "sandbox/web/signature.h"

#include <array>
#include <cstdint>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::entra {
namespace {

struct Kept {
    const char* name;
    std::string Registration::*value;
};
constexpr std::array kept{Kept{"tenant", &Registration::tenant},
                          Kept{"domain", &Registration::domain},
                          Kept{"client_id", &Registration::client_id},
                          Kept{"client_secret", &Registration::client_secret},
                          Kept{"certificate", &Registration::certificate_pem},
                          Kept{"key_id", &Registration::key_id},
                          Kept{"app_object_id", &Registration::app_object_id},
                          Kept{"username", &Registration::username},
                          Kept{"password", &Registration::password},
                          Kept{"user_object_id", &Registration::user_object_id},
                          Kept{"signing_key", &Registration::signing_key_pem}};

std::string hexadecimal(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) text += fmt::format("{:02X}", static_cast<unsigned char>(c));
    return text;
}

}  // namespace

std::string new_guid() {
    static thread_local std::mt19937_64 random{std::random_device{}()};
    const auto high = (random() & 0xFFFF'FFFF'FFFF'0FFFULL) | 0x4000ULL;
    const auto low = (random() & 0x3FFF'FFFF'FFFF'FFFFULL) | 0x8000'0000'0000'0000ULL;
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU,
                       high & 0xFFFFU, low >> 48U, low & 0xFFFF'FFFF'FFFFULL);
}

Result<NewRegistration> make_registration() {
    auto key = TRY(http::make_signing_key());
    const auto signing_key = TRY(http::make_signing_key());
    const auto certificate =
        TRY(http::make_signing_certificate({.common_name = "koppla-sandbox app", .names = {}}, key));
    const std::string domain = "koppla.example";
    Registration registration{.tenant = new_guid(),
                              .domain = domain,
                              .client_id = new_guid(),
                              // Real ones have these marks, and have to be escaped in forms.
                              .client_secret = random_text(3) + "8Q~+/=" + random_text(31),
                              .certificate_pem = certificate,
                              .key_id = new_guid(),
                              .app_object_id = new_guid(),
                              .username = "sandbox@" + domain,
                              .password = random_text(16),
                              .user_object_id = new_guid(),
                              .signing_key_pem = signing_key.reveal()};
    return NewRegistration{.registration = std::move(registration), .private_key = std::move(key)};
}

std::string kept_text(const Registration& registration) {
    Json text;
    for (const auto& one : kept) text[one.name] = registration.*one.value;
    return dump(text);
}

Result<Registration> read_kept(std::string_view text) {
    const auto json = TRY(parse_json(text));
    Registration registration;
    for (const auto& one : kept) {
        const auto found = json.find(one.name);
        if (found == json.end() || !found->is_string())
            return error(ErrorKind::corrupt, fmt::format("The app registration has no '{}'", one.name));
        registration.*one.value = found->get<std::string>();
    }
    return registration;
}

Result<Thumbprints> thumbprints(std::string_view certificate_pem) {
    const auto bytes = TRY(certificate_bytes(certificate_pem));
    const auto short_hash = sha1(bytes);
    return Thumbprints{.hex = hexadecimal(short_hash),
                       .x5t = base64url_encode(short_hash),
                       .x5t_s256 = base64url_encode(sha256(bytes))};
}

}  // namespace koppla::sandbox::entra
