#include "db/sqlite/loader.h"

#include "db/naming.h"
#include "db/sqlite/dialect.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <sqlite3.h>

namespace koppla::db {

namespace {

constexpr int unreadable = -1;

template <class T, class... Format>
std::optional<T> number(std::string_view text, Format... format) {
    // from_chars reads "inf" and "nan" too, which no CRM means by a decimal.
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    if (first == text.size() || text[first] < '0' || text[first] > '9') return std::nullopt;
    T value{};
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value, format...);
    if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

int bind_text(sqlite3_stmt* statement, int index, const model::Cell& cell) {
    const char* const data = cell.size == 0 ? "" : cell.data;
    return sqlite3_bind_text64(statement, index, data, cell.size, SQLITE_STATIC, SQLITE_UTF8);
}

}  // namespace

Result<std::unique_ptr<Loader>> SqliteLoader::make(std::shared_ptr<Connection> connection,
                                                   std::string_view table,
                                                   std::span<const LoaderColumn> columns) {
    const SqliteDialect dialect;
    std::string names;
    std::string values;
    std::vector<Column> loaded;
    for (const LoaderColumn& column : columns) {
        const std::string_view comma = loaded.empty() ? "" : ", ";
        names += fmt::format("{}{}", comma, dialect.quoted(column.name));
        values += fmt::format("{}${}", comma, loaded.size() + 1);
        const auto form = [&] {
            switch (column.type.kind) {
                case model::Kind::boolean:
                    return Form::boolean;
                case model::Kind::integer:
                    return Form::integer;
                case model::Kind::decimal:
                    return column.type.is_exact_text() ? Form::text : Form::real;
                default:
                    return Form::text;
            }
        }();
        loaded.push_back(Column{.name = column.name, .form = form});
    }
    auto statement = TRY(Statement::prepare_one(
        *connection, fmt::format("insert into {} ({}) values ({})", dialect.quoted(table), names, values)));
    return std::unique_ptr<Loader>{
        new SqliteLoader{std::move(connection), std::move(statement), std::move(loaded)}};
}

Result<void> SqliteLoader::append(const model::Batch& batch) {
    const std::size_t rows = batch.row_count();
    if (rows == 0) return {};
    if (batch.column_count() != columns_.size()) {
        return error(ErrorKind::invalid,
                     fmt::format("loading a batch of {} columns into {}: {}", batch.column_count(),
                                 columns_.size(), statement_.sql()));
    }
    if (connection_->call().stop.stop_requested()) return connection_->call().cancelled("loading rows");
    for (std::size_t row = 0; row < rows; ++row) TRY(append_row(batch, row));
    // Nothing may view the batch's page once it is the caller's again.
    sqlite3_clear_bindings(statement_.handle());
    return {};
}

Result<void> SqliteLoader::append_row(const model::Batch& batch, std::size_t row) {
    sqlite3_stmt* const statement = statement_.handle();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const model::Cell& cell = batch.cell(i, row);
        const int code = bind(static_cast<int>(i) + 1, columns_[i].form, cell);
        if (code == unreadable) return refusal(columns_[i], cell);
        if (code != SQLITE_OK) return connection_->failure(code, "loading rows");
    }
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) return connection_->failure(code, "loading rows");
    ++rows_;
    return {};
}

int SqliteLoader::bind(int index, Form form, const model::Cell& cell) const {
    sqlite3_stmt* const statement = statement_.handle();
    if (!cell.is_text()) return sqlite3_bind_null(statement, index);
    switch (form) {
        case Form::text:
            return bind_text(statement, index, cell);
        case Form::boolean:
            if (cell.text() == "true") return sqlite3_bind_int(statement, index, 1);
            if (cell.text() == "false") return sqlite3_bind_int(statement, index, 0);
            return unreadable;
        case Form::integer: {
            const auto value = number<std::int64_t>(cell.text());
            return value ? sqlite3_bind_int64(statement, index, *value) : unreadable;
        }
        case Form::real: {
            const auto value = number<double>(cell.text(), std::chars_format::fixed);
            return value ? sqlite3_bind_double(statement, index, *value) : unreadable;
        }
    }
    return unreadable;
}

Error SqliteLoader::refusal(const Column& column, const model::Cell& cell) const {
    const std::string_view wanted = column.form == Form::boolean   ? "true or false"
                                    : column.form == Form::integer ? "a whole number within 64 bits"
                                                                   : "a plain decimal number";
    return db::refusal({.column = column.name, .row = rows_ + 1, .value = cell.text(), .wanted = wanted});
}

}  // namespace koppla::db
