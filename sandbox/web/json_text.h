#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace koppla::sandbox {

// JSON that is printed as it comes, without a tree.

/// "text", escaped.
void append_json_text(std::string& out, std::string_view text);
void append_integer(std::string& out, std::int64_t number);

}  // namespace koppla::sandbox
