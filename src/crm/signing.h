#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace koppla {

/// Bytes as text that fits a URL, without padding. [RFC 4648, 5]
std::string base64url(std::string_view bytes);
/// The same in the common alphabet, padded. [RFC 4648, 4]
std::string base64(std::string_view bytes);
/// The bytes of base64 in either alphabet, padded or not, blanks and line ends ignored; nothing for what is
/// none. [RFC 4648, 4 and 5]
std::optional<std::string> from_base64(std::string_view text);

std::string sha256(std::string_view bytes);

/// So many bytes of the system's randomness, as base64url. `unsupported` where the system has none.
Result<std::string> random_text(std::size_t bytes);

/// The key in PEM; given so, or as base64 of PEM or of DER (PKCS #8 or #1). `invalid` unless it is an RSA key
/// of 2,048 bits or more, without a passphrase.
Result<Secret> signing_key_in_pem(const Secret& key);
/// `invalid` unless it is such a key in PEM.
Result<void> check_signing_key(const Secret& key_pem);

/// RSASSA-PKCS1-v1_5 or RSASSA-PSS with a salt of 32 bytes, both with SHA-256. [RFC 7518, 3.3 and 3.5]
enum class Signature { rs256, ps256 };

/// A JSON Web Token of these claims (JSON), signed RS256. [RFC 7515] `invalid` for a key that can't sign.
Result<Secret> signed_token(std::string_view claims, const Secret& key_pem);
/// The same with a header (JSON) of one's own, which has to name the signature.
Result<Secret> signed_token(std::string_view header, std::string_view claims, Signature signature,
                            const Secret& key_pem);

}  // namespace koppla
