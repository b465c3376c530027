#pragma once

#include "base/result.h"
#include "sandbox/dynamics/org/table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox::dynamics {

/// A value as a write sends it (a tree of `parse_exact`), checked and in the form of the state. Errors carry
/// the vendor's code. [Dataverse: wire representation by type; web service error codes]
Result<Value> value_from_json(const Table& table, const Attribute& attribute, const nlohmann::json& json);
/// The same for the literal of a key in an address: "'O''Brien'", "5", a GUID.
Result<Value> value_from_literal(const Table& table, const Attribute& attribute, std::string_view literal);

/// A decimal number in units of 10^-scale, rounded half away from zero; nothing where it isn't one or is too
/// large.
std::optional<std::int64_t> scaled_of(std::string_view digits, int scale);

}  // namespace koppla::sandbox::dynamics
