#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace koppla::sandbox {

/// The bytes (DER) of a certificate in PEM: what thumbprints are taken of.
Result<std::string> certificate_bytes(std::string_view pem);
/// The reverse of it.
std::string certificate_pem(std::string_view bytes);

/// Until when a certificate (PEM) is good.
Result<Instant> certificate_end(std::string_view pem);

}  // namespace koppla::sandbox
