#include "sandbox/org/content/row.h"

#include <array>
#include <charconv>

namespace koppla::sandbox {

void append_digits(std::string& out, std::int64_t number, std::size_t width) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    if (length < width) out.append(width - length, '0');
    out.append(digits.data(), length);
}

/// Days since 1970 to "2026-11-01". [Howard Hinnant, chrono-compatible low-level date algorithms]
void append_date(std::string& out, std::int64_t days) {
    const std::int64_t z = days + 719'468;
    const std::int64_t era = z / 146'097;
    const std::int64_t doe = z - era * 146'097;
    const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
    const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const std::int64_t mp = (5 * doy + 2) / 153;
    const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
    append_digits(out, yoe + era * 400 + (month <= 2 ? 1 : 0), 4);
    out += '-';
    append_digits(out, month, 2);
    out += '-';
    append_digits(out, doy - (153 * mp + 2) / 5 + 1, 2);
}

void append_datetime(std::string& out, std::int64_t seconds) {
    append_date(out, seconds / seconds_a_day);
    const std::int64_t rest = seconds % seconds_a_day;
    out += 'T';
    append_digits(out, rest / 3600, 2);
    out += ':';
    append_digits(out, rest / 60 % 60, 2);
    out += ':';
    append_digits(out, rest % 60, 2);
    out += ".000Z";
}

}  // namespace koppla::sandbox
