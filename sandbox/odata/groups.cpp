#include "sandbox/odata/failure.h"
#include "sandbox/odata/pages.h"
#include "sandbox/odata/rows/render.h"
#include "sandbox/odata/statement.h"
#include "sandbox/web/json_text.h"

#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

using dynamics::Attribute;
using dynamics::AttributeType;
using dynamics::Storage;

/// Most rows that may be aggregated. [Dataverse: Aggregate data, limitations]
constexpr std::int64_t rows_max = 50'000;

struct Cell {
    std::string name;
    std::string sql;
    enum class Form : std::uint8_t { text, integer, boolean, scaled, real } form = Form::integer;
    int scale = 0;
};

Cell::Form form_of(const Attribute& attribute) {
    if (attribute.type == AttributeType::boolean) return Cell::Form::boolean;
    switch (attribute.storage()) {
        case Storage::integer:
            return Cell::Form::integer;
        case Storage::scaled:
            return Cell::Form::scaled;
        case Storage::real:
            return Cell::Form::real;
        default:
            return Cell::Form::text;
    }
}

bool is_number(const Attribute& attribute) {
    return attribute.storage() == Storage::scaled || attribute.storage() == Storage::real ||
           attribute.type == AttributeType::integer || attribute.type == AttributeType::big_int;
}

Result<Cell> aggregate_cell(const Place& place, const Aggregate& aggregate) {
    using Method = Aggregate::Method;
    if (aggregate.method == Method::count) return Cell{.name = aggregate.alias, .sql = "count(*)"};
    const auto column = TRY(find_column(place, Path{.segments = {aggregate.property}}));
    const auto& attribute = *column.attribute;
    Cell cell{.name = aggregate.alias, .sql = {}, .form = form_of(attribute), .scale = attribute.scale};
    if (aggregate.method == Method::count_distinct)
        return Cell{.name = aggregate.alias, .sql = fmt::format("count(DISTINCT {})", column.sql)};
    if (aggregate.method == Method::minimum || aggregate.method == Method::maximum) {
        cell.sql = fmt::format("{}({})", aggregate.method == Method::minimum ? "min" : "max", column.sql);
        return cell;
    }
    if (!is_number(attribute))
        return bad_query(
            fmt::format("The property '{}' can't be aggregated with sum or average.", aggregate.property));
    if (aggregate.method == Method::sum) {
        cell.sql = fmt::format("sum({})", column.sql);
    } else if (cell.form == Cell::Form::scaled) {
        cell.sql = fmt::format("CAST(round(avg({})) AS INTEGER)", column.sql);
    } else {
        cell.sql = fmt::format("avg({})", column.sql);
        cell.form = Cell::Form::real;
    }
    return cell;
}

void append_cell(std::string& out, const Cell& cell, const db::Cursor& row, int column) {
    switch (cell.form) {
        case Cell::Form::integer:
            append_integer(out, row.integer(column));
            return;
        case Cell::Form::boolean:
            out += row.integer(column) != 0 ? "true" : "false";
            return;
        case Cell::Form::scaled:
            append_scaled(out, row.integer(column), cell.scale);
            return;
        case Cell::Form::real:
            append_real(out, row.real(column));
            return;
        default:
            append_json_text(out, row.text(column));
    }
}

/// A group as an object; what is null is left out.
void append_group(std::string& out, const std::vector<Cell>& cells, const db::Cursor& row) {
    out += '{';
    bool is_first = true;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto column = static_cast<int>(i);
        if (row.is_null(column)) continue;
        out += fmt::format("{}\"{}\":", is_first ? "" : ",", cells[i].name);
        append_cell(out, cells[i], row, column);
        is_first = false;
    }
    out += '}';
}

}  // namespace

Result<std::string> read_groups(const Query& query) {
    const auto& apply = *query.options.apply;
    const auto place = place_of(query);
    std::vector<Cell> cells;
    std::string groups;
    for (const auto& name : apply.group_by) {
        const auto column = TRY(find_column(place, Path{.segments = {name}}));
        cells.push_back(Cell{.name = name,
                             .sql = column.sql,
                             .form = form_of(*column.attribute),
                             .scale = column.attribute->scale});
        groups += (groups.empty() ? "" : ", ") + column.sql;
    }
    for (const auto& aggregate : apply.aggregates) cells.push_back(TRY(aggregate_cell(place, aggregate)));
    if (cells.empty()) return bad_query("The $apply has neither groupby nor aggregate.");
    const auto transaction = TRY(query.org.read());
    if (TRY(count_rows(query, *transaction, rows_max + 1)) > rows_max)
        return error(ErrorKind::invalid,
                     "The maximum record limit is exceeded. Reduce the number of records.", "0x8004e023");
    Binder binder;
    const auto where = TRY(where_sql(query, place, binder));
    std::string columns;
    for (const auto& cell : cells) columns += (columns.empty() ? "" : ", ") + cell.sql;
    const auto grouping = groups.empty() ? "" : fmt::format(" GROUP BY {0} ORDER BY {0}", groups);
    const auto rows =
        TRY(run(*transaction, "SELECT " + columns + from_sql(place) + where + grouping, binder));
    auto out = page_head(query, "", 0);
    bool is_first = true;
    while (TRY(rows->next())) {
        if (!is_first) out += ',';
        append_group(out, cells, *rows);
        is_first = false;
    }
    out += "]}";
    return out;
}

}  // namespace koppla::sandbox::odata
