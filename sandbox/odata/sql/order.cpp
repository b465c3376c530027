#include "sandbox/odata/sql/order.h"

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

using dynamics::Storage;

SortKey::Form form_of(const dynamics::Attribute& attribute) {
    switch (attribute.storage()) {
        case Storage::integer:
        case Storage::scaled:
            return SortKey::Form::integer;
        case Storage::real:
            return SortKey::Form::real;
        default:
            return SortKey::Form::text;
    }
}

bool is_null(const Value& value) {
    return std::holds_alternative<std::monostate>(value);
}

/// That a row's key is the cookie's.
std::string same_sql(const SortKey& key, const Value& value, Binder& binder) {
    return key.sql + (is_null(value) ? " IS NULL" : " = " + binder.bind(value));
}

std::string after_sql(const SortKey& key, const Value& value, Binder& binder) {
    if (key.direction == Ordering::Direction::ascending)
        return key.sql + (is_null(value) ? " IS NOT NULL" : " > " + binder.bind(value));
    if (is_null(value)) return "0";
    return fmt::format("({0} < {1} OR {0} IS NULL)", key.sql, binder.bind(value));
}

}  // namespace

Result<std::vector<SortKey>> sort_keys(const Place& place, const std::vector<Ordering>& order) {
    std::vector<SortKey> keys;
    for (const auto& ordering : order) {
        const auto column = TRY(find_column(place, ordering.path));
        const auto& attribute = *column.attribute;
        const bool is_by_name = attribute.is_lookup() && ordering.path.segments.size() == 1;
        keys.push_back(SortKey{.name = attribute.name,
                               .sql = is_by_name ? name_of_target(place, attribute) : column.sql,
                               .form = form_of(attribute),
                               .direction = ordering.direction});
        if (attribute.storage() == Storage::text || is_by_name) keys.back().sql += " COLLATE NOCASE";
    }
    keys.push_back(SortKey{.name = place.table.primary_id(), .sql = place.column(place.table.primary_id())});
    return keys;
}

std::string order_sql(const std::vector<SortKey>& keys) {
    std::string sql;
    for (const auto& key : keys)
        sql += (sql.empty() ? " ORDER BY " : ", ") + key.sql +
               (key.direction == Ordering::Direction::descending ? " DESC" : "");
    return sql;
}

Result<std::string> behind_sql(const std::vector<SortKey>& keys, const Cookie& cookie, Binder& binder) {
    if (cookie.marks.size() != keys.size())
        return error(ErrorKind::invalid, "The paging cookie does not match the order of the query.",
                     "0x80041129");
    std::string sql;
    for (std::size_t last = 0; last < keys.size(); ++last) {
        std::string one;
        for (std::size_t i = 0; i < last; ++i)
            one += same_sql(keys[i], cookie.marks[i].last, binder) + " AND ";
        one += after_sql(keys[last], cookie.marks[last].last, binder);
        sql += (sql.empty() ? "(" : " OR ") + one;
    }
    return sql + ")";
}

}  // namespace koppla::sandbox::odata
