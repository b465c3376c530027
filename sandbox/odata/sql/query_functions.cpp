#include "base/ascii.h"
#include "sandbox/odata/failure.h"
#include "sandbox/odata/sql/filter.h"
#include "sandbox/odata/sql/literals.h"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

using dynamics::Storage;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;

Error invalid(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "0x80040203");
}

struct Asked {
    const Column& column;
    const QueryFunction& function;
    const Viewer& viewer;
    Binder& binder;
};

/// A column between two instants, the first one of it and the second one not.
struct Span {
    Instant from;
    Instant until;
};

Result<std::string> within(const Asked& asked, const Span& span) {
    const auto& attribute = *asked.column.attribute;
    if (attribute.storage() != Storage::instant && attribute.storage() != Storage::date)
        return invalid(fmt::format("The function '{}' is not valid for the column '{}', which is no date.",
                                   asked.function.name, attribute.name));
    const auto from = TRY(bound_text(attribute, format_instant(span.from)));
    const auto until = TRY(bound_text(attribute, format_instant(span.until)));
    const auto first = from.fit == Bound::Fit::above ? ">" : ">=";
    const auto last = until.fit == Bound::Fit::above ? "<=" : "<";
    return fmt::format("({0} {1} {2} AND {0} {3} {4})", asked.column.sql, first,
                       asked.binder.bind(from.value), last, asked.binder.bind(until.value));
}

/// The beginning of a unit of the calendar that an instant lies in, and of another one so many units on.
enum class Unit { hour, day, week, month, year };

Instant begin_of(Unit unit, Instant instant) {
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    switch (unit) {
        case Unit::hour:
            return floor<std::chrono::hours>(instant);
        case Unit::week:  // begins on Sunday
            return day - (std::chrono::weekday{day} - std::chrono::Sunday);
        case Unit::month:
            return sys_days{date.year() / date.month() / 1};
        case Unit::year:
            return sys_days{date.year() / 1 / 1};
        default:
            return day;
    }
}

Instant moved(Instant instant, Unit unit, int count) {
    switch (unit) {
        case Unit::hour:
            return instant + std::chrono::hours{count};
        case Unit::day:
            return instant + days{count};
        case Unit::week:
            return instant + days{7LL * count};
        default:
            break;
    }
    const auto day = floor<days>(instant);
    const auto date = year_month_day{day} + months{unit == Unit::year ? 12 * count : count};
    const auto real = date.ok() ? date : date.year() / date.month() / std::chrono::last;
    return sys_days{real} + (instant - day);
}

