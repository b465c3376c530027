#include "db/postgres/staging.h"

#include "db/naming.h"
#include "db/postgres/dialect.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace koppla::db::postgres {

namespace {

constexpr std::string_view prefix = "koppla_staging_";
constexpr std::size_t name_bytes_max = 63 - prefix.size();
constexpr std::string_view notes_lock = "notes of staging";
// What the other connections of the server would have to wait for is only lost with the unlogged rows
// themselves.
constexpr std::string_view settings = "set synchronous_commit to off";

Result<void> make_notes(Connection& connection, std::int64_t lock_number) {
    if (TRY(connection.value("select to_regclass('koppla_staging')"))) return {};
    TRY(connection.run(fmt::format(
        "begin; select pg_advisory_xact_lock({}); create unlogged table if not exists koppla_staging"
        " (name text primary key, columns text not null, note text not null, rows bigint not null); commit",
        lock_number)));
    return {};
}

}  // namespace

Result<std::unique_ptr<Staging>> Staging::lock(Pool& pool, std::string_view name) {
    std::shared_ptr<Connection> connection = TRY(pool.open({}));
    std::string table = fmt::format("{}{}", prefix, plain_name(name, name_bytes_max));
    const std::int64_t number = pool.lock_number(table);
    const std::array<Parameter, 1> values = {number};
    const auto is_ours = TRY(connection->value("select pg_try_advisory_lock($1)::text", values));
    if (is_ours != "true") {
        return error(
            ErrorKind::conflict,
            fmt::format("the staging table {} is in use: {} loads the same rows; wait until it is done",
                        table, holder_of(*connection, number)));
    }
    TRY(connection->run(settings));
    TRY(make_notes(*connection, pool.lock_number(notes_lock)));
    return std::unique_ptr<Staging>{new Staging{std::move(connection), std::move(table)}};
}

Result<std::unique_ptr<db::Staging>> Staging::begin(Pool& pool, std::string_view name,
                                                    std::span<const LoaderColumn> columns) {
    auto staging = TRY(lock(pool, name));
    TRY(staging->open(columns));
    return std::unique_ptr<db::Staging>{std::move(staging)};
}

Result<void> Staging::discard(Pool& pool, std::string_view name) {
    TRY(lock(pool, name))->discard();
    return {};
}

Staging::~Staging() {
    loader_.reset();
    if (connection_->is_in_transaction()) (void)connection_->run("rollback");
    if (!is_discarded_ && !note_.empty()) return;
    // Where the server can't be asked now, the next one of this name finds no note and makes the table anew.
    (void)connection_->run(
        fmt::format("begin; drop table if exists {}; delete from koppla_staging where name = {}; commit",
                    name(), Dialect{}.literal(table_)));
}

std::string Staging::name() const {
    return Dialect{}.quoted(table_);
}

Result<void> Staging::open(std::span<const LoaderColumn> columns) {
    const Dialect dialect;
    columns_.assign(columns.begin(), columns.end());
    std::string sql;
    for (const LoaderColumn& column : columns) {
        sql += fmt::format("{}{} {}", sql.empty() ? "" : ", ", dialect.quoted(column.name),
                           dialect.column_type(column.type));
    }
    if (!TRY(find_kept(sql))) TRY(start_over(sql));
    return begin_rows();
}

Result<bool> Staging::find_kept(const std::string& columns_sql) {
    const std::array<Parameter, 2> values = {std::string_view{table_}, std::string_view{columns_sql}};
    const auto note =
        TRY(connection_->value("select note from koppla_staging where name = $1 and columns = $2"
                               " and to_regclass(quote_ident(name)) is not null",
                               values));
    if (!note || note->empty()) return false;
    const auto rows = TRY(
        connection_->value("select rows from koppla_staging where name = $1", std::span{values}.first(1)));
    if (rows) std::from_chars(rows->data(), rows->data() + rows->size(), rows_);
    note_ = *note;
    return true;
}

Result<void> Staging::start_over(const std::string& columns_sql) {
    TRY(
        connection_->run(fmt::format("begin; drop table if exists {0}; create unlogged table {0} ({1})"
                                     " with (autovacuum_enabled = off)",
                                     name(), columns_sql)));
    const std::array<Parameter, 2> values = {std::string_view{table_}, std::string_view{columns_sql}};
    TRY(
        connection_->run("insert into koppla_staging (name, columns, note, rows) values ($1, $2, '', 0)"
                         " on conflict (name) do update set columns = excluded.columns, note = '', rows = 0",
                         values));
    TRY(connection_->run("commit"));
    return {};
}

Result<void> Staging::begin_rows() {
    TRY(connection_->run("begin"));
    loader_ = std::make_unique<Loader>(connection_, name(), columns_);
    appended_ = 0;
    return {};
}

Result<void> Staging::check_open() const {
    if (loader_) return {};
    return error(ErrorKind::invalid, fmt::format("{} is finished or failed; begin another", table_));
}

Result<void> Staging::append(const model::Batch& batch) {
    TRY(check_open());
    auto appended = loader_->append(batch);
    // Part of the batch may be there: only what was kept is of use now.
    if (!appended) loader_.reset();
    if (appended) appended_ += static_cast<std::int64_t>(batch.row_count());
    return appended;
}

Result<void> Staging::write_note(std::string_view note, std::int64_t rows) {
    const std::array<Parameter, 3> values = {std::string_view{table_}, note, rows};
    TRY(connection_->run("update koppla_staging set note = $2, rows = $3 where name = $1", values));
    TRY(connection_->run("commit"));
    note_ = note;
    rows_ = rows;
    return {};
}

Result<void> Staging::keep(std::string_view note) {
    TRY(check_open());
    const auto loaded = loader_->finish();
    loader_.reset();
    if (!loaded) return loaded.error();
    TRY(write_note(note, rows_ + *loaded));
    return begin_rows();
}

Result<std::int64_t> Staging::finish() {
    TRY(check_open());
    const auto loaded = loader_->finish();
    loader_.reset();
    if (!loaded) return loaded.error();
    // Rows that no note speaks of make what was kept unusable to anybody else.
    if (*loaded > 0) {
        TRY(write_note("", rows_ + *loaded));
    } else {
        TRY(connection_->run("commit"));
    }
    return rows_;
}

}  // namespace koppla::db::postgres
