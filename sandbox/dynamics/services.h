#pragma once

#include "sandbox/dynamics/duplicates.h"
#include "sandbox/dynamics/org/org.h"
#include "sandbox/dynamics/protection.h"
#include "sandbox/entra/authority.h"
#include "sandbox/surface.h"

#include <atomic>
#include <cstdint>
#include <utility>

namespace koppla::sandbox::dynamics {

/// What the Dynamics handlers work with; one for each running sandbox. Every part is thread-safe.
struct Services : Surface {
    Services(Org& organization, ShiftedClock& time, entra::Registration registration)
        : Surface{time}, org{organization}, authority{std::move(registration), time} {
        data_paths = "/api/data/*";
    }

    Org& org;
    entra::Authority authority;
    Protection protection{clock};
    std::atomic<std::int64_t> page_rows_max = 5'000;
    Duplicates duplicates{};
};

}  // namespace koppla::sandbox::dynamics
