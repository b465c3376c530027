#include "platform/store_copy.h"

#include "base/stable_hash.h"
#include "model/plain_number.h"
#include "platform/accounts.h"
#include "platform/local_table.h"
#include "platform/rows.h"
#include "platform/schemas.h"

#include <array>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

using model::FieldSchema;
using model::Kind;

enum class Form { text, number, bytes };
struct OwnColumn {
    std::string_view name;
    Form form = Form::text;
};
struct OwnTable {
    std::string_view name;
    std::vector<OwnColumn> columns;
    bool is_numbered = false;
};

/// What the platform remembers, in an order in which every row finds what it points to. Schemas are recorded
/// anew.
std::vector<OwnTable> own_tables() {
    using enum Form;
    return {{"koppla_account", {{"name"}, {"type"}, {"label"}, {"comment"}}},
            {"koppla_account_setting", {{"account"}, {"name"}, {"value"}}},
            {"koppla_account_secret", {{"account"}, {"setting"}, {"key_id"}, {"sealed", bytes}}},
            {"koppla_option", {{"name"}, {"value"}, {"comment"}, {"scope"}, {"updated_at"}, {"updated_by"}}},
            {"koppla_enumeration", {{"account"}, {"object"}, {"field"}, {"label"}}},
            {"koppla_enumeration_value",
             {{"account"},
              {"object"},
              {"field"},
              {"position", number},
              {"code"},
              {"label"},
              {"is_default", number},
              {"is_active", number},
              {"valid_for"}}},
            {"koppla_run",
             {{"id", number},
              {"kind"},
              {"account"},
              {"object"},
              {"started_at"},
              {"ended_at"},
              {"outcome"},
              {"rows_read", number},
              {"rows_added", number},
              {"rows_changed", number},
              {"rows_unchanged", number},
              {"rows_rejected", number},
              {"crm_rows", number},
              {"calls", number},
              {"message"},
              {"detail"}},
             true},
            {"koppla_reject",
             {{"run", number},
              {"position", number},
              {"object"},
              {"remote_id"},
              {"symbol"},
              {"message"},
              {"record"},
              {"fields"},
              {"is_undecided", number}}},
            {"koppla_write", {{"run", number}, {"definition"}, {"is_over", number}}},
            {"koppla_shipment",
             {{"run", number},
              {"number", number},
              {"first_row", number},
              {"last_row", number},
              {"reference"},
              {"is_over", number}}},
            {"koppla_result",
             {{"run", number},
              {"position", number},
              {"shipment", number},
              {"outcome"},
              {"row_name"},
              {"remote_id"},
              {"is_created", number},
              {"attempts", number},
              {"symbol"},
              {"message"},
              {"fields"}}},
            {"koppla_deletion", {{"run", number}, {"remote_id"}, {"deleted_at"}, {"merged_into"}}},
            {"koppla_audit", {{"id", number}, {"at"}, {"who"}, {"verb"}, {"subject"}, {"detail"}}, true}};
}

db::Parameter value_of(const db::Cursor& row, int column, Form form) {
    if (row.is_null(column)) return std::monostate{};
    switch (form) {
        case Form::number:
            return row.integer(column);
        case Form::bytes:
            return row.bytes(column);
        case Form::text:
            break;
    }
    return row.text(column);
}

Result<void> copy_own(db::Transaction& from, db::Transaction& to, const db::Dialect& dialect,
                      const OwnTable& table) {
    std::string names;
    std::string marks;
    for (const OwnColumn& column : table.columns) {
        const std::size_t number = static_cast<std::size_t>(&column - table.columns.data()) + 1;
        names += fmt::format("{}{}", number == 1 ? "" : ", ", column.name);
        marks += fmt::format("{}${}", number == 1 ? "" : ", ", number);
    }
    const std::string insert = fmt::format("insert into {} ({}) values ({})", table.name, names, marks);
    auto rows = TRY(from.query(fmt::format("select {} from {}", names, table.name)));
    std::vector<db::Parameter> values(table.columns.size());
    while (TRY(rows->next())) {
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = value_of(*rows, static_cast<int>(i), table.columns[i].form);
        TRY(to.execute(insert, std::span<const db::Parameter>{values}));
    }
    const std::string go_on = table.is_numbered ? dialect.go_on_numbering_sql(table.name) : "";
    if (!go_on.empty()) TRY(to.execute(go_on));
    return {};
}

/// One table of records: its schema, and how its rows are read.
class Records {
  public:
    explicit Records(const model::ObjectSchema& schema) : schema_{schema} {
        for (const FieldSchema& field : schema.fields)
            columns_.push_back({.name = field.column, .type = field.type});
    }
    [[nodiscard]] const std::vector<db::LoaderColumn>& columns() const { return columns_; }

    Result<void> open(db::Transaction& transaction, const db::Dialect& dialect) {
        std::string names;
        for (const db::LoaderColumn& column : columns_)
            names += fmt::format("{}{}", names.empty() ? "" : ", ", dialect.quoted(column.name));
        rows_ = TRY(
            transaction.query(fmt::format("select {} from {}", names, dialect.quoted(schema_.local_table))));
        return {};
    }
    /// The next rows, in the canonical text of their types, whichever database they come from; none: all are
    /// read.
    Result<void> next(model::Batch& batch) {
        batch.recycle(columns_.size());
        while (!batch.is_full() && TRY(rows_->next())) {
            std::uint64_t row = 0;
            for (std::size_t column = 0; column < columns_.size(); ++column) {
                const model::Cell cell = cell_of(static_cast<int>(column), columns_[column].type, batch);
                batch.push(cell);
                row = row * 31 + (cell.is_text() ? stable_hash(cell.text()) : 7);
            }
            sum_ += row;
            ++count_;
        }
        return {};
    }
    [[nodiscard]] std::int64_t count() const { return count_; }
    /// Equal for equal rows, whatever their order.
    [[nodiscard]] std::uint64_t sum() const { return sum_; }

