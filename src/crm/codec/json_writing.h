#pragma once

#include <string>
#include <string_view>

namespace koppla {

/// Appends text as a JSON string with its quotes: quotes, backslashes and control characters escaped, all
/// else as it is. The text has to be UTF-8. [RFC 8259, 7]
void append_json_text(std::string& to, std::string_view text);

/// Whether text is a number as JSON writes it: "-12.5", not "+1", "01", ".5" or "NaN". [RFC 8259, 6]
bool is_json_number(std::string_view text);

}  // namespace koppla
