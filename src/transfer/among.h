#pragma once

#include "model/filter/filter.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// Conditions that together select the records whose field has one of the values, each of them short enough
/// for one address.
std::vector<model::Filter> among(std::string_view field, std::span<const std::string> values);

}  // namespace koppla
