#include "db/sqlite/cursor.h"

#include <sqlite3.h>

namespace koppla::db {

Result<bool> SqliteCursor::next() {
    if (is_over_) return false;  // SQLite would start again
    auto row = statement_.step();
    is_over_ = !row || !*row;
    return row;
}

int SqliteCursor::column_count() const {
    return sqlite3_column_count(statement_.handle());
}

std::string_view SqliteCursor::column_name(int column) const {
    const char* const name = sqlite3_column_name(statement_.handle(), column);
    return name == nullptr ? std::string_view{} : name;
}

bool SqliteCursor::is_null(int column) const {
    return sqlite3_column_type(statement_.handle(), column) == SQLITE_NULL;
}

std::int64_t SqliteCursor::integer(int column) const {
    return sqlite3_column_int64(statement_.handle(), column);
}

double SqliteCursor::real(int column) const {
    return sqlite3_column_double(statement_.handle(), column);
}

std::string_view SqliteCursor::text(int column) const {
    const auto* const data = sqlite3_column_text(statement_.handle(), column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), column))};
}

Bytes SqliteCursor::bytes(int column) const {
    const void* const data = sqlite3_column_blob(statement_.handle(), column);
    if (data == nullptr) return {};
    return {static_cast<const std::byte*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), column))};
}

}  // namespace koppla::db
