#pragma once

#include "model/filter/filter.h"

#include <optional>
#include <string_view>

namespace koppla::model {

/// What an unquoted word means as a value: a number, true or false, a date, an instant, "today-7d", "now+2h".
/// Nothing where it is none.
std::optional<FilterValue> unquoted_value(std::string_view word);

/// Letters, digits and '_', with dots between the names of a path.
bool is_field_name(std::string_view text);

}  // namespace koppla::model
