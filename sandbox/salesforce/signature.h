#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace koppla::sandbox {

/// Whether a signature is RS256 over the text, by the key of a certificate or public key (PEM). `invalid`
/// for anything else, a key that isn't RSA among it. [RFC 7518, 3.3]
Result<void> verify_rs256(std::string_view key_pem, std::string_view text, std::string_view signature);

std::string sha256(std::string_view bytes);

/// The public half, PEM.
Result<std::string> public_key_of(std::string_view private_key_pem);
/// RS256, as a client of the sandbox would sign.
Result<std::string> sign_rs256(std::string_view private_key_pem, std::string_view text);

}  // namespace koppla::sandbox
