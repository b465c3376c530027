#include "db/postgres/dialect.h"

#include <fmt/format.h>

namespace koppla::db::postgres {

std::string Dialect::column_type(const model::Type& type) const {
    using model::Kind;
    switch (type.kind) {
        case Kind::boolean:
            return "boolean";
        case Kind::integer:
            return "bigint";
        case Kind::decimal:
            return "numeric";
        case Kind::date:
            return "date";
        case Kind::instant:
            return "timestamptz";
        case Kind::wall_clock:
            return "timestamp";
        case Kind::identifier:
        case Kind::reference:
            return "text collate \"C\"";
        case Kind::text:
        case Kind::time:
        case Kind::enumeration:
        case Kind::enumerations:
            return "text";
    }
    return "text";
}

std::string Dialect::go_on_numbering_sql(std::string_view table) const {
    return fmt::format("select setval(pg_get_serial_sequence({0}, 'id'), (select max(id) from {1}))",
                       literal(table), quoted(table));
}

std::string_view Dialect::relation_exists_sql() const {
    return "select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
           " where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'f')"
           " and lower(c.relname) = lower($1)";
}

}  // namespace koppla::db::postgres
