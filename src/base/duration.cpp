#include "base/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace koppla {

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units = {
        {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    const auto* known = std::ranges::find(units, unit, &std::pair<std::string_view, std::int64_t>::first);
    if (fault != std::errc{} || known == units.end() || number < 0 || number > 1'000'000) {
        return error(ErrorKind::invalid,
                     fmt::format("'{}' is not a length of time; write 30s, 10m, 2h or 0s", text));
    }
    return std::chrono::milliseconds{number * known->second};
}

}  // namespace koppla
