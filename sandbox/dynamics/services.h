#pragma once

#include "sandbox/dynamics/org/org.h"
#include "sandbox/entra/authority.h"
#include "sandbox/surface.h"

namespace koppla::sandbox::dynamics {

/// What the Dynamics handlers work with; one for each running sandbox. Every part is thread-safe.
struct Services : Surface {
    Services(Org& organization, ShiftedClock& time, entra::Registration registration)
        : Surface{time}, org{organization}, authority{std::move(registration), time} {
        data_paths = "/api/data/*";
    }

    Org& org;
    entra::Authority authority;
};

}  // namespace koppla::sandbox::dynamics
