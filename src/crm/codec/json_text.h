#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace koppla {

/// Undoes JSON's escapes where the text lies and answers its new size, or nothing where one is wrong. What
/// is half a surrogate pair becomes U+FFFD. [RFC 8259, 7]
std::optional<std::size_t> unescape_json(char* text, std::size_t size);

/// A token as simdjson cuts it, without the blanks behind it.
std::string_view without_trailing_blanks(std::string_view token);

}  // namespace koppla
