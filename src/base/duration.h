#pragma once

#include "base/result.h"

#include <chrono>
#include <string_view>

namespace koppla {

/// "500ms", "30s", "10m", "2h", "1d"; anything else is `invalid`.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace koppla
