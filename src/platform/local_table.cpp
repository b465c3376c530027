#include "platform/local_table.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace koppla {

namespace {

using model::FieldSchema;
using model::Kind;
using model::ObjectSchema;

/// `wanted`, or `wanted_2`, `wanted_3` …, as the database takes it: the first that `is_taken` doesn't know.
std::string first_free(const std::string& wanted, const db::Dialect& dialect,
                       const std::function<bool(const std::string&)>& is_taken) {
    std::string candidate = dialect.fitting(wanted);
    for (int number = 2; is_taken(candidate); ++number)
        candidate = dialect.fitting(fmt::format("{}_{}", wanted, number));
    return candidate;
}

bool is_indexed(const ObjectSchema& schema, const FieldSchema& field) {
    return !field.is_parked && (field.type.kind == Kind::reference || field.name == schema.stamp);
}

/// In quotes.
std::string index_name(const ObjectSchema& schema, const FieldSchema& field, const db::Dialect& dialect) {
    const std::string name = field.name == schema.key
                                 ? schema.local_table + "_key"
                                 : fmt::format("{}_by_{}", schema.local_table, field.column);
    return dialect.quoted(dialect.fitting(name));
}

}  // namespace

Result<void> name_locally(ObjectSchema& schema, std::string_view account, const db::Dialect& dialect,
                          const std::function<bool(std::string_view)>& is_taken) {
    const auto width = static_cast<int>(schema.fields.size());
    if (width > dialect.table_columns_max()) {
        return error(ErrorKind::unsupported,
                     fmt::format("{} has {} fields and a table here at most {} columns; choose some with "
                                 "--fields {}=Name,…  or leave some out with --exclude {}=Name,…",
                                 schema.name, width, dialect.table_columns_max(), schema.name, schema.name));
    }
    if (schema.local_table.empty()) {
        schema.local_table =
            first_free(model::local_name(fmt::format("{}_{}", account, schema.name)), dialect, is_taken);
    }
    std::set<std::string, std::less<>> columns;
    for (const FieldSchema& field : schema.fields) {
        if (!field.column.empty()) columns.insert(field.column);
    }
    for (FieldSchema& field : schema.fields) {
        if (!field.column.empty()) continue;
        field.column = first_free(model::local_name(field.name), dialect,
                                  [&](const std::string& candidate) { return columns.contains(candidate); });
        columns.insert(field.column);
    }
    return {};
}

std::string create_table_sql(const ObjectSchema& schema, const db::Dialect& dialect) {
    std::string sql = fmt::format("create table {} (", dialect.quoted(schema.local_table));
    for (const FieldSchema& field : schema.fields) {
        sql += fmt::format("{}\n  {} {}{}", &field == &schema.fields.front() ? "" : ",",
                           dialect.quoted(field.column), dialect.column_type(field.type),
                           field.name == schema.key ? " not null" : "");
    }
    return sql + "\n)";
}

std::vector<std::string> create_index_sql(const ObjectSchema& schema, const db::Dialect& dialect) {
    std::vector<std::string> statements;
    for (const FieldSchema& field : schema.fields) {
        const bool is_key = field.name == schema.key;
        if (!is_key && !is_indexed(schema, field)) continue;
        statements.push_back(fmt::format("create {}index {} on {} ({})", is_key ? "unique " : "",
                                         index_name(schema, field, dialect),
                                         dialect.quoted(schema.local_table), dialect.quoted(field.column)));
    }
    return statements;
}

std::vector<std::string> drop_index_sql(const ObjectSchema& schema, const db::Dialect& dialect) {
    std::vector<std::string> statements;
    for (const FieldSchema& field : schema.fields) {
        if (field.name != schema.key && !is_indexed(schema, field)) continue;
        statements.push_back(fmt::format("drop index if exists {}", index_name(schema, field, dialect)));
    }
    return statements;
}

bool has_labels(const ObjectSchema& schema, const FieldSchema& field) {
    const bool is_enumeration = field.type.kind == Kind::enumeration || field.type.kind == Kind::enumerations;
    return is_enumeration && schema.find(field.name) == &field;
}

bool has_label_view(const ObjectSchema& schema) {
    return std::ranges::any_of(schema.fields,
                               [](const FieldSchema& field) { return field.type.kind == Kind::enumeration; });
}

std::string label_view_name(const ObjectSchema& schema, const db::Dialect& dialect) {
    return dialect.fitting(schema.local_table + "_labels");
}

std::string create_label_view_sql(const ObjectSchema& schema, std::string_view account,
                                  const db::Dialect& dialect) {
    std::set<std::string, std::less<>> names;
    for (const FieldSchema& field : schema.fields) names.insert(field.column);

    std::string columns;
    for (const FieldSchema& field : schema.fields) {
        const std::string column = dialect.quoted(field.column);
        columns += fmt::format("{}\n  t.{}", columns.empty() ? "" : ",", column);
        if (!has_labels(schema, field) || field.type.kind != Kind::enumeration) continue;
        const std::string label =
            first_free(field.column + "_label", dialect,
                       [&](const std::string& candidate) { return names.contains(candidate); });
        names.insert(label);
        columns += fmt::format(
            ",\n  (select v.label from koppla_enumeration_value v where v.account = {} and v.object = {} "
            "and v.field = {} and v.code = t.{}) as {}",
            dialect.literal(account), dialect.literal(schema.name), dialect.literal(field.name), column,
            dialect.quoted(label));
    }
    return fmt::format("create view {} as select{}\nfrom {} t",
                       dialect.quoted(label_view_name(schema, dialect)), columns,
                       dialect.quoted(schema.local_table));
}

}  // namespace koppla
