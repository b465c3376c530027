#pragma once

#include "sandbox/faults/faults.h"
#include "sandbox/journal.h"
#include "sandbox/shifted_clock.h"

#include <string>

namespace koppla::sandbox {

/// What every face has, whichever vendor's it is. Every part is thread-safe.
struct Surface {
    explicit Surface(ShiftedClock& time) : clock{time} {}

    ShiftedClock& clock;
    std::string url{};         ///< "https://127.0.0.1:8443", once it listens
    std::string data_paths{};  ///< what faults befall that don't say: "/services/data/*"
    Journal journal{};
    Faults faults{};
};

}  // namespace koppla::sandbox
