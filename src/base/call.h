#pragma once

#include "base/result.h"

#include <algorithm>
#include <chrono>
#include <stop_token>

namespace koppla {

/// Until when, and whether still, the caller is willing to wait. Every blocking function takes one.
struct Call {
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::stop_token stop{};

    [[nodiscard]] bool is_over() const {
        return stop.stop_requested() || (deadline != std::chrono::steady_clock::time_point::max() &&
                                         std::chrono::steady_clock::now() >= deadline);
    }

    /// The error for a call that is over; `what` names the work that was given up.
    [[nodiscard]] Error cancelled(std::string_view what) const {
        return error(ErrorKind::cancelled,
                     std::string{what} + (stop.stop_requested() ? ": stopped on request" : ": out of time"));
    }

    /// The same call, but ending no later than `span` from now.
    [[nodiscard]] Call within(std::chrono::milliseconds span) const {
        auto until = std::chrono::steady_clock::now() + span;
        return Call{.deadline = std::min(deadline, until), .stop = stop};
    }
};

}  // namespace koppla
