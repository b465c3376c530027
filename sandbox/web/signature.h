#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace koppla::sandbox {

/// RSA over SHA-256, padded by PKCS #1 v1.5 or as PSS with a salt of 32 bytes. [RFC 7518, 3.3 and 3.5]
enum class Scheme { rs256, ps256 };

/// Whether a signature is that over the text, by the key of a certificate or public key (PEM). `invalid` for
/// anything else, a key that isn't RSA among it.
Result<void> verify(Scheme scheme, std::string_view key_pem, std::string_view text,
                    std::string_view signature);

std::string sha1(std::string_view bytes);
std::string sha256(std::string_view bytes);

/// Modulus and exponent of a certificate's or public key's RSA key, big-endian.
struct PublicNumbers {
    std::string modulus;
    std::string exponent;
};
Result<PublicNumbers> public_numbers(std::string_view key_pem);

/// The public half, PEM.
Result<std::string> public_key_of(std::string_view private_key_pem);
Result<std::string> sign(Scheme scheme, std::string_view private_key_pem, std::string_view text);

}  // namespace koppla::sandbox
