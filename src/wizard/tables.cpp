#include "wizard/tables.h"

#include "platform/local_table.h"
#include "platform/schemas.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

using model::FieldSchema;
using model::Kind;
using model::ObjectSchema;

Result<bool> exists(db::Transaction& transaction, const db::Dialect& dialect, std::string_view relation) {
    const auto cursor = TRY(transaction.query(dialect.relation_exists_sql(), {relation}));
    return cursor->next();
}

Result<std::optional<ObjectSchema>> recorded(db::Transaction& transaction, const std::string& account,
                                             const std::string& object) {
    Result<RecordedSchema> found = Schemas{transaction}.find(account, object);
    if (found) return std::optional{std::move(found->schema)};
    if (found.error().kind == ErrorKind::not_found) return std::optional<ObjectSchema>{};
    return found.error();
}

Result<std::set<std::string>> columns_of(db::Transaction& transaction, const std::string& quoted_table) {
    const auto cursor = TRY(transaction.query(fmt::format("select * from {} limit 0", quoted_table)));
    std::set<std::string> columns;
    for (int i = 0; i < cursor->column_count(); ++i) columns.insert(std::string{cursor->column_name(i)});
    return columns;
}

/// "20261124".
std::string day_of(Instant at) {
    std::string day = format_instant(at).substr(0, 10);
    std::erase(day, '-');
    return day;
}

class TakingIn {
  public:
    TakingIn(db::Transaction& transaction, const db::Dialect& dialect, const std::string& account,
             Impact allowed, const Clock& clock)
        : transaction_{transaction},
          dialect_{dialect},
          account_{account},
          allowed_{allowed},
          clock_{clock},
          day_{day_of(clock.now())} {}

    Result<TableChange> take_in(ChosenObject object) {
        TableChange change{.object = object.schema.name};
        const std::optional<ObjectSchema> before = TRY(recorded(transaction_, account_, change.object));
        std::vector<ColumnRename> renames;
        if (before) {
            Evolution evolution = evolve(*before, std::move(object.schema), day_);
            change.is_held_back = evolution.impact() > allowed_;
            change.changes = std::move(evolution.changes);
            if (change.is_held_back) return change;
            renames = std::move(evolution.renames);
            object.schema = std::move(evolution.schema);
            fit(object.schema, renames);
        }
        ObjectSchema& schema = object.schema;
        TRY(name(schema));
        std::map<int, std::vector<std::string_view>> kept_as_text;  // by digits
        for (const FieldSchema& field : schema.fields) {
            if (field.is_parked || (before && before->find(field.name) != nullptr)) continue;
            const bool is_number = field.type.kind == Kind::decimal;
            if (is_number && dialect_.column_type(field.type) == dialect_.column_type({}))
                kept_as_text[field.type.precision].push_back(field.name);
            const std::string plain = model::local_name(field.name);
            if (field.column == plain) continue;
            const bool is_cut = dialect_.fitting(plain) != plain;
            change.notices.push_back(fmt::format("{}.{} has the column {}, since {}", schema.name, field.name,
                                                 field.column,
                                                 is_cut ? "its name is longer than the database takes"
                                                        : "another has its name in lower case"));
        }
        for (const auto& [digits, fields] : kept_as_text) {
            change.notices.push_back(
                fmt::format("{}: {} digits are more than a number here holds exactly, kept as text: {}",
                            schema.name, digits, fmt::join(fields, ", ")));
        }
        change.table = schema.local_table;
        change.fields = schema.fields.size();
        change.is_new = !TRY(exists(transaction_, dialect_, schema.local_table));
        TRY(drop_label_view(schema));
        TRY(change.is_new ? make_table(schema)
                          : extend_table(before.value_or(schema), schema, renames, change));
        TRY(make_label_view(schema));
        TRY(record(object));
        return change;
    }

