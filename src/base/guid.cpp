#include "base/guid.h"

#include <array>
#include <cstdint>
#include <random>

#include <fmt/format.h>

namespace koppla {

std::string new_guid(Instant now) {
    static thread_local std::random_device device;
    const auto random = [](unsigned bits) {
        const std::uint64_t drawn = (std::uint64_t{device()} << 32U) | device();
        return drawn >> (64U - bits);
    };
    const auto time = static_cast<std::uint64_t>(now.time_since_epoch().count()) & 0xFFFF'FFFF'FFFFU;
    return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", time >> 16U, time & 0xFFFFU, random(12),
                       0x8000U | random(14), random(48));
}

}  // namespace koppla
