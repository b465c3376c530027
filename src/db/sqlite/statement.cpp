#include "db/sqlite/statement.h"

#include "db/naming.h"
#include "db/sqlite/connection.h"
#include "db/sqlite/errors.h"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace koppla::db {

namespace {

constexpr std::size_t sql_bytes_max = std::size_t{8} << 20;

int bind_one(sqlite3_stmt* statement, int index, const Parameter& parameter,
             sqlite3_destructor_type lifetime) {
    if (const auto* integer = std::get_if<std::int64_t>(&parameter)) {
        return sqlite3_bind_int64(statement, index, *integer);
    }
    if (const auto* real = std::get_if<double>(&parameter))
        return sqlite3_bind_double(statement, index, *real);
    if (const auto* text = std::get_if<std::string_view>(&parameter)) {
        // SQLite takes a null pointer for NULL, and an empty view may hold one.
        const char* const data = text->empty() ? "" : text->data();
        return sqlite3_bind_text64(statement, index, data, text->size(), lifetime, SQLITE_UTF8);
    }
    if (const auto* bytes = std::get_if<Bytes>(&parameter)) {
        if (bytes->empty()) return sqlite3_bind_zeroblob(statement, index, 0);
        return sqlite3_bind_blob64(statement, index, bytes->data(), bytes->size(), lifetime);
    }
    return sqlite3_bind_null(statement, index);
}

}  // namespace

Result<Statement::Prepared> Statement::prepare(Connection& connection, std::string_view sql) {
    if (sql.empty()) return Prepared{.statement = std::nullopt, .rest = {}};
    if (sqlite3_stmt* idle = connection.take_idle(sql); idle != nullptr) {
        return Prepared{.statement = Statement{connection, idle, std::string{sql}}, .rest = {}};
    }
    if (sql.size() > sql_bytes_max) {
        return error(ErrorKind::invalid, fmt::format("the statement is {} bytes long, more than {}: {}",
                                                     sql.size(), sql_bytes_max, shortened(sql)));
    }
    sqlite3_stmt* handle = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, &rest);
    if (code != SQLITE_OK) return connection.failure(code, shortened(sql));
    const auto used = static_cast<std::size_t>(rest - sql.data());
    if (handle == nullptr) return Prepared{.statement = std::nullopt, .rest = {}};
    return Prepared{.statement = Statement{connection, handle, std::string{sql.substr(0, used)}},
                    .rest = sql.substr(used)};
}

Result<Statement> Statement::prepare_one(Connection& connection, std::string_view sql) {
    auto prepared = TRY(prepare(connection, sql));
    const bool more = prepared.statement && TRY(prepare(connection, prepared.rest)).statement.has_value();
    if (!prepared.statement || more) {
        return error(ErrorKind::invalid, fmt::format("one statement is wanted here: {}", shortened(sql)));
    }
    return std::move(*prepared.statement);
}

Statement::Statement(Statement&& other) noexcept
    : connection_{other.connection_},
      handle_{std::exchange(other.handle_, nullptr)},
      sql_{std::move(other.sql_)} {}

Statement::~Statement() {
    if (handle_ != nullptr) connection_->keep_idle(std::move(sql_), handle_);
}

Result<void> Statement::bind(std::span<const Parameter> parameters, Values values) {
    const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(handle_));
    bool fits = wanted == parameters.size();
    for (std::size_t i = 0; fits && i < parameters.size(); ++i) {
        const auto name = fmt::format("${}", i + 1);
        const int index = sqlite3_bind_parameter_index(handle_, name.c_str());
        fits = index != 0;
        if (!fits) break;
        const int code = bind_one(handle_, index, parameters[i],
                                  values == Values::viewed ? SQLITE_STATIC : SQLITE_TRANSIENT);
        if (code != SQLITE_OK) return connection_->failure(code, shortened(sql_));
    }
    if (fits) return {};
    return error(
        ErrorKind::invalid,
        fmt::format(
            "the statement names {} parameters, {} values were given ($1, $2 … each once or more): {}",
            wanted, parameters.size(), shortened(sql_)));
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return connection_->failure(code, shortened(sql_));
}

}  // namespace koppla::db
