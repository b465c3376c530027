#pragma once

#include "db/database.h"

namespace koppla::db {

/// SQLite's words. Column types are names only: SQLite stores what is bound, and `date` and `datetime` leave
/// ISO text as it is.
class SqliteDialect final : public Dialect {
  public:
    [[nodiscard]] std::string column_type(const model::Type& type) const override;
    [[nodiscard]] std::string_view is_distinct_from() const override { return "is not"; }
    [[nodiscard]] std::string_view relation_exists_sql() const override {
        return "select 1 from sqlite_master where type in ('table', 'view') and name = $1 collate nocase";
    }
    [[nodiscard]] std::string_view numbered_key() const override { return "integer primary key"; }
    [[nodiscard]] std::string go_on_numbering_sql(std::string_view /*table*/) const override { return {}; }
    [[nodiscard]] std::string_view bytes_type() const override { return "blob"; }
    [[nodiscard]] int table_columns_max() const override { return 2000; }
    [[nodiscard]] int identifier_bytes_max() const override { return 255; }
};

}  // namespace koppla::db
