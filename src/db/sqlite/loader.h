#pragma once

#include "db/database.h"
#include "db/sqlite/connection.h"
#include "db/sqlite/statement.h"

#include <memory>
#include <string>
#include <vector>

namespace koppla::db {

/// One prepared insert, fed cell by cell: text is bound where it lies in the batch, nothing is allocated.
class SqliteLoader final : public Loader {
  public:
    static Result<std::unique_ptr<Loader>> make(std::shared_ptr<Connection> connection,
                                                std::string_view table,
                                                std::span<const LoaderColumn> columns);
    Result<void> append(const model::Batch& batch) override;
    Result<std::int64_t> finish() override { return rows_; }

  private:
    enum class Form : std::uint8_t { text, boolean, integer, real };
    struct Column {
        std::string name;
        Form form;
    };

    SqliteLoader(std::shared_ptr<Connection> connection, Statement statement, std::vector<Column> columns)
        : connection_{std::move(connection)},
          statement_{std::move(statement)},
          columns_{std::move(columns)} {}
    Result<void> append_row(const model::Batch& batch, std::size_t row);
    /// SQLite's result code, or `unreadable`.
    [[nodiscard]] int bind(int index, Form form, const model::Cell& cell) const;
    [[nodiscard]] Error refusal(const Column& column, const model::Cell& cell) const;

    std::shared_ptr<Connection> connection_;
    Statement statement_;
    std::vector<Column> columns_;
    std::int64_t rows_ = 0;
};

}  // namespace koppla::db
