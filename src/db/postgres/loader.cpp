#include "db/postgres/loader.h"

#include "db/postgres/dialect.h"

#include <fmt/format.h>

namespace koppla::db::postgres {

namespace {

/// What is sent at a time: enough that a call of the system doesn't count, and little enough for a cache.
constexpr std::size_t sent_bytes = std::size_t{64} << 10U;

std::string copy_sql(std::string_view quoted_table, std::span<const LoaderColumn> columns) {
    const Dialect dialect;
    std::string names;
    for (const LoaderColumn& column : columns)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", dialect.quoted(column.name));
    return fmt::format("copy {} ({}) from stdin (format binary)", quoted_table, names);
}

}  // namespace

Loader::Loader(std::shared_ptr<Connection> connection, std::string_view quoted_table,
               std::span<const LoaderColumn> columns)
    : connection_{std::move(connection)},
      sql_{copy_sql(quoted_table, columns)},
      width_{columns.size()},
      rows_{columns} {}

Loader::~Loader() {
    make_way();
}

void Loader::make_way() {
    if (const auto closed = close(); !closed && !failed_) failed_ = closed.error();
}

Result<void> Loader::open() {
    if (failed_) return *failed_;
    if (is_open_) return {};
    TRY(connection_->begin_copy(sql_));
    connection_->occupy(*this);
    is_open_ = true;
    rows_.begin();
    return {};
}

Result<void> Loader::close() {
    if (!is_open_) return {};
    is_open_ = false;
    rows_.end();
    Result<void> sent = send();
    const auto taken = sent ? connection_->end_copy() : Result<std::int64_t>{0};
    connection_->vacate(*this);
    if (!sent) {
        connection_->abandon();
        return sent;
    }
    if (!taken) return taken.error();
    return {};
}

Result<void> Loader::send() {
    Result<void> sent = connection_->send_copy(rows_.bytes());
    rows_.clear();
    return sent;
}

Result<void> Loader::append(const model::Batch& batch) {
    if (batch.row_count() == 0) return {};
    if (batch.column_count() != width_) {
        return error(ErrorKind::invalid, fmt::format("loading a batch of {} columns into {}: {}",
                                                     batch.column_count(), width_, sql_));
    }
    TRY(open());
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
        if (auto added = rows_.add(batch, row); !added) {
            failed_ = added.error();
            return added;
        }
        if (rows_.bytes().size() >= sent_bytes) TRY(send());
    }
    return {};
}

Result<std::int64_t> Loader::finish() {
    TRY(close());
    if (failed_) return *failed_;
    return rows_.rows();
}

}  // namespace koppla::db::postgres
