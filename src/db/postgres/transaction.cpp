#include "db/postgres/transaction.h"

#include "db/postgres/cursor.h"
#include "db/postgres/dialect.h"
#include "db/postgres/loader.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::db::postgres {

namespace {

constexpr std::string_view writer = "writer";

std::string begin_sql(const Pool& pool, Access access, const Call& call) {
    using namespace std::chrono;
    switch (access) {
        case Access::read:
            // The second statement takes the snapshot: BEGIN alone would leave that to the first query.
            return "begin isolation level repeatable read read only; select 1";
        case Access::write_own:
            return "begin";
        case Access::write:
            break;
    }
    const auto left = ceil<milliseconds>(call.deadline - steady_clock::now());
    return fmt::format(
        "begin; set local lock_timeout to {}; select pg_advisory_xact_lock({}); "
        "set local lock_timeout to '60s'",
        std::max<std::int64_t>(left.count(), 1), pool.lock_number(writer));
}

/// Another transaction has held the writer's lock for too long; who.
Error still_written(Connection& connection, const Pool& pool) {
    (void)connection.run("rollback");
    return error(ErrorKind::unavailable,
                 fmt::format("waiting to write to {}: {} still writes; try again when it is done",
                             connection.place(), holder_of(connection, pool.lock_number(writer))),
                 "lock_not_available");
}

}  // namespace

Result<std::unique_ptr<db::Transaction>> Transaction::begin(Pool& pool, Access access, const Call& call) {
    while (true) {
        Pool::Lent lent = TRY(pool.lend(call));
        const auto begun = lent.connection->run(begin_sql(pool, access, call));
        if (begun) return std::unique_ptr<db::Transaction>{new Transaction{std::move(lent.connection)}};
        if (begun.error().symbol == "lock_not_available") return still_written(*lent.connection, pool);
        if (lent.connection->is_alive()) {
            (void)lent.connection->run("rollback");
            return begun.error();
        }
        if (lent.is_fresh || begun.error().kind == ErrorKind::cancelled) return begun.error();
        // The server was restarted since: nothing has happened yet, and another connection may do.
        pool.forget();
    }
}

Transaction::~Transaction() {
    if (!connection_) return;
    connection_->serve({});  // a rollback is never interrupted
    if (connection_->is_in_transaction()) (void)connection_->run("rollback");
}

Result<void> Transaction::check_open() const {
    if (!connection_) return error(ErrorKind::invalid, "this transaction was committed; begin another one");
    if (connection_->has_failed()) {
        return error(ErrorKind::invalid, "a statement of this transaction failed before; begin another one",
                     "in_failed_sql_transaction");
    }
    return {};
}

Result<std::unique_ptr<db::Cursor>> Transaction::query(std::string_view sql,
                                                       std::span<const Parameter> parameters) {
    TRY(check_open());
    return Cursor::open(connection_, sql, parameters);
}

Result<std::int64_t> Transaction::execute(std::string_view sql, std::span<const Parameter> parameters) {
    TRY(check_open());
    return parameters.empty() ? connection_->run(sql) : connection_->run(sql, parameters);
}

Result<std::int64_t> Transaction::attempt(std::string_view sql) {
    TRY(check_open());
    TRY(connection_->run("savepoint attempt"));
    Result<std::int64_t> done = connection_->run(sql);
    if (!done && !connection_->is_alive()) return done;
    TRY(connection_->run(done ? "release savepoint attempt"
                              : "rollback to savepoint attempt; release savepoint attempt"));
    return done;
}

Result<std::unique_ptr<db::Loader>> Transaction::loader(std::string_view table,
                                                        std::span<const LoaderColumn> columns) {
    TRY(check_open());
    return std::unique_ptr<db::Loader>{
        std::make_unique<Loader>(connection_, Dialect{}.quoted(table), columns)};
}

Result<void> Transaction::commit() {
    TRY(check_open());
    auto committed = connection_->run("commit");
    if (!committed) {
        Error why = std::move(committed).error();
        // The server may have done it, and died before it could say so.
        if (why.kind == ErrorKind::unavailable && !connection_->is_alive()) why.kind = ErrorKind::in_doubt;
        return why;
    }
    connection_->serve({});
    connection_.reset();
    return {};
}

}  // namespace koppla::db::postgres
