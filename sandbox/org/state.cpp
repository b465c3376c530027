#include "sandbox/org/state.h"

#include "sandbox/soql/scope.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::sandbox {

namespace {

using soql::quoted_name;
using soql::row_column;
using soql::table_sql;

std::string_view column_type(const Field& field) {
    switch (field.storage) {
        case Storage::boolean:
        case Storage::integer:
            return "integer";
        case Storage::real:
            return "real";
        default:
            return "text";
    }
}

std::string index_name(const Object& object, std::string_view field) {
    return quoted_name(fmt::format("org_{}_{}", object.name(), field));
}

std::vector<db::Parameter> parameters_of(const Values& values) {
    std::vector<db::Parameter> parameters;
    for (const auto& [name, value] : values) parameters.push_back(parameter(value));
    return parameters;
}

/// Whether the name is made of its parts: first and last name.
bool composes_name(const Object& object) {
    const Field* name = object.find("Name");
    return name != nullptr && !name->createable && object.has("FirstName") && object.has("LastName");
}

/// The SQL of that name, for a statement whose parameters are `values`; what isn't among them is `otherwise`,
/// or its column where that is empty.
std::string composed_name(const Values& values, std::string_view otherwise) {
    const auto part = [&](const char* name) {
        const auto given = values.find(name);
        if (given != values.end()) return fmt::format("${}", std::distance(values.begin(), given) + 1);
        return otherwise.empty() ? quoted_name(name) : std::string{otherwise};
    };
    return fmt::format("trim(coalesce({} || ' ', '') || coalesce({}, ''))", part("FirstName"),
                       part("LastName"));
}

}  // namespace

std::vector<const Field*> stored_fields(const Object& object) {
    std::vector<const Field*> fields;
    for (const Field& field : object.fields()) {
        if (!field.is_compound()) fields.push_back(&field);
    }
    return fields;
}

Result<void> State::create_if_missing() {
    TRY(transaction_.execute(
        "CREATE TABLE IF NOT EXISTS sandbox_setting (name text PRIMARY KEY, value text NOT NULL);"
        "CREATE TABLE IF NOT EXISTS sandbox_object (position integer PRIMARY KEY, name text NOT NULL UNIQUE,"
        " describe text NOT NULL, last_modified integer NOT NULL, next_number integer NOT NULL);"
        "CREATE TABLE IF NOT EXISTS sandbox_pending (seq integer PRIMARY KEY, object text NOT NULL,"
        " id text NOT NULL, due integer NOT NULL, kind text NOT NULL, fields text NOT NULL);"
        "CREATE INDEX IF NOT EXISTS sandbox_pending_id ON sandbox_pending (id);"
        "CREATE INDEX IF NOT EXISTS sandbox_pending_due ON sandbox_pending (due, seq);"
        "CREATE TABLE IF NOT EXISTS sandbox_pending_key (seq integer NOT NULL, object text NOT NULL,"
        " field text NOT NULL, value text NOT NULL COLLATE NOCASE, id text NOT NULL);"
        "CREATE INDEX IF NOT EXISTS sandbox_pending_key_value ON sandbox_pending_key (value);"
        "CREATE INDEX IF NOT EXISTS sandbox_pending_key_seq ON sandbox_pending_key (seq)"));
    return {};
}

Result<std::optional<std::string>> State::setting(std::string_view name) {
    const auto cursor = TRY(transaction_.query("SELECT value FROM sandbox_setting WHERE name = $1", {name}));
    if (!TRY(cursor->next())) return std::optional<std::string>{};
    return std::optional<std::string>{cursor->text(0)};
}

