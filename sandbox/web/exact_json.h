#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// JSON from outside whose decimal numbers keep their digits: they come as binary values, which no JSON text
/// has otherwise. Nesting is bounded. `invalid`, saying why.
Result<nlohmann::json> parse_exact(std::string_view text);

/// The digits of a number of such a tree, whole or decimal; nothing for anything else.
std::optional<std::string> digits_of(const nlohmann::json& value);

/// Such a tree as text again, its numbers as they were written.
std::string exact_text(const nlohmann::json& value);

}  // namespace koppla::sandbox
