#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::model {

/// Whether text is ASCII without NUL: then it is valid UTF-8 that any store takes. Eight bytes at a time.
bool is_plain_ascii(std::string_view text);

/// Where text stops being UTF-8: the index of the first byte of what is wrong; nothing where it is valid.
/// Overlong forms, surrogates and code points beyond U+10FFFF are wrong. [RFC 3629]
std::optional<std::size_t> utf8_fault(std::string_view text);

/// The text with U+FFFD for every byte that isn't UTF-8, and for NUL.
std::string valid_utf8(std::string_view text);

}  // namespace koppla::model
