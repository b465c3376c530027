#pragma once

#include <cstdint>
#include <random>

namespace koppla::simulation {

/// Draws that are the same on every machine, unlike those of the standard distributions.
class Chance {
  public:
    explicit Chance(std::uint64_t seed) : engine_{seed} {}

    /// From 0 to `bound` - 1.
    std::int64_t below(std::int64_t bound) {
        return bound <= 1 ? 0 : static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(bound));
    }
    std::int64_t between(std::int64_t first, std::int64_t last) { return first + below(last - first + 1); }
    bool strikes(double probability) {
        return static_cast<double>(engine_() >> 11U) * 0x1.0p-53 < probability;
    }
    std::uint64_t seed() { return engine_(); }

  private:
    std::mt19937_64 engine_;
};

}  // namespace koppla::simulation
