#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace koppla::db {

using Bytes = std::span<const std::byte>;

/// A value bound to $1, $2 …: viewed, not owned, for the length of the call. monostate is NULL.
using Parameter = std::variant<std::monostate, std::int64_t, double, std::string_view, Bytes>;

}  // namespace koppla::db
