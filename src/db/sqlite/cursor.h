#pragma once

#include "db/database.h"
#include "db/sqlite/connection.h"
#include "db/sqlite/statement.h"

#include <memory>

namespace koppla::db {

/// The rows of a statement. Keeps the connection from being lent to somebody else until it is gone.
class SqliteCursor final : public Cursor {
  public:
    SqliteCursor(std::shared_ptr<Connection> connection, Statement statement)
        : connection_{std::move(connection)}, statement_{std::move(statement)} {}

    Result<bool> next() override;
    [[nodiscard]] int column_count() const override;
    [[nodiscard]] std::string_view column_name(int column) const override;
    [[nodiscard]] bool is_null(int column) const override;
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] double real(int column) const override;
    [[nodiscard]] std::string_view text(int column) const override;
    [[nodiscard]] Bytes bytes(int column) const override;

  private:
    std::shared_ptr<Connection> connection_;
    Statement statement_;
    bool is_over_ = false;
};

}  // namespace koppla::db
