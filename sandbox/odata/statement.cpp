#include "sandbox/odata/statement.h"

#include "base/ascii.h"
#include "sandbox/odata/sql/filter.h"
#include "sandbox/web/json_text.h"

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

constexpr std::string_view annotations = "Microsoft.Dynamics.CRM.";

}  // namespace

std::int64_t Query::page_rows() const {
    return std::min<std::int64_t>(ask.preferences.page_rows.value_or(5'000), page_rows_max);
}

std::string Query::address() const {
    return ask.root + table.set_name();
}

Place place_of(const Query& query) {
    return Place{.catalog = *query.ask.catalog, .table = query.table, .alias = "t"};
}

std::string from_sql(const Place& place) {
    return fmt::format(" FROM {} AS {}", table_sql(place.table), dynamics::quoted(place.alias));
}

Result<std::string> where_sql(const Query& query, const Place& place, Binder& binder) {
    std::string sql;
    if (query.options.filter)
        sql = " WHERE " + TRY(filter_sql(place, *query.options.filter, query.viewer, binder));
    if (!query.options.apply) return sql;
    for (const auto& filter : query.options.apply->filters)
        sql += (sql.empty() ? " WHERE " : " AND ") + TRY(filter_sql(place, filter, query.viewer, binder));
    return sql;
}

Result<std::unique_ptr<db::Cursor>> run(db::Transaction& transaction, const std::string& sql,
                                        const Binder& binder) {
    const auto parameters = binder.parameters();
    return transaction.query(sql, std::span{parameters});
}

Result<std::int64_t> count_rows(const Query& query, db::Transaction& transaction, std::int64_t bound) {
    const auto place = place_of(query);
    Binder binder;
    const auto where = TRY(where_sql(query, place, binder));
    const auto cursor = TRY(run(
        transaction,
        fmt::format("SELECT count(*) FROM (SELECT 1{}{} LIMIT {})", from_sql(place), where, bound), binder));
    TRY(cursor->next());
    return cursor->integer(0);
}

std::string page_head(const Query& query, const std::string& context, std::int64_t count) {
    const auto& preferences = query.ask.preferences;
    const bool is_counted = query.options.count == Options::Count::asked;
    auto head =
        fmt::format("{{\"@odata.context\":\"{}{}{}\"", query.ask.context(), query.table.set_name(), context);
    if (preferences.annotates(std::string{annotations} + "totalrecordcount"))
        head += fmt::format(",\"@{}totalrecordcount\":{}", annotations,
                            is_counted ? std::min(count, count_max) : -1);
    if (preferences.annotates(std::string{annotations} + "totalrecordcountlimitexceeded"))
        head += fmt::format(",\"@{}totalrecordcountlimitexceeded\":{}", annotations, count > count_max);
    if (preferences.annotates(std::string{annotations} + "globalmetadataversion"))
        head +=
            fmt::format(",\"@{}globalmetadataversion\":\"{}\"", annotations, query.ask.catalog->version());
    if (is_counted) head += fmt::format(",\"@odata.count\":{}", std::min(count, count_max));
    return head + ",\"value\":[";
}

std::string link_encoded(std::string_view text) {
    auto encoded = http::percent_encode(text);
    for (std::size_t i = 0; i + 2 < encoded.size(); ++i)
        if (encoded[i] == '%') {
            encoded[i + 1] = lower(encoded[i + 1]);
            encoded[i + 2] = lower(encoded[i + 2]);
        }
    return encoded;
}

}  // namespace koppla::sandbox::odata
