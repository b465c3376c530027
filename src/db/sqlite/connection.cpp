#include "db/sqlite/connection.h"

#include "db/sqlite/errors.h"
#include "db/sqlite/statement.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>
#include <sqlite3.h>

namespace koppla::db {

namespace {

constexpr std::size_t idle_statements_max = 48;
constexpr std::size_t idle_sql_bytes_max = 16384;
constexpr int instructions_between_stops = 20'000;
constexpr std::chrono::milliseconds lock_wait_max{25};
constexpr std::size_t page_bytes = 8192;
constexpr std::size_t scratch_page_bytes = 16384;
/// What the write-ahead log is cut down to after a checkpoint; a large merge may make it longer meanwhile.
constexpr std::size_t journal_bytes_max = std::size_t{16} << 20;

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(std::string path, Role role, const Memory& memory,
                                                     const Call& call) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    std::unique_ptr<Connection> connection{new Connection{std::move(path), handle}};
    if (code != SQLITE_OK) return connection->failure(code, "opening the database");
    connection->serve(call);
    TRY(connection->configure(role, memory));
    connection->serve({});
    return connection;
}

Connection::~Connection() {
    for (const Idle& idle : idle_) sqlite3_finalize(idle.statement);
    sqlite3_close_v2(handle_);
}

Result<void> Connection::configure(Role role, const Memory& memory) {
    sqlite3_busy_handler(handle_, wait_for_lock, this);
    sqlite3_progress_handler(handle_, instructions_between_stops, is_stopped, this);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    // A misspelt "column" is an error, never a text.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
    TRY(
        run(fmt::format("pragma temp_store=file; pragma mmap_size={}; pragma cell_size_check=on;"
                        "pragma cache_size=-{}",
                        memory.mapped_bytes, memory.cache_bytes / 1024)));
    if (role == Role::scratch) {
        return run(
            fmt::format("pragma page_size={}; pragma journal_mode=delete; pragma synchronous=off;"
                        "pragma secure_delete=off; pragma locking_mode=exclusive",
                        scratch_page_bytes));
    }
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    if (role == Role::writer) {
        TRY(run(
            fmt::format("pragma page_size={}; pragma journal_size_limit={}", page_bytes, journal_bytes_max)));
    } else {
        TRY(run("pragma query_only=on"));
    }
    // Reads the first page, so that a file which is none of ours is refused here.
    return run("pragma synchronous=normal; select count(*) from sqlite_schema");
}

Result<void> Connection::prepare_to_write() {
    if (is_wal_) return {};
    TRY(run("pragma journal_mode=wal"));
    is_wal_ = true;
    return {};
}

Result<void> Connection::run(std::string_view sql) {
    while (true) {
        auto prepared = TRY(Statement::prepare(*this, sql));
        if (!prepared.statement) return {};
        while (TRY(prepared.statement->step())) {
        }
        sql = prepared.rest;
    }
}

Error Connection::failure(int code, std::string_view attempted) const {
    const bool waited = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
    if (waited && call_.stop.stop_requested()) return call_.cancelled(attempted);
    return sqlite_error(code, attempted, path_, handle_);
}

bool Connection::is_in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

sqlite3_stmt* Connection::take_idle(std::string_view sql) {
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) { return idle.sql == sql; });
    if (found == idle_.end()) return nullptr;
    sqlite3_stmt* const statement = found->statement;
    std::swap(*found, idle_.back());
    idle_.pop_back();
    return statement;
}

void Connection::keep_idle(std::string sql, sqlite3_stmt* statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (sql.size() > idle_sql_bytes_max) {
        sqlite3_finalize(statement);
        return;
    }
    if (idle_.size() >= idle_statements_max) {
        const auto oldest = std::min_element(idle_.begin(), idle_.end(),
                                             [](const Idle& a, const Idle& b) { return a.since < b.since; });
        sqlite3_finalize(oldest->statement);
        std::swap(*oldest, idle_.back());
        idle_.pop_back();
    }
    idle_.push_back(Idle{.sql = std::move(sql), .statement = statement, .since = ++uses_});
}

int Connection::wait_for_lock(void* self, int attempts) {
    const Call& call = static_cast<const Connection*>(self)->call_;
    if (call.is_over()) return 0;
    const auto span = std::min(lock_wait_max, std::chrono::milliseconds{1} * (attempts + 1));
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock{mutex};
    woken.wait_until(lock, call.stop, std::min(std::chrono::steady_clock::now() + span, call.deadline),
                     [] { return false; });
    return 1;
}

int Connection::is_stopped(void* self) {
    return static_cast<const Connection*>(self)->call_.stop.stop_requested() ? 1 : 0;
}

}  // namespace koppla::db
