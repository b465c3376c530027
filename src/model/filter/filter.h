#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::model {

enum class Operator : std::uint8_t {
    is,
    is_not,  ///< fields without a value too
    less,
    at_most,
    greater,
    at_least,
    in,
    not_in,
    contains,  ///< part of a text, one of several codes
    starts_with,
    is_empty,
    is_not_empty,
};
std::string_view name(Operator op);

/// "today-7d": a moment that is reckoned when the filter is used. Days begin at midnight UTC; a month before
/// the 31st of March is the last of February.
struct RelativeMoment {
    enum class Base : std::uint8_t { now, today };
    enum class Unit : std::uint8_t { minutes, hours, days, weeks, months, years };
    Base base = Base::today;
    int amount = 0;
    Unit unit = Unit::days;
    bool operator==(const RelativeMoment&) const = default;

    [[nodiscard]] Instant at(Instant now) const;
};

/// A value as it was written; what it means is up to the field that it is compared with.
struct FilterValue {
    enum class Kind : std::uint8_t { text, number, boolean, date, instant, relative };
    Kind kind = Kind::text;
    std::string text;  ///< canonical: plain decimals, "true", "2026-11-01", instants in UTC; not of relative
    RelativeMoment relative{};
    /// The moment that it names, a date by its first in UTC; nothing where it names none.
    [[nodiscard]] std::optional<Instant> instant(Instant now) const;
    bool operator==(const FilterValue&) const = default;
};

/// A condition over the fields of an object: a comparison, or conditions joined. At most `depth_max` deep.
struct Filter {
    enum class Form : std::uint8_t { all, any, negation, comparison };
    static constexpr int depth_max = 50;

    Form form = Form::all;
    std::vector<Filter> parts;  ///< of all and any; one of a negation

    std::string field;
    Operator op = Operator::is;
    std::vector<FilterValue> values;  ///< one; several of in and not_in; none of is_empty and is_not_empty
    bool operator==(const Filter&) const = default;
};

/// Reads the filter language, or its JSON form where the text begins with '{'. `invalid` with the column,
/// what was met there and what is expected. docs/guide/filters.md has the language.
Result<Filter> parse_filter(std::string_view text);
Result<Filter> parse_filter_json(std::string_view text);

/// The filter language again, of one form whichever was read; parse_filter(to_text(f)) is f.
std::string to_text(const Filter& filter);

}  // namespace koppla::model
