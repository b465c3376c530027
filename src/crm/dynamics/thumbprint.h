#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace koppla::dynamics {

/// A certificate's thumbprints, bytes; one that isn't known is empty.
struct Thumbprints {
    std::string sha1, sha256;
};

/// What a person calls a thumbprint or custom key identifier: SHA-1 or SHA-256, in hex with or without colons
/// and blanks, or in base64. `invalid` says what is expected.
Result<Thumbprints> parse_thumbprint(std::string_view text);

}  // namespace koppla::dynamics
