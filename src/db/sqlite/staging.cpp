#include "db/sqlite/staging.h"

#include "db/naming.h"
#include "db/sqlite/dialect.h"
#include "db/sqlite/loader.h"
#include "db/sqlite/statement.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace koppla::db {

namespace {

constexpr std::string_view table = "row";
constexpr std::size_t name_bytes_max = 97;

/// What the kernel was started as; another one after every restart.
std::string boot_id() {
    std::string id;
    std::getline(std::ifstream{"/proc/sys/kernel/random/boot_id"}, id);
    return id;
}

}  // namespace

Result<std::unique_ptr<SqliteStaging>> SqliteStaging::lock(std::shared_ptr<Pool> pool,
                                                           std::string_view name) {
    const std::string suffix = plain_name(name, name_bytes_max);
    std::string file = fmt::format("{}-staging-{}", pool->path(), suffix);
    auto lock = TRY(FileLock::take(file));
    return std::unique_ptr<SqliteStaging>{
        new SqliteStaging{std::move(pool), "staging_" + suffix, std::move(file), std::move(lock)}};
}

Result<std::unique_ptr<Staging>> SqliteStaging::begin(std::shared_ptr<Pool> pool, std::string_view name,
                                                      std::span<const LoaderColumn> columns) {
    auto staging = TRY(lock(std::move(pool), name));
    TRY(staging->open(columns));
    return std::unique_ptr<Staging>{std::move(staging)};
}

Result<void> SqliteStaging::discard(std::shared_ptr<Pool> pool, std::string_view name) {
    TRY(lock(std::move(pool), name))->discard();
    return {};
}

SqliteStaging::~SqliteStaging() {
    loader_.reset();
    // What wasn't kept is rolled back.
    scratch_.reset();
    pool_->drop(schema_);
    if (is_discarded_ || note_.empty()) {
        ::unlink(file_.c_str());
        ::unlink((file_ + "-journal").c_str());
    }
}

Result<void> SqliteStaging::open(std::span<const LoaderColumn> columns) {
    const SqliteDialect dialect;
    std::string sql = fmt::format("create table {} (", dialect.quoted(table));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        sql += fmt::format("{}{} {}", i == 0 ? "" : ", ", dialect.quoted(columns[i].name),
                           dialect.column_type(columns[i].type));
    }
    sql += ")";
    const auto found = find_kept(sql);
    if (!found || !*found) TRY(start_over(sql));
    return make_loader(columns);
}

/// Whether the file holds rows of these columns that were kept since the machine was started.
Result<bool> SqliteStaging::find_kept(const std::string& table_sql) {
    struct stat file {};
    const std::string boot = boot_id();
    // The file is never synced: where a restart of the machine can't be told, it isn't believed.
    if (boot.empty() || ::fstat(lock_->descriptor(), &file) != 0 || file.st_size == 0) return false;
    scratch_ = TRY(Connection::open(file_, Connection::Role::scratch, pool_->scratch_memory(), Call{}));
    auto statement = TRY(
        Statement::prepare_one(*scratch_, "select note, rows from kept where boot = $1 and table_sql = $2"));
    const std::array<Parameter, 2> values = {std::string_view{boot}, std::string_view{table_sql}};
    TRY(statement.bind(values, Statement::Values::viewed));
    if (!TRY(statement.step())) return false;
    const auto* note = sqlite3_column_text(statement.handle(), 0);
    note_ = note == nullptr ? "" : reinterpret_cast<const char*>(note);
    rows_ = sqlite3_column_int64(statement.handle(), 1);
    return !note_.empty();
}

Result<void> SqliteStaging::start_over(const std::string& table_sql) {
    scratch_.reset();
    note_.clear();
    rows_ = 0;
    ::unlink((file_ + "-journal").c_str());
    if (::ftruncate(lock_->descriptor(), 0) != 0) {
        return error(ErrorKind::unavailable,
                     fmt::format("emptying the staging file {}: {}", file_, std::strerror(errno)));
    }
    scratch_ = TRY(Connection::open(file_, Connection::Role::scratch, pool_->scratch_memory(), Call{}));
    TRY(scratch_->run(table_sql +
                      "; create table kept (boot text, table_sql text, note text, rows integer)"));
    auto statement = TRY(Statement::prepare_one(*scratch_, "insert into kept values ($1, $2, '', 0)"));
    const std::string boot = boot_id();
    const std::array<Parameter, 2> values = {std::string_view{boot}, std::string_view{table_sql}};
    TRY(statement.bind(values, Statement::Values::viewed));
    TRY(statement.step());
    return {};
}

Result<void> SqliteStaging::make_loader(std::span<const LoaderColumn> columns) {
    TRY(scratch_->run("begin"));
    loader_ = TRY(SqliteLoader::make(scratch_, table, columns));
    return {};
}

std::string SqliteStaging::name() const {
    const SqliteDialect dialect;
    return fmt::format("{}.{}", dialect.quoted(schema_), dialect.quoted(table));
}

Result<void> SqliteStaging::append(const model::Batch& batch) {
    if (!loader_)
        return error(ErrorKind::invalid, fmt::format("{} is finished or failed; begin another", file_));
    auto appended = loader_->append(batch);
    // Part of the batch may be there: only what was kept is of use now.
    if (!appended) loader_.reset();
    return appended;
}

Result<void> SqliteStaging::keep(std::string_view note) {
    if (!loader_)
        return error(ErrorKind::invalid, fmt::format("{} is finished or failed; begin another", file_));
    const std::int64_t rows = rows_ + TRY(loader_->finish());
    {
        auto statement = TRY(Statement::prepare_one(*scratch_, "update kept set note = $1, rows = $2"));
        const std::array<Parameter, 2> values = {note, rows};
        TRY(statement.bind(values, Statement::Values::viewed));
        TRY(statement.step());
    }
    TRY(scratch_->run("commit; begin"));
    note_ = note;
    return {};
}

Result<std::int64_t> SqliteStaging::finish() {
    if (!scratch_) return rows_;
    if (!loader_) return error(ErrorKind::invalid, fmt::format("{} failed before; begin another", file_));
    rows_ += TRY(loader_->finish());
    loader_.reset();
    TRY(scratch_->run("commit"));
    scratch_.reset();
    TRY(pool_->attach(schema_, file_));
    return rows_;
}

}  // namespace koppla::db
