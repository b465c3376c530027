#pragma once

#include "db/database.h"
#include "db/postgres/connection.h"
#include "db/postgres/pool.h"

#include <memory>

namespace koppla::db::postgres {

/// A transaction on a lent connection, which goes back with the commit, or when it and its cursors are gone.
/// The one writer is whoever holds the store's advisory lock.
class Transaction final : public db::Transaction {
  public:
    static Result<std::unique_ptr<db::Transaction>> begin(Pool& pool, Access access, const Call& call);
    ~Transaction() override;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    using db::Transaction::execute;
    using db::Transaction::query;
    Result<std::unique_ptr<db::Cursor>> query(std::string_view sql,
                                              std::span<const Parameter> parameters) override;
    Result<std::int64_t> execute(std::string_view sql, std::span<const Parameter> parameters) override;
    Result<std::int64_t> attempt(std::string_view sql) override;
    Result<std::unique_ptr<db::Loader>> loader(std::string_view table,
                                               std::span<const LoaderColumn> columns) override;
    Result<void> commit() override;

  private:
    explicit Transaction(std::shared_ptr<Connection> connection) : connection_{std::move(connection)} {}
    [[nodiscard]] Result<void> check_open() const;

    std::shared_ptr<Connection> connection_;
};

}  // namespace koppla::db::postgres
