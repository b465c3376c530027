#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace koppla {

/// Bytes as text that fits a URL, without padding. [RFC 4648, 5]
std::string base64url(std::string_view bytes);

std::string sha256(std::string_view bytes);

/// So many bytes of the system's randomness, as base64url. `unsupported` where the system has none.
Result<std::string> random_text(std::size_t bytes);

/// `invalid` unless it is an RSA key of 2,048 bits or more, PEM, without a passphrase.
Result<void> check_signing_key(const Secret& key_pem);

/// A JSON Web Token of these claims (JSON), signed RS256. [RFC 7515] `invalid` for a key that can't sign.
Result<Secret> signed_token(std::string_view claims, const Secret& key_pem);

}  // namespace koppla