  private:
    model::Cell cell_of(int column, const model::Type& type, model::Batch& batch) {
        if (rows_->is_null(column)) return model::Cell::null();
        std::string text{rows_->text(column)};
        if (type.kind == Kind::boolean) text = rows_->integer(column) != 0 ? "true" : "false";
        if (type.kind == Kind::decimal) text = model::plain_number(text).value_or(text);
        return model::Cell::of(batch.keep(text));
    }

    const model::ObjectSchema& schema_;
    std::vector<db::LoaderColumn> columns_;
    std::unique_ptr<db::Cursor> rows_;
    std::int64_t count_ = 0;
    std::uint64_t sum_ = 0;
};

class Copying {
  public:
    Copying(db::Transaction& from, const db::Dialect& from_dialect, db::Transaction& to,
            const db::Dialect& to_dialect)
        : from_{from}, from_dialect_{from_dialect}, to_{to}, to_dialect_{to_dialect} {}

    Result<std::vector<CopiedTable>> run() {
        for (const OwnTable& table : own_tables()) TRY(copy_own(from_, to_, to_dialect_, table));
        std::vector<CopiedTable> copied;
        const auto accounts =
            TRY(read_all(from_, "select name from koppla_account order by name", {},
                         [](const db::Cursor& row) -> Result<std::string> { return text_at(row, 0); }));
        for (const std::string& account : accounts) {
            for (const RecordedSchema& recorded : TRY(Schemas{from_}.list(account))) {
                RecordedSchema fitted = recorded;
                fit(fitted.schema);
                const std::string source = TRY(Schemas{from_}.source(account, recorded.schema.name));
                TRY(Schemas{to_}.put(fitted, source));
                if (recorded.schema.local_table.empty()) continue;
                copied.push_back(TRY(copy_records(recorded.schema, fitted, account)));
            }
        }
        return copied;
    }

  private:
    /// Names may be longer here than they are taken there.
    void fit(model::ObjectSchema& schema) const {
        schema.local_table = to_dialect_.fitting(schema.local_table);
        for (FieldSchema& field : schema.fields) field.column = to_dialect_.fitting(field.column);
    }

    Result<CopiedTable> copy_records(const model::ObjectSchema& schema, const RecordedSchema& fitted,
                                     const std::string& account) {
        TRY(to_.execute(create_table_sql(fitted.schema, to_dialect_)));
        Records read{schema};
        Records written{fitted.schema};
        TRY(read.open(from_, from_dialect_));
        model::Batch batch;
        {
            auto loader = TRY(to_.loader(fitted.schema.local_table, written.columns()));
            for (TRY(read.next(batch)); batch.row_count() > 0; TRY(read.next(batch)))
                TRY(loader->append(batch));
            TRY(loader->finish());
        }
        for (const std::string& sql : create_index_sql(fitted.schema, to_dialect_)) TRY(to_.execute(sql));
        if (has_label_view(fitted.schema))
            TRY(to_.execute(create_label_view_sql(fitted.schema, account, to_dialect_)));
        TRY(written.open(to_, to_dialect_));
        for (TRY(written.next(batch)); batch.row_count() > 0;) TRY(written.next(batch));
        if (read.count() == written.count() && read.sum() == written.sum())
            return CopiedTable{.table = fitted.schema.local_table, .rows = read.count()};
        return error(ErrorKind::corrupt,
                     fmt::format("the copy of {} isn't what was read: {} rows were read, {} are there",
                                 schema.local_table, read.count(), written.count()));
    }

    db::Transaction& from_;
    const db::Dialect& from_dialect_;
    db::Transaction& to_;
    const db::Dialect& to_dialect_;
};

/// The rows that a run has yet to send lie in a table of its own, under its number in this store.
Result<void> refuse_unfinished_exports(db::Transaction& transaction) {
    const auto run =
        TRY(read_first(transaction, "select min(run) from koppla_write where not is_over having count(*) > 0",
                       {}, [](const db::Cursor& row) -> Result<std::int64_t> { return row.integer(0); }));
    if (!run) return {};
    return error(ErrorKind::conflict,
                 fmt::format("run {0} hasn't sent all its rows; finish it first with: koppla run resume {0}, "
                             "or drop what is left with: koppla run forget {0}",
                             *run));
}

}  // namespace

Result<std::vector<CopiedTable>> copy_store(const Store& from, std::string_view location, CopiedKey key,
                                            const Call& call, const StoreEnvironment& environment) {
    const auto reading = TRY(from.database().begin(db::Access::read, call));
    TRY(refuse_unfinished_exports(*reading));
    std::vector<CopiedTable> copied;
    const auto fill = [&](db::Transaction& transaction, const db::Dialect& dialect) -> Result<void> {
        copied = TRY(Copying{*reading, from.database().dialect(), transaction, dialect}.run());
        return {};
    };
    TRY(Store::create_like(location, from.vault(), key, fill, call, environment));
    return copied;
}

}  // namespace koppla
