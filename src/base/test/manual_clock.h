#pragma once

#include "base/clock.h"

#include <functional>
#include <mutex>
#include <vector>

namespace koppla {

/// Time that passes only by waiting and by `advance`: 2026-11-01T10:00:00Z at first, a Sunday. Thread-safe;
/// `waits` may be read when nobody waits.
class ManualClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return start_ + elapsed(); }
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
        return std::chrono::steady_clock::time_point{} + std::chrono::hours{24 * 365} + elapsed();
    }
    Result<void> wait(std::chrono::milliseconds span, const Call& call) const override {
        {
            const std::scoped_lock lock{mutex_};
            elapsed_ += span;
            waits.push_back(span);
        }
        if (on_wait) on_wait();
        if (call.is_over()) return call.cancelled("waiting");
        return {};
    }
    void advance(std::chrono::milliseconds span) {
        const std::scoped_lock lock{mutex_};
        elapsed_ += span;
    }

    mutable std::vector<std::chrono::milliseconds> waits;
    std::function<void()> on_wait;

  private:
    [[nodiscard]] std::chrono::milliseconds elapsed() const {
        const std::scoped_lock lock{mutex_};
        return elapsed_;
    }

    Instant start_ = std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + std::chrono::hours{10};
    mutable std::mutex mutex_;
    mutable std::chrono::milliseconds elapsed_{0};
};

}  // namespace koppla
