#include "sandbox/dynamics/row_text.h"

#include "sandbox/dynamics/answers.h"
#include "sandbox/odata/options.h"
#include "sandbox/odata/rows/plan.h"
#include "sandbox/odata/rows/render.h"

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {

std::string etag(std::int64_t version) {
    return fmt::format("W/\"{}\"", version);
}

Result<RowText> read_row(db::Transaction& transaction, const Ask& ask, const Table& table,
                         const std::string& id) {
    const auto options = TRY(odata::Options::of(ask.query));
    const odata::Place place{.catalog = *ask.catalog, .table = table, .alias = "t"};
    const auto plan = TRY(odata::make_plan(place, options.select, options.expand, ask.preferences));
    const auto cursor = TRY(
        transaction.query(fmt::format("SELECT {} FROM {} AS t{} WHERE {} = $1", fmt::join(plan.columns, ", "),
                                      table_sql(table), plan.joins, place.column(table.primary_id())),
                          {std::string_view{id}}));
    if (!TRY(cursor->next())) return no_row(table.name(), id);
    RowText row{.json = fmt::format("{{\"@odata.context\":\"{}{}{}/$entity\"", ask.context(),
                                    table.set_name(), plan.context),
                .version = cursor->integer(0)};
    row.json += ',';
    odata::append_members(row.json, plan, *cursor);
    row.json += '}';
    return row;
}

}  // namespace koppla::sandbox::dynamics
