#pragma once

#include "base/result.h"
#include "sandbox/dynamics/org/table.h"
#include "sandbox/odata/syntax/ast.h"
#include "sandbox/value.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace koppla::sandbox::odata {

/// A literal in the form that a column's values lie in. What is finer than the column can hold, like a third
/// decimal or a millisecond, lies just above `value`.
struct Bound {
    Value value;
    enum class Fit : std::uint8_t { exact, above } fit = Fit::exact;
};

/// `invalid`, in the service's words, for a literal of another type than the column's.
Result<Bound> bound(const dynamics::Attribute& attribute, const Literal& literal, std::string_view operation);
/// A value of a query function, which is text whatever the column's type.
Result<Bound> bound_text(const dynamics::Attribute& attribute, const std::string& text);

}  // namespace koppla::sandbox::odata
