#pragma once

#include "base/result.h"
#include "db/value.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace koppla::db {

class Connection;

/// A prepared statement, lent by its connection: goes back to it, reset and with nothing bound.
class Statement final {
  public:
    struct Prepared;
    /// The first statement of `sql` and what follows it; no statement where there is only space and comment.
    static Result<Prepared> prepare(Connection& connection, std::string_view sql);
    /// The same where exactly one statement is wanted.
    static Result<Statement> prepare_one(Connection& connection, std::string_view sql);

    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    Statement(const Statement&) = delete;
    ~Statement();

    enum class Values { copied, viewed };  ///< viewed: they outlive the last step
    /// Binds $1, $2 …: as many as the statement names.
    Result<void> bind(std::span<const Parameter> parameters, Values values);
    /// True: a row stands ready.
    Result<bool> step();

    [[nodiscard]] sqlite3_stmt* handle() const { return handle_; }
    [[nodiscard]] const std::string& sql() const { return sql_; }

  private:
    Statement(Connection& connection, sqlite3_stmt* handle, std::string sql)
        : connection_{&connection}, handle_{handle}, sql_{std::move(sql)} {}

    Connection* connection_;
    sqlite3_stmt* handle_;
    std::string sql_;
};

struct Statement::Prepared {
    std::optional<Statement> statement;
    std::string_view rest;
};

}  // namespace koppla::db
