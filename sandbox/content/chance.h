#pragma once

#include <cstdint>
#include <string_view>

namespace koppla::sandbox {

/// Well-mixed bits of a number. [SplitMix64]
std::uint64_t mixed(std::uint64_t number);
std::uint64_t hash_of(std::string_view text);

/// A source of chance that is the same for the same beginning.
struct Chance {
    std::uint64_t state = 0;

    std::uint64_t next() {
        state += 0x9E3779B97F4A7C15U;
        return mixed(state);
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool one_in(std::uint64_t count) { return below(count) == 0; }
    template <class Words>
    const auto& pick(const Words& from) {
        return from[below(from.size())];
    }
};

}  // namespace koppla::sandbox
