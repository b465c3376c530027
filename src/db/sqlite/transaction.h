#pragma once

#include "db/database.h"
#include "db/sqlite/connection.h"

#include <memory>

namespace koppla::db {

/// A transaction on a lent connection, which goes back with the commit, or when it and its cursors are gone.
class SqliteTransaction final : public Transaction {
  public:
    static Result<std::unique_ptr<Transaction>> begin(std::shared_ptr<Connection> connection, Access access);
    ~SqliteTransaction() override;
    SqliteTransaction(const SqliteTransaction&) = delete;
    SqliteTransaction& operator=(const SqliteTransaction&) = delete;

    using Transaction::execute;
    using Transaction::query;
    Result<std::unique_ptr<Cursor>> query(std::string_view sql,
                                          std::span<const Parameter> parameters) override;
    Result<std::int64_t> execute(std::string_view sql, std::span<const Parameter> parameters) override;
    /// SQLite takes back what a failed statement did, and no more.
    Result<std::int64_t> attempt(std::string_view sql) override { return execute(sql); }
    Result<std::unique_ptr<Loader>> loader(std::string_view table,
                                           std::span<const LoaderColumn> columns) override;
    Result<void> commit() override;

  private:
    explicit SqliteTransaction(std::shared_ptr<Connection> connection) : connection_{std::move(connection)} {}
    [[nodiscard]] Result<void> check_open() const;

    std::shared_ptr<Connection> connection_;
};

}  // namespace koppla::db
