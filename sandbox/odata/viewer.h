#pragma once

#include "base/clock.h"

#include <string>

namespace koppla::sandbox::odata {

/// Who asks, and when: query functions speak of both.
struct Viewer {
    Instant now{};
    std::string user_id{};
    std::string business_unit_id{};
};

}  // namespace koppla::sandbox::odata
