#pragma once

#include <cstdint>
#include <string_view>

namespace koppla {

/// The same number for the same text, on every machine and in every version. Not for secrets. [FNV-1a, 64
/// bits]
constexpr std::uint64_t stable_hash(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

}  // namespace koppla