Result<int> count_of(const Asked& asked) {
    int count = 0;
    const auto text = asked.function.values.empty() ? std::string{} : asked.function.values[0];
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (read.ec != std::errc{} || count < 1 || count > 10'000)
        return invalid(fmt::format("'{}' is no PropertyValue for '{}'.", text, asked.function.name));
    return count;
}

constexpr std::array units{
    std::pair{std::string_view{"Hours"}, Unit::hour}, std::pair{std::string_view{"Days"}, Unit::day},
    std::pair{std::string_view{"Weeks"}, Unit::week}, std::pair{std::string_view{"Months"}, Unit::month},
    std::pair{std::string_view{"Years"}, Unit::year}};
constexpr std::array calendar{std::pair{std::string_view{"Week"}, Unit::week},
                              std::pair{std::string_view{"Month"}, Unit::month},
                              std::pair{std::string_view{"Year"}, Unit::year}};

constexpr Instant beginning{std::chrono::milliseconds{-6'847'804'800'000LL}};  ///< 1753

/// LastXDays, NextXWeeks, OlderThanXMonths; nothing for another name.
std::optional<Result<std::string>> counted(const Asked& asked) {
    for (const std::string_view kind : {"LastX", "NextX", "OlderThanX"}) {
        const std::string_view name = asked.function.name;
        if (!name.starts_with(kind)) continue;
        for (const auto& [word, unit] : units) {
            if (name.substr(kind.size()) != word) continue;
            const auto count = count_of(asked);
            if (!count) return Result<std::string>{count.error()};
            const auto now = asked.viewer.now;
            const auto begin = unit == Unit::hour ? begin_of(Unit::hour, now) : begin_of(Unit::day, now);
            if (kind == "LastX") return within(asked, {moved(begin, unit, -*count), now});
            if (kind == "NextX") return within(asked, {now, moved(begin, unit, *count + 1)});
            return within(asked, {beginning, moved(now, unit, -*count)});
        }
    }
    return std::nullopt;
}

/// ThisMonth, LastYear, NextWeek, Today and their like; nothing for another name.
std::optional<Result<std::string>> named_span(const Asked& asked) {
    const std::string_view name = asked.function.name;
    const auto now = asked.viewer.now;
    const auto today = begin_of(Unit::day, now);
    if (name == "Today") return within(asked, {today, today + days{1}});
    if (name == "Yesterday") return within(asked, {today - days{1}, today});
    if (name == "Tomorrow") return within(asked, {today + days{1}, today + days{2}});
    if (name == "Last7Days") return within(asked, {today - days{7}, now});
    if (name == "Next7Days") return within(asked, {now, today + days{8}});
    constexpr std::array whens{std::pair{std::string_view{"Last"}, -1},
                               std::pair{std::string_view{"This"}, 0},
                               std::pair{std::string_view{"Next"}, 1}};
    for (const auto& [when, steps] : whens)
        for (const auto& [word, unit] : calendar)
            if (name.starts_with(when) && name.substr(when.size()) == word) {
                const auto begin = moved(begin_of(unit, now), unit, steps);
                return within(asked, {begin, moved(begin, unit, 1)});
            }
    return std::nullopt;
}

/// On, OnOrAfter, OnOrBefore: by days.
Result<std::string> on_day(const Asked& asked) {
    const auto text = asked.function.values.empty() ? std::string{} : asked.function.values[0];
    const auto instant = parse_instant(text.size() == 10 ? text + "T00:00:00Z" : text);
    if (!instant) return invalid(fmt::format("'{}' is no date.", text));
    const auto day = begin_of(Unit::day, *instant);
    constexpr Instant end{std::chrono::milliseconds{253'402'300'799'000LL}};
    if (asked.function.name == "OnOrAfter") return within(asked, {day, end});
    return within(asked, {asked.function.name == "On" ? day : beginning, day + days{1}});
}

Result<std::string> in(const Asked& asked) {
    return in_sql(asked.column, asked.function.values, asked.binder);
}

Result<std::string> between(const Asked& asked) {
    const auto& values = asked.function.values;
    if (values.size() != 2) return invalid("Between takes two PropertyValues.");
    const auto& attribute = *asked.column.attribute;
    const auto low = TRY(bound_text(attribute, values[0]));
    const auto high = TRY(bound_text(attribute, values[1]));
    const std::string_view collation = attribute.storage() == Storage::text ? " COLLATE NOCASE" : "";
    return fmt::format("({0} {1} {2}{3} AND {0} <= {4}{3})", asked.column.sql,
                       low.fit == Bound::Fit::above ? ">" : ">=", asked.binder.bind(low.value), collation,
                       asked.binder.bind(high.value));
}

Result<std::string> contain_values(const Asked& asked) {
    if (asked.column.attribute->type != dynamics::AttributeType::multi_select)
        return invalid(
            fmt::format("The column '{}' is no multi-select choice.", asked.column.attribute->name));
    std::string text;
    for (const auto& value : asked.function.values)
        text += fmt::format("{}instr(',' || {} || ',', {}) > 0", text.empty() ? "(" : " OR ",
                            asked.column.sql, asked.binder.bind("," + value + ","));
    return text.empty() ? std::string{"0"} : text + ")";
}

Result<std::string> like(const Asked& asked) {
    if (asked.column.attribute->storage() != Storage::text || asked.function.values.empty())
        return invalid(
            fmt::format("The function '{}' takes a text column and a PropertyValue.", asked.function.name));
    auto pattern = asked.function.values[0];
    if (asked.function.name.ends_with("BeginWith") || asked.function.name == "BeginsWith") pattern += "%";
    if (asked.function.name.ends_with("EndWith") || asked.function.name == "EndsWith")
        pattern = "%" + pattern;
    if (asked.function.name.ends_with("Contain") || asked.function.name == "Contains")
        pattern = "%" + pattern + "%";
    return like_sql(asked.column.sql, pattern, asked.binder);
}

Result<std::string> is_user(const Asked& asked) {
    return asked.column.sql + " = " + asked.binder.bind(asked.viewer.user_id);
}

Result<std::string> is_business_unit(const Asked& asked) {
    return asked.column.sql + " = " + asked.binder.bind(asked.viewer.business_unit_id);
}

enum class Sense { plain, negated };

struct Known {
    std::string_view name;
    Result<std::string> (*sql)(const Asked&);
    Sense sense = Sense::plain;
};
constexpr std::array known{Known{"In", in},
                           Known{"NotIn", in, Sense::negated},
                           Known{"Between", between},
                           Known{"NotBetween", between, Sense::negated},
                           Known{"ContainValues", contain_values},
                           Known{"DoesNotContainValues", contain_values, Sense::negated},
                           Known{"On", on_day},
                           Known{"OnOrAfter", on_day},
                           Known{"OnOrBefore", on_day},
                           Known{"Like", like},
                           Known{"NotLike", like, Sense::negated},
                           Known{"BeginsWith", like},
                           Known{"DoesNotBeginWith", like, Sense::negated},
                           Known{"EndsWith", like},
                           Known{"DoesNotEndWith", like, Sense::negated},
                           Known{"Contains", like},
                           Known{"DoesNotContain", like, Sense::negated},
                           Known{"EqualUserId", is_user},
                           Known{"NotEqualUserId", is_user, Sense::negated},
                           Known{"EqualBusinessId", is_business_unit},
                           Known{"NotEqualBusinessId", is_business_unit, Sense::negated}};

}  // namespace

Result<std::string> query_function_sql(const Column& column, const QueryFunction& function,
                                       const Viewer& viewer, Binder& binder) {
    const Asked asked{.column = column, .function = function, .viewer = viewer, .binder = binder};
    for (const auto& one : known) {
        if (one.name != function.name) continue;
        auto sql = TRY(one.sql(asked));
        return one.sense == Sense::plain ? sql : fmt::format("NOT coalesce({}, 0)", sql);
    }
    if (auto sql = counted(asked)) return std::move(*sql);
    if (auto sql = named_span(asked)) return std::move(*sql);
    return bad_query(
        fmt::format("An unknown function with name 'Microsoft.Dynamics.CRM.{}' was found. This may also be a "
                    "function import "
                    "or a key lookup on a navigation property, which is not allowed.",
                    function.name));
}

}  // namespace koppla::sandbox::odata
