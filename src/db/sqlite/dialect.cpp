#include "db/sqlite/dialect.h"

namespace koppla::db {

std::string SqliteDialect::column_type(const model::Type& type) const {
    using model::Kind;
    switch (type.kind) {
        case Kind::boolean:
            return "boolean";
        case Kind::integer:
            return "integer";
        case Kind::decimal:
            return type.is_exact_text() ? "text" : "real";
        case Kind::date:
            return "date";
        case Kind::instant:
        case Kind::wall_clock:
            return "datetime";
        case Kind::text:
        case Kind::time:
        case Kind::identifier:
        case Kind::reference:
        case Kind::enumeration:
        case Kind::enumerations:
            return "text";
    }
    return "text";
}

}  // namespace koppla::db
