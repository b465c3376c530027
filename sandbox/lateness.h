#pragma once

#include "base/guarded.h"
#include "sandbox/content/chance.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace koppla::sandbox {

/// Late-visible rows: a write is stamped when it is made and applied after a random delay up to `max_delay`.
struct LateWrites {
    std::chrono::milliseconds max_delay{0};  ///< 0: at once
    std::uint64_t seed = 1;
};

/// Draws how late each change becomes visible: it depends on the seed and on how many were drawn before it.
/// Thread-safe.
class Lateness {
  public:
    void set(const LateWrites& late) {
        state_.with([&](State& state) { state = {.options = late, .drawn = 0}; });
    }
    std::int64_t draw_ms() {
        return state_.with([](State& state) -> std::int64_t {
            const auto bound =
                static_cast<std::uint64_t>(std::max<std::int64_t>(state.options.max_delay.count(), 0));
            if (bound == 0) return 0;
            return static_cast<std::int64_t>(mixed(state.options.seed ^ mixed(++state.drawn)) % (bound + 1));
        });
    }

  private:
    struct State {
        LateWrites options{};
        std::uint64_t drawn = 0;
    };
    Guarded<State> state_{};
};

}  // namespace koppla::sandbox
