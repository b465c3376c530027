#pragma once

#include "db/database.h"
#include "sandbox/dynamics/org/catalog.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// The state file's own tables and those of the Dataverse tables. Over a transaction that the caller commits.
class State {
  public:
    explicit State(db::Transaction& transaction) : transaction_{transaction} {}

    Result<void> create_if_missing();
    Result<std::optional<std::string>> setting(std::string_view name);
    Result<void> set_setting(std::string_view name, std::string_view value);

    /// The version of the last change.
    Result<std::int64_t> version();
    /// The version of a new change, or of `count` of them: the last one's.
    Result<std::int64_t> take_versions(std::int64_t count = 1);

    /// Makes the bare table, where there is none: rows are loaded before `index` is called.
    Result<void> create(const Table& table);
    Result<void> index(const Catalog& catalog, const Table& table);
    /// For `ids_with` these columns.
    Result<void> index(const Table& table, const std::vector<std::string>& columns);
    Result<std::int64_t> row_count(const Table& table);
    /// Rows' ids, at most `count`, in the table's order.
    Result<std::vector<std::string>> some_ids(const Table& table, std::int64_t count);

    /// All that is stored of a row; nothing where there is none.
    Result<std::optional<Values>> row(const Table& table, std::string_view id);
    /// Ids of rows whose columns have these values, at most `count`.
    Result<std::vector<std::string>> ids_with(const Table& table, const Values& values, std::int64_t count);
    Result<bool> exists(const Table& table, std::string_view id);

    Result<void> insert(const Table& table, const Values& values);
    Result<void> update(const Table& table, std::string_view id, const Values& values);
    /// Removes a row and keeps its tombstone.
    Result<void> erase(const Table& table, std::string_view id, std::int64_t version, std::int64_t now_ms);

    /// Takes rows out of sight, without a tombstone; and back.
    Result<void> hide(const Table& table, std::span<const std::string> ids);
    Result<void> reveal(const Table& table);

  private:
    db::Transaction& transaction_;
};

/// The columns of a table in the state, in order; the version is among them.
std::vector<std::string> column_names(const Table& table);
Storage storage_of(const Table& table, std::string_view column);

}  // namespace koppla::sandbox::dynamics