Result<void> State::set_setting(std::string_view name, std::string_view value) {
    TRY(
        transaction_.execute("INSERT INTO sandbox_setting (name, value) VALUES ($1, $2)"
                             " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                             {name, value}));
    return {};
}

Result<std::vector<Object>> State::objects() {
    std::vector<Object> objects;
    const auto cursor =
        TRY(transaction_.query("SELECT describe, last_modified FROM sandbox_object ORDER BY position"));
    while (TRY(cursor->next())) {
        objects.push_back(TRY(Object::from_describe(std::string{cursor->text(0)}, cursor->integer(1))));
    }
    return objects;
}

Result<void> State::add(const Object& object, std::uint64_t first_number) {
    TRY(transaction_.execute(
        "INSERT INTO sandbox_object (name, describe, last_modified, next_number) VALUES ($1, $2, $3, $4)",
        {std::string_view{object.name()}, std::string_view{object.describe_json()}, object.last_modified_ms(),
         static_cast<std::int64_t>(first_number)}));
    std::string sql = fmt::format("CREATE TABLE {} ({} integer PRIMARY KEY", table_sql(object), row_column);
    for (const Field* field : stored_fields(object)) {
        sql += fmt::format(", {} {}", quoted_name(field->name), column_type(*field));
    }
    TRY(transaction_.execute(sql + ")"));
    return {};
}

Result<void> State::index(const Object& object) {
    const std::string table = table_sql(object);
    TRY(transaction_.execute(
        fmt::format("CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} (\"Id\")", index_name(object, "Id"), table)));
    if (const Field* stamp = object.find("SystemModstamp")) {
        TRY(transaction_.execute(fmt::format("CREATE INDEX IF NOT EXISTS {} ON {} ({}, \"Id\")",
                                             index_name(object, stamp->name), table,
                                             quoted_name(stamp->name))));
    }
    for (const Field& field : object.fields()) {
        if (!field.unique || field.is_compound() || field.is_id()) continue;
        TRY(transaction_.execute(fmt::format("CREATE INDEX IF NOT EXISTS {} ON {} ({}{})",
                                             index_name(object, field.name), table, quoted_name(field.name),
                                             field.case_sensitive ? "" : " COLLATE NOCASE")));
    }
    return {};
}

Result<std::int64_t> State::row_count(const Object& object) {
    const auto cursor = TRY(transaction_.query(fmt::format("SELECT count(*) FROM {}", table_sql(object))));
    TRY(cursor->next());
    return cursor->integer(0);
}

Result<std::vector<std::string>> State::some_ids(const Object& object, std::int64_t count) {
    std::vector<std::string> ids;
    const auto cursor =
        TRY(transaction_.query(fmt::format("SELECT \"Id\" FROM {}{} LIMIT $1", table_sql(object),
                                           object.has("IsDeleted") ? " WHERE \"IsDeleted\" = 0" : ""),
                               {count}));
    while (TRY(cursor->next())) ids.emplace_back(cursor->text(0));
    return ids;
}

Result<std::vector<std::string>> State::ids_with(const Object& object, const Field& field,
                                                 std::string_view value) {
    std::vector<std::string> ids;
    const auto cursor = TRY(transaction_.query(
        fmt::format("SELECT \"Id\" FROM {} WHERE {}{} = $1{} LIMIT 200", table_sql(object),
                    quoted_name(field.name), field.case_sensitive || field.is_id() ? "" : " COLLATE NOCASE",
                    object.has("IsDeleted") ? " AND \"IsDeleted\" = 0" : ""),
        {value}));
    while (TRY(cursor->next())) ids.emplace_back(cursor->text(0));
    return ids;
}

Result<bool> State::has_other(const Object& object, const Values& values, std::string_view id) {
    std::string conditions = object.has("IsDeleted") ? "\"IsDeleted\" = 0" : "1";
    auto parameters = parameters_of(values);
    std::size_t place = 0;
    for (const auto& [name, value] : values) {
        const bool is_text = std::holds_alternative<std::string>(value);
        conditions +=
            fmt::format(" AND {} = ${}{}", quoted_name(name), ++place, is_text ? " COLLATE NOCASE" : "");
    }
    parameters.emplace_back(id);
    const auto cursor =
        TRY(transaction_.query(fmt::format("SELECT 1 FROM {} WHERE {} AND \"Id\" <> ${} LIMIT 1",
                                           table_sql(object), conditions, place + 1),
                               parameters));
    return cursor->next();
}

Result<void> State::index(const Object& object, const Field& field) {
    const bool is_caseless = field.storage == Storage::text && !field.is_id();
    TRY(transaction_.execute(fmt::format("CREATE INDEX IF NOT EXISTS {} ON {} ({}{})",
                                         index_name(object, field.name + "_lookup"), table_sql(object),
                                         quoted_name(field.name), is_caseless ? " COLLATE NOCASE" : "")));
    return {};
}

Result<std::vector<std::string>> State::ids_pointing_to(const Object& object, const Field& reference,
                                                        std::string_view id) {
    std::vector<std::string> ids;
    const auto cursor = TRY(transaction_.query(
        fmt::format("SELECT \"Id\" FROM {} WHERE {} = $1", table_sql(object), quoted_name(reference.name)),
        {id}));
    while (TRY(cursor->next())) ids.emplace_back(cursor->text(0));
    return ids;
}

Result<std::int64_t> State::purge(const Object& object, std::string_view until) {
    if (!object.has("IsDeleted") || !object.has("SystemModstamp")) return std::int64_t{0};
    return transaction_.execute(
        fmt::format("DELETE FROM {} WHERE \"IsDeleted\" = 1 AND \"SystemModstamp\" <= $1", table_sql(object)),
        {until});
}

Result<State::Presence> State::presence(const Object& object, std::string_view id) {
    const auto cursor = TRY(
        transaction_.query(fmt::format("SELECT {} FROM {} WHERE \"Id\" = $1",
                                       object.has("IsDeleted") ? "\"IsDeleted\"" : "0", table_sql(object)),
                           {id}));
    if (!TRY(cursor->next())) return Presence{};
    return Presence{.exists = true, .is_deleted = cursor->integer(0) != 0};
}

Result<std::optional<std::string>> State::text(const Object& object, std::string_view id,
                                               const Field& field) {
    const auto cursor = TRY(transaction_.query(
        fmt::format("SELECT {} FROM {} WHERE \"Id\" = $1", quoted_name(field.name), table_sql(object)),
        {id}));
    if (!TRY(cursor->next()) || cursor->is_null(0)) return std::optional<std::string>{};
    return std::optional<std::string>{cursor->text(0)};
}

Result<std::uint64_t> State::take_number(const Object& object) {
    const auto cursor =
        TRY(transaction_.query("UPDATE sandbox_object SET next_number = next_number + 1 WHERE name = $1"
                               " RETURNING next_number - 1",
                               {std::string_view{object.name()}}));
    TRY(cursor->next());
    const auto number = static_cast<std::uint64_t>(cursor->integer(0));
    // A statement that returns rows has done its work once they are all read.
    TRY(cursor->next());
    return number;
}

Result<void> State::set_next_number(const Object& object, std::uint64_t number) {
    TRY(transaction_.execute("UPDATE sandbox_object SET next_number = $2 WHERE name = $1",
                             {std::string_view{object.name()}, static_cast<std::int64_t>(number)}));
    return {};
}

Result<void> State::insert(const Object& object, const Values& values) {
    std::string columns;
    std::string places;
    std::size_t place = 0;
    for (const auto& [name, value] : values) {
        columns += (columns.empty() ? "" : ", ") + quoted_name(name);
        places += fmt::format("{}${}", places.empty() ? "" : ", ", ++place);
    }
    if (composes_name(object) && !values.contains("Name")) {
        columns += ", \"Name\"";
        places += ", " + composed_name(values, "null");
    }
    TRY(transaction_.execute(
        fmt::format("INSERT INTO {} ({}) VALUES ({})", table_sql(object), columns, places),
        parameters_of(values)));
    return {};
}

Result<bool> State::update(const Object& object, std::string_view id, const Values& values) {
    std::string sets;
    std::size_t place = 0;
    for (const auto& [name, value] : values) {
        sets += fmt::format("{}{} = ${}", sets.empty() ? "" : ", ", quoted_name(name), ++place);
    }
    if (composes_name(object) && (values.contains("FirstName") || values.contains("LastName")))
        sets += ", \"Name\" = " + composed_name(values, {});
    auto parameters = parameters_of(values);
    parameters.emplace_back(id);
    const auto changed = TRY(transaction_.execute(
        fmt::format("UPDATE {} SET {} WHERE \"Id\" = ${}", table_sql(object), sets, place + 1), parameters));
    return changed != 0;
}

Result<bool> State::erase(const Object& object, std::string_view id) {
    return TRY(transaction_.execute(fmt::format("DELETE FROM {} WHERE \"Id\" = $1", table_sql(object)),
                                    {id})) != 0;
}

}  // namespace koppla::sandbox