  private:
    /// What is left behind gets a longer name than it had.
    void fit(ObjectSchema& schema, std::vector<ColumnRename>& renames) const {
        for (FieldSchema& field : schema.fields) field.column = dialect_.fitting(field.column);
        for (ColumnRename& rename : renames) rename.to = dialect_.fitting(rename.to);
    }

    Result<void> name(ObjectSchema& schema) {
        Result<void> asked;
        TRY(name_locally(schema, account_, dialect_, [&](std::string_view table) {
            const Result<bool> taken = exists(transaction_, dialect_, table);
            if (!taken) asked = taken.error();
            return taken && *taken;
        }));
        return asked;
    }

    Result<void> make_table(const ObjectSchema& schema) {
        TRY(transaction_.execute(create_table_sql(schema, dialect_)));
        for (const std::string& sql : create_index_sql(schema, dialect_)) TRY(transaction_.execute(sql));
        return {};
    }

    Result<void> extend_table(const ObjectSchema& before, const ObjectSchema& schema,
                              const std::vector<ColumnRename>& renames, TableChange& change) {
        const std::string table = dialect_.quoted(schema.local_table);
        for (const ColumnRename& rename : renames) {
            TRY(transaction_.execute(fmt::format("alter table {} rename column {} to {}", table,
                                                 dialect_.quoted(rename.from), dialect_.quoted(rename.to))));
        }
        const std::set<std::string> there = TRY(columns_of(transaction_, table));
        for (const FieldSchema& field : schema.fields) {
            if (there.contains(field.column)) continue;
            TRY(transaction_.execute(fmt::format("alter table {} add column {} {}", table,
                                                 dialect_.quoted(field.column),
                                                 dialect_.column_type(field.type))));
            change.columns_added.push_back(field.column);
        }
        if (change.columns_added.empty() && change.changes.empty()) return {};
        for (const std::string& sql : drop_index_sql(before, dialect_)) TRY(transaction_.execute(sql));
        for (const std::string& sql : drop_index_sql(schema, dialect_)) TRY(transaction_.execute(sql));
        for (const std::string& sql : create_index_sql(schema, dialect_)) TRY(transaction_.execute(sql));
        return {};
    }

    Result<void> drop_label_view(const ObjectSchema& schema) {
        TRY(transaction_.execute(
            fmt::format("drop view if exists {}", dialect_.quoted(label_view_name(schema, dialect_)))));
        return {};
    }

    Result<void> make_label_view(const ObjectSchema& schema) {
        if (!has_label_view(schema)) return {};
        TRY(transaction_.execute(create_label_view_sql(schema, account_, dialect_)));
        return {};
    }

    Result<void> record(const ChosenObject& object) {
        const ObjectSchema& schema = object.schema;
        TRY(Schemas{transaction_}.put({.account = account_, .schema = schema, .recorded_at = clock_.now()},
                                      object.source));
        Enumerations enumerations{transaction_};
        TRY(enumerations.remove(account_, schema.name));
        for (const FieldSchema& field : schema.fields) {
            if (!has_labels(schema, field)) continue;
            TRY(enumerations.put({.account = account_,
                                  .object = schema.name,
                                  .field = field.name,
                                  .label = fmt::format("{} of {}", field.label, schema.label),
                                  .values = field.values}));
        }
        return {};
    }

    db::Transaction& transaction_;
    const db::Dialect& dialect_;
    const std::string& account_;
    const Impact allowed_;
    const Clock& clock_;
    const std::string day_;
};

}  // namespace

Result<std::vector<TableChange>> take_in(db::Database& database, const std::string& account,
                                         std::vector<ChosenObject> objects, Impact allowed,
                                         const Clock& clock, const Call& call) {
    const auto transaction = TRY(database.begin(db::Access::write, call));
    TakingIn taking{*transaction, database.dialect(), account, allowed, clock};
    std::vector<TableChange> changes;
    changes.reserve(objects.size());
    for (ChosenObject& object : objects) changes.push_back(TRY(taking.take_in(std::move(object))));
    TRY(transaction->commit());
    return changes;
}

}  // namespace koppla
