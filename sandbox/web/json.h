#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// What answers are put together from: members stay in the order they were given.
using Json = nlohmann::ordered_json;

/// Valid UTF-8, whatever came.
std::string dump(const Json& value);

/// JSON from outside: nesting is bounded. `invalid`, saying why.
Result<nlohmann::json> parse_json(std::string_view text);

}  // namespace koppla::sandbox
