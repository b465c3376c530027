#pragma once

#include "db/value.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace koppla::sandbox {

/// A cell as it lies in an org's state; how a type's values are brought into one of these forms is said
/// beside the type. monostate is null.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

/// Values by canonical field name.
using Values = std::map<std::string, Value>;

/// Viewed, not copied.
db::Parameter parameter(const Value& value);

/// Characters, not bytes.
std::size_t character_count(std::string_view utf8);
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace koppla::sandbox
