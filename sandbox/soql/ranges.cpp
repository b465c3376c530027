#include "sandbox/soql/ranges.h"

#include <algorithm>
#include <string_view>

namespace koppla::sandbox::soql {

namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;

enum class Unit { day, week, month, quarter, year };

Unit unit_of(std::string_view name) {
    for (const auto& [word, unit] : {std::pair{"WEEK", Unit::week},
                                     {"MONTH", Unit::month},
                                     {"QUARTER", Unit::quarter},
                                     {"YEAR", Unit::year}}) {
        if (name.find(word) != std::string_view::npos) return unit;
    }
    return Unit::day;
}

/// The first day of the unit that is `steps` units after the one `day` lies in.
sys_days start_of(Unit unit, sys_days day, int steps) {
    if (unit == Unit::day) return day + days{steps};
    if (unit == Unit::week) {
        const std::chrono::weekday weekday{day};
        return day - days{weekday.c_encoding()} + days{7 * steps};
    }
    const year_month_day date{day};
    const unsigned month = static_cast<unsigned>(date.month());
    const unsigned span = unit == Unit::month ? 1 : unit == Unit::quarter ? 3 : 12;
    const std::chrono::year_month first = date.year() / std::chrono::month{month - (month - 1) % span};
    // The calendar's years end; a literal beyond them selects what it reaches.
    const int bounded = std::clamp(steps, -24'000 / static_cast<int>(span), 24'000 / static_cast<int>(span));
    return sys_days{(first + months{bounded * static_cast<int>(span)}) / std::chrono::day{1}};
}

}  // namespace

DayRange range_of(const Literal& literal, sys_days today) {
    const std::string_view name = literal.text;
    const Unit unit = unit_of(name);
    const int n = static_cast<int>(literal.n);
    if (name == "TODAY") return {today, today + days{1}};
    if (name == "YESTERDAY") return {today - days{1}, today};
    if (name == "TOMORROW") return {today + days{1}, today + days{2}};
    if (name == "LAST_90_DAYS") return {today - days{90}, today + days{1}};
    if (name == "NEXT_90_DAYS") return {today + days{1}, today + days{91}};
    if (name.ends_with("_AGO")) return {start_of(unit, today, -n), start_of(unit, today, 1 - n)};
    if (name.starts_with("LAST_N_")) {
        // Days count up to now; the longer units end before the present one.
        return {start_of(unit, today, -n), start_of(unit, today, unit == Unit::day ? 1 : 0)};
    }
    if (name.starts_with("NEXT_N_")) return {start_of(unit, today, 1), start_of(unit, today, n + 1)};
    const int step = name.starts_with("LAST_") ? -1 : name.starts_with("NEXT_") ? 1 : 0;
    return {start_of(unit, today, step), start_of(unit, today, step + 1)};
}

}  // namespace koppla::sandbox::soql
