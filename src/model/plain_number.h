#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::model {

/// One text for one value: digits, no exponent, no plus, no zeros that say nothing before or behind, no "-0".
/// "1.50" is "1.5", "1.6147805824397E13" is "16147805824397". Nothing is ever rounded. Nothing where the
/// text is no number, or one of more than 400 digits.
std::optional<std::string> plain_number(std::string_view text);

/// How much of a text is its plain form, where that is its beginning: "12.00" has 2, "12" and "-1.5" all; 0
/// where the number has to be rewritten, or is none.
std::size_t plain_number_size(std::string_view text);

/// Whether a plain number is whole and within 64 bits, signed.
bool is_integer(std::string_view plain);

}  // namespace koppla::model
