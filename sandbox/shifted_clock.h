#pragma once

#include "base/clock.h"

#include <atomic>

namespace koppla::sandbox {

/// Another clock, whose calendar can be set off; waits and durations stay as they are. Thread-safe.
class ShiftedClock final : public Clock {
  public:
    explicit ShiftedClock(const Clock& clock) : clock_{clock} {}

    [[nodiscard]] Instant now() const override {
        return clock_.now() + std::chrono::milliseconds{offset_ms_.load()};
    }
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return clock_.steady(); }
    Result<void> wait(std::chrono::milliseconds span, const Call& call) const override {
        return clock_.wait(span, call);
    }
    /// Ahead of the other clock by so much; negative: behind it.
    void shift(std::chrono::milliseconds offset) { offset_ms_ = offset.count(); }

  private:
    const Clock& clock_;
    std::atomic<std::int64_t> offset_ms_ = 0;
};

}  // namespace koppla::sandbox
