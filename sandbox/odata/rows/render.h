#pragma once

#include "db/database.h"
#include "sandbox/odata/rows/plan.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace koppla::sandbox::odata {

/// Appends the row that a cursor stands on as an object, its ETag first; annotations stand before what they
/// annotate. Allocates only where `out` grows.
void append_row(std::string& out, const Plan& plan, const db::Cursor& row);
/// The same without the braces, for a single row behind its context.
void append_members(std::string& out, const Plan& plan, const db::Cursor& row);

/// An integer of 10^-scale as a number with that many decimals.
void append_scaled(std::string& out, std::int64_t value, int scale);
/// The shortest text that reads as the same number, with a point in it.
void append_real(std::string& out, double value);

}  // namespace koppla::sandbox::odata
