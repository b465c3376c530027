#include "db/sqlite/transaction.h"

#include "db/sqlite/cursor.h"
#include "db/sqlite/errors.h"
#include "db/sqlite/loader.h"
#include "db/sqlite/statement.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace koppla::db {

namespace {

/// Rows that one statement changed: sqlite3_changes() keeps its last value when a statement changes no rows.
Result<std::int64_t> run_counted(Connection& connection, Statement& statement) {
    const std::int64_t before = sqlite3_total_changes64(connection.handle());
    while (TRY(statement.step())) {
    }
    const bool changed = sqlite3_total_changes64(connection.handle()) != before;
    return changed ? sqlite3_changes64(connection.handle()) : 0;
}

}  // namespace

Result<std::unique_ptr<Transaction>> SqliteTransaction::begin(std::shared_ptr<Connection> connection,
                                                              Access access) {
    if (access != Access::read) {
        TRY(connection->run("begin immediate"));
    } else {
        // The second statement takes the snapshot: BEGIN alone would leave that to the first query.
        auto begun = connection->run("begin; select 1 from sqlite_schema limit 1");
        if (!begun) {
            if (connection->is_in_transaction())
                sqlite3_exec(connection->handle(), "rollback", nullptr, nullptr, nullptr);
            return std::move(begun).error();
        }
    }
    return std::unique_ptr<Transaction>{new SqliteTransaction{std::move(connection)}};
}

SqliteTransaction::~SqliteTransaction() {
    if (!connection_) return;
    connection_->serve({});  // a rollback is never interrupted
    if (connection_->is_in_transaction()) {
        sqlite3_exec(connection_->handle(), "rollback", nullptr, nullptr, nullptr);
    }
}

Result<void> SqliteTransaction::check_open() const {
    if (!connection_) {
        return error(ErrorKind::invalid, "this transaction was committed; begin another one");
    }
    if (!connection_->is_in_transaction()) {
        return error(ErrorKind::invalid,
                     "this transaction was rolled back after an error; begin another one");
    }
    return {};
}

Result<std::unique_ptr<Cursor>> SqliteTransaction::query(std::string_view sql,
                                                         std::span<const Parameter> parameters) {
    TRY(check_open());
    auto statement = TRY(Statement::prepare_one(*connection_, sql));
    TRY(statement.bind(parameters, Statement::Values::copied));
    return std::unique_ptr<Cursor>{std::make_unique<SqliteCursor>(connection_, std::move(statement))};
}

Result<std::int64_t> SqliteTransaction::execute(std::string_view sql, std::span<const Parameter> parameters) {
    TRY(check_open());
    if (!parameters.empty()) {
        auto statement = TRY(Statement::prepare_one(*connection_, sql));
        TRY(statement.bind(parameters, Statement::Values::viewed));
        return run_counted(*connection_, statement);
    }
    std::int64_t changed = 0;
    while (true) {
        auto prepared = TRY(Statement::prepare(*connection_, sql));
        if (!prepared.statement) return changed;
        TRY(prepared.statement->bind({}, Statement::Values::viewed));
        changed = TRY(run_counted(*connection_, *prepared.statement));
        sql = prepared.rest;
    }
}

Result<std::unique_ptr<Loader>> SqliteTransaction::loader(std::string_view table,
                                                          std::span<const LoaderColumn> columns) {
    TRY(check_open());
    return SqliteLoader::make(connection_, table, columns);
}

Result<void> SqliteTransaction::commit() {
    TRY(check_open());
    TRY(connection_->run("commit"));
    connection_->serve({});
    connection_.reset();
    return {};
}

}  // namespace koppla::db
