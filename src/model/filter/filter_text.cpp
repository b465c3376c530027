#include "base/ascii.h"
#include "model/filter/filter.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace koppla::model {

namespace {

constexpr std::array<std::string_view, 12> operator_names = {
    "is", "is not", "<",        "<=",          ">",        ">=",
    "in", "not in", "contains", "starts with", "is empty", "is not empty"};

std::string in_quotes(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        if (c == '\n') {
            result += "\\n";
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string to_text(const RelativeMoment& moment) {
    constexpr std::array<std::string_view, 6> units = {"min", "h", "d", "w", "m", "y"};
    std::string result = moment.base == RelativeMoment::Base::now ? "now" : "today";
    if (moment.amount == 0) return result;
    return fmt::format("{}{:+}{}", result, moment.amount, units.at(static_cast<std::size_t>(moment.unit)));
}

std::string to_text(const FilterValue& value) {
    if (value.kind == FilterValue::Kind::relative) return to_text(value.relative);
    return value.kind == FilterValue::Kind::text ? in_quotes(value.text) : value.text;
}

std::string comparison_text(const Filter& filter) {
    const bool is_word = equal_without_case(filter.field, "not");
    std::string result =
        fmt::format("{} {}", is_word ? fmt::format("`{}`", filter.field) : filter.field, name(filter.op));
    if (filter.op == Operator::in || filter.op == Operator::not_in) {
        std::string list;
        for (const FilterValue& value : filter.values) list += (list.empty() ? "" : ", ") + to_text(value);
        return fmt::format("{} ({})", result, list);
    }
    return filter.values.empty() ? result : fmt::format("{} {}", result, to_text(filter.values.front()));
}

}  // namespace

std::string_view name(Operator op) {
    return operator_names.at(static_cast<std::size_t>(op));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser allows
std::string to_text(const Filter& filter) {
    switch (filter.form) {
        case Filter::Form::comparison:
            return comparison_text(filter);
        case Filter::Form::negation:
            return fmt::format("not ({})", to_text(filter.parts.front()));
        case Filter::Form::all:
        case Filter::Form::any:
            break;
    }
    std::string result;
    for (const Filter& part : filter.parts) {
        const bool is_group = part.form == Filter::Form::all || part.form == Filter::Form::any;
        if (!result.empty()) result += filter.form == Filter::Form::all ? " and " : " or ";
        result += is_group ? fmt::format("({})", to_text(part)) : to_text(part);
    }
    return result;
}

Instant RelativeMoment::at(Instant now) const {
    namespace chrono = std::chrono;
    const auto midnight = chrono::floor<chrono::days>(now);
    const auto from = base == Base::now ? now : Instant{midnight};
    switch (unit) {
        case Unit::minutes:
            return from + chrono::minutes{amount};
        case Unit::hours:
            return from + chrono::hours{amount};
        case Unit::days:
            return from + chrono::days{amount};
        case Unit::weeks:
            return from + chrono::weeks{amount};
        case Unit::months:
        case Unit::years:
            break;
    }
    auto day = chrono::year_month_day{midnight} + chrono::months{unit == Unit::years ? amount * 12 : amount};
    if (!day.ok()) day = day.year() / day.month() / chrono::last;
    return Instant{chrono::sys_days{day}} + (from - Instant{midnight});
}

}  // namespace koppla::model
