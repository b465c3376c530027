#pragma once

#include "base/call.h"
#include "db/value.h"
#include "model/batch.h"
#include "model/type.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::db {

enum class Access {
    read,       ///< sees the state of its beginning
    write,      ///< one at a time in the whole store
    write_own,  ///< only to what a lock of the caller's covers: where the database can, beside other writers
};

/// Rows of a query, one at a time. Text and bytes live until the next `next()`. Text of instants, wall-clock
/// times and booleans is as the database has it where that is a text or a number, else the canonical text.
class Cursor {
  public:
    virtual ~Cursor() = default;
    /// True: a row stands ready. False: no more.
    virtual Result<bool> next() = 0;
    [[nodiscard]] virtual int column_count() const = 0;
    [[nodiscard]] virtual std::string_view column_name(int column) const = 0;
    [[nodiscard]] virtual bool is_null(int column) const = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
    [[nodiscard]] virtual double real(int column) const = 0;
    [[nodiscard]] virtual std::string_view text(int column) const = 0;
    [[nodiscard]] virtual Bytes bytes(int column) const = 0;
};

/// Appends batches to a table without keys, at the store's full speed. Batch column i goes to the loader's
/// column i; cells are canonical text of the column's type; `absent` is loaded as NULL. Rows are sure to be
/// there only after `finish`.
class Loader {
  public:
    virtual ~Loader() = default;
    virtual Result<void> append(const model::Batch& batch) = 0;
    /// Rows appended in all.
    virtual Result<std::int64_t> finish() = 0;
};

struct LoaderColumn {
    std::string name;
    model::Type type;
};

/// What differs between databases, as text of SQL; everything else is the dialect both share.
class Dialect {
  public:
    virtual ~Dialect() = default;
    /// "name" with its quotes doubled.
    [[nodiscard]] std::string quoted(std::string_view identifier) const;
    /// 'text' with its quotes doubled.
    [[nodiscard]] std::string literal(std::string_view text) const;
    /// The column type that holds `type` exactly: "integer", "real", "text" …
    [[nodiscard]] virtual std::string column_type(const model::Type& type) const = 0;
    [[nodiscard]] virtual std::string_view is_distinct_from()
        const = 0;  ///< null-safe inequality of two rows
    /// A query with a row where a table or view of the name $1 is.
    [[nodiscard]] virtual std::string_view relation_exists_sql() const = 0;
    /// A column that numbers its rows by itself, and is the key.
    [[nodiscard]] virtual std::string_view numbered_key() const = 0;
    /// A statement by which such a column goes on behind the rows that were given numbers; empty: it does so
    /// anyway.
    [[nodiscard]] virtual std::string go_on_numbering_sql(std::string_view table) const = 0;
    [[nodiscard]] virtual std::string_view bytes_type() const = 0;
    [[nodiscard]] virtual int table_columns_max() const = 0;
    [[nodiscard]] virtual int identifier_bytes_max() const = 0;
    /// A name as the database takes it: one that is too long is cut, and told from others by a hash of it
    /// all.
    [[nodiscard]] std::string fitting(std::string_view name) const;
};

/// A transaction: rolls back when destroyed without `commit`. One thread at a time. After a statement that
/// failed there may be nothing left but its end; where that is to be gone on from, it is an `attempt`.
class Transaction {
  public:
    virtual ~Transaction() = default;
    virtual Result<std::unique_ptr<Cursor>> query(std::string_view sql,
                                                  std::span<const Parameter> parameters) = 0;
    /// Rows changed. With several statements (no parameters then), of the last.
    virtual Result<std::int64_t> execute(std::string_view sql, std::span<const Parameter> parameters) = 0;
    /// The same for statements that may fail: then the transaction is as it was before them.
    virtual Result<std::int64_t> attempt(std::string_view sql) = 0;
    virtual Result<std::unique_ptr<Loader>> loader(std::string_view table,
                                                   std::span<const LoaderColumn> columns) = 0;
    virtual Result<void> commit() = 0;

    Result<std::unique_ptr<Cursor>> query(std::string_view sql,
                                          std::initializer_list<Parameter> parameters = {}) {
        return query(sql, std::span{parameters.begin(), parameters.size()});
    }
    Result<std::int64_t> execute(std::string_view sql, std::initializer_list<Parameter> parameters = {}) {
        return execute(sql, std::span{parameters.begin(), parameters.size()});
    }
};

/// A keyless table outside the store's journal, for rows on their way to a merge. What was kept outlives the
/// process, however it ends (not the machine's restart), and the next `begin_staging` of that name and those
/// columns finds it; what was appended after the last `keep` does not.
class Staging {
  public:
    virtual ~Staging() = default;
    /// The note of the last `keep`, which speaks of just the rows that are here; empty where nothing was
    /// kept.
    [[nodiscard]] virtual std::string kept() const = 0;
    virtual Result<void> append(const model::Batch& batch) = 0;
    /// All rows so far, and a note of the caller's.
    virtual Result<void> keep(std::string_view note) = 0;
    /// Closes the table for rows and shows it to the database's transactions under `name()`. Rows in all.
    virtual Result<std::int64_t> finish() = 0;
    [[nodiscard]] virtual std::string name() const = 0;  ///< quoted, to be put into SQL as it is
    /// Rows and note are of no more use: they go when this is destroyed, at the latest.
    virtual void discard() = 0;
};

/// A name that one process, and in it one thread, has to itself until this is destroyed; a crash gives it
/// back.
class Lock {
  public:
    virtual ~Lock() = default;
};

/// SQLite or PostgreSQL. Statements use $1, $2 … and the dialect both share. Thread-safe; transactions are
/// not.
class Database {
  public:
    virtual ~Database() = default;
    [[nodiscard]] virtual const Dialect& dialect() const = 0;
    /// `write` waits for the one writer until the call ends, a minute where it has no deadline; then
    /// `unavailable`, naming who to look for. The deadline bounds waiting for locks alone; a stop ends
    /// statements too, as `cancelled`.
    virtual Result<std::unique_ptr<Transaction>> begin(Access access, const Call& call) = 0;
    /// `conflict` where another process works on it.
    virtual Result<std::unique_ptr<Staging>> begin_staging(std::string_view name,
                                                           std::span<const LoaderColumn> columns) = 0;
    /// Drops what was kept under that name, if anything; `conflict` where another process works on it.
    virtual Result<void> discard_staging(std::string_view name) = 0;
    /// Never waits: `conflict` where another holds it.
    virtual Result<std::unique_ptr<Lock>> lock(std::string_view name) = 0;
    /// What is damaged, each in words; nothing where all is whole.
    virtual Result<std::vector<std::string>> damages(const Call& call) = 0;
};

}  // namespace koppla::db
