#include "sandbox/soql/scope.h"
#include "sandbox/soql/syntax/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

using Use = Resolved::Use;

/// A function of a day, as SQL with {0} for the column. The org keeps UTC, and its fiscal year is the
/// calendar's; weeks count from the first of January or of the month. [Salesforce: SOQL, Date Functions]
struct DateFunction {
    std::string_view name;
    std::string_view sql;
};
constexpr std::array<DateFunction, 12> date_functions{
    {{"CALENDAR_YEAR", "CAST(substr({0}, 1, 4) AS INTEGER)"},
     {"CALENDAR_QUARTER", "((CAST(substr({0}, 6, 2) AS INTEGER) + 2) / 3)"},
     {"CALENDAR_MONTH", "CAST(substr({0}, 6, 2) AS INTEGER)"},
     {"FISCAL_YEAR", "CAST(substr({0}, 1, 4) AS INTEGER)"},
     {"FISCAL_QUARTER", "((CAST(substr({0}, 6, 2) AS INTEGER) + 2) / 3)"},
     {"FISCAL_MONTH", "CAST(substr({0}, 6, 2) AS INTEGER)"},
     {"DAY_IN_MONTH", "CAST(substr({0}, 9, 2) AS INTEGER)"},
     {"DAY_IN_WEEK", "(CAST(strftime('%w', substr({0}, 1, 10)) AS INTEGER) + 1)"},
     {"DAY_IN_YEAR", "CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER)"},
     {"WEEK_IN_MONTH", "((CAST(substr({0}, 9, 2) AS INTEGER) + 6) / 7)"},
     {"WEEK_IN_YEAR", "((CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER) + 6) / 7)"},
     {"HOUR_IN_DAY", "CAST(substr({0}, 12, 2) AS INTEGER)"}}};

Field made(std::string_view type, Storage storage, const Path& path) {
    return Field{.name = path.text(), .label = path.text(), .type = std::string{type}, .storage = storage};
}

Error unfit(std::string_view soql, const Path& path, const Field& field) {
    return located(soql, path.at,
                   fmt::format("field {} does not support aggregate operator {}", field.name, path.function),
                   "MALFORMED_QUERY");
}

Result<Applied> aggregate(std::string_view soql, const Path& path, const Resolved& argument) {
    const Field& field = *argument.field;
    const bool is_number = field.storage == Storage::integer || field.storage == Storage::real;
    const std::string& name = path.function;
    if (field.is_compound()) return unfit(soql, path, field);
    const std::string column = argument.sql();
    if (name == "COUNT" || name == "COUNT_DISTINCT") {
        const bool is_plain = name == "COUNT";
        const bool ignores_case = field.storage == Storage::text && !field.is_id() && !field.case_sensitive;
        return Applied{.use = Use::aggregate,
                       .field = made("int", Storage::integer, path),
                       .sql = fmt::format("count({}{}{})", is_plain ? "" : "DISTINCT ", column,
                                          !is_plain && ignores_case ? " COLLATE NOCASE" : "")};
    }
    if (name == "SUM" || name == "AVG") {
        if (!is_number || !field.aggregatable) return unfit(soql, path, field);
        return Applied{.use = Use::aggregate,
                       .field = made("double", Storage::real, path),
                       .sql = fmt::format("{}({})", name == "SUM" ? "sum" : "avg", column)};
    }
    if (field.storage == Storage::boolean || !field.aggregatable) return unfit(soql, path, field);
    return Applied{.use = Use::aggregate,
                   .field = made(field.type, field.storage, path),
                   .sql = fmt::format("{}({})", name == "MIN" ? "min" : "max", column)};
}

Result<std::optional<Applied>> calculation(std::string_view soql, const Path& path,
                                           const Resolved& argument) {
    const Field& field = *argument.field;
    const bool is_day = path.function == "DAY_ONLY";
    const auto known = std::find_if(date_functions.begin(), date_functions.end(),
                                    [&](const DateFunction& each) { return each.name == path.function; });
    if (known == date_functions.end() && !is_day) return std::optional<Applied>{};
    const bool needs_time = is_day || path.function == "HOUR_IN_DAY";
    if (field.storage != Storage::datetime && (field.storage != Storage::date || needs_time)) {
        return located(soql, path.at,
                       fmt::format("Cannot use function {} on field {}: it takes a {}", path.function,
                                   field.name, needs_time ? "dateTime" : "date or dateTime"),
                       "INVALID_FIELD");
    }
    if (is_day) {
        return std::optional{Applied{.use = Use::calculation,
                                     .field = made("date", Storage::date, path),
                                     .sql = fmt::format("substr({}, 1, 10)", argument.sql())}};
    }
    return std::optional{Applied{.use = Use::calculation,
                                 .field = made("int", Storage::integer, path),
                                 .sql = fmt::format(fmt::runtime(known->sql), argument.sql())}};
}

}  // namespace

bool is_aggregate(const Path& path) {
    static constexpr std::array<std::string_view, 6> names{"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN",
                                                           "MAX"};
    return std::find(names.begin(), names.end(), path.function) != names.end();
}

Result<Applied> apply_function(std::string_view soql, const Path& path, const Resolved& argument) {
    if (path.names.empty()) {
        if (path.function != "COUNT") return malformed(soql, path.at, "unexpected token: ')'");
        return Applied{
            .use = Use::aggregate, .field = made("int", Storage::integer, path), .sql = "count(*)"};
    }
    if (is_aggregate(path)) return aggregate(soql, path, argument);
    if (auto calculated = TRY(calculation(soql, path, argument))) return std::move(*calculated);
    if (path.function != "TOLABEL") {
        return malformed(soql, path.at,
                         fmt::format("this sandbox does not answer the function {}", path.function));
    }
    if (argument.field->type != "picklist" && argument.field->type != "multipicklist") {
        return located(
            soql, path.at,
            fmt::format("toLabel can't be used on field {}: it has no labels", argument.field->name),
            "INVALID_FIELD");
    }
    return Applied{.use = Use::label, .field = {}, .sql = argument.sql()};
}

}  // namespace koppla::sandbox::soql
