#include "sandbox/dynamics/org/derive.h"

namespace koppla::sandbox::dynamics {

/// More digits than 64 bits have.
__extension__ using Wide = __int128;

std::string full_name(std::string_view first, std::string_view last) {
    std::string name{first};
    if (!first.empty() && !last.empty()) name += ' ';
    return name.append(last);
}

std::string composite(const AddressParts& parts) {
    std::string text;
    const auto add_line = [&](std::string_view line) {
        if (line.empty()) return;
        if (!text.empty()) text += "\r\n";
        text += line;
    };
    for (const auto& line : parts.lines) add_line(line);
    std::string place = parts.city;
    if (!place.empty() && !parts.state.empty()) place += ", ";
    place += parts.state;
    if (!place.empty() && !parts.postal_code.empty()) place += ' ';
    add_line(place + parts.postal_code);
    add_line(parts.country);
    return text;
}

std::int64_t base_amount(std::int64_t amount, std::int64_t rate) {
    if (rate <= 0) return amount;
    constexpr std::int64_t rate_unit = 10'000'000'000;
    constexpr std::int64_t cent = 100;
    // Cents, half away from zero.
    const Wide divisor = static_cast<Wide>(rate) * cent;
    Wide cents = static_cast<Wide>(amount) * rate_unit;
    cents = (cents + (amount < 0 ? -divisor : divisor) / 2) / divisor;
    return static_cast<std::int64_t>(cents) * cent;
}

}  // namespace koppla::sandbox::dynamics
