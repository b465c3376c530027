#pragma once

#include <string>
#include <string_view>

namespace koppla::sandbox {

/// As text or an attribute's value in HTML or XML.
std::string markup_escaped(std::string_view text);

}  // namespace koppla::sandbox
