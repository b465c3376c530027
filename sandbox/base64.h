#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// Base 64, without padding. [RFC 4648, 4]
std::string base64_encode(std::string_view bytes);
/// With or without padding; nothing for text that isn't base 64.
std::optional<std::string> base64_decode(std::string_view text);

/// The alphabet that fits URLs. [RFC 4648, 5]
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace koppla::sandbox
