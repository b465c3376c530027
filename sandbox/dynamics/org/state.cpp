#include "sandbox/dynamics/org/state.h"

#include "sandbox/dynamics/org/delta.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

std::string_view column_type(Storage storage) {
    switch (storage) {
        case Storage::integer:
        case Storage::scaled:
            return "integer";
        case Storage::real:
            return "real";
        case Storage::text:
            return "text COLLATE NOCASE";
        default:
            return "text";
    }
}

std::string index_sql(const Table& table, std::string_view name, const std::string& columns,
                      std::string_view kind, const std::string& where = {}) {
    return fmt::format("CREATE {} IF NOT EXISTS {} ON {} ({}){}", kind,
                       dynamics::quoted(fmt::format("dynamics_{}_{}", table.name(), name)), table_sql(table),
                       columns, where);
}

std::vector<db::Parameter> parameters_of(const Values& values) {
    std::vector<db::Parameter> parameters;
    for (const auto& [name, value] : values) parameters.push_back(parameter(value));
    return parameters;
}

std::string list_of(const std::vector<std::string>& columns) {
    std::string list;
    for (const auto& column : columns) list += (list.empty() ? "" : ", ") + dynamics::quoted(column);
    return list;
}

std::string hidden_sql(const Table& table) {
    return dynamics::quoted("dynamics_hidden_" + table.name());
}

std::string id_sql(const Table& table) {
    return dynamics::quoted(table.primary_id());
}

}  // namespace

std::vector<std::string> column_names(const Table& table) {
    std::vector<std::string> columns;
    for (const Attribute& attribute : table.attributes())
        if (attribute.is_stored()) columns.push_back(attribute.name);
    if (!table.has(version_column)) columns.emplace_back(version_column);
    return columns;
}

Storage storage_of(const Table& table, std::string_view column) {
    const auto* attribute = table.find(column);
    return attribute == nullptr ? Storage::integer : attribute->storage();
}

Result<void> State::create_if_missing() {
    TRY(transaction_.execute(fmt::format(
        "CREATE TABLE IF NOT EXISTS dynamics_setting (name text PRIMARY KEY, value text NOT NULL);"
        "CREATE TABLE IF NOT EXISTS dynamics_version (value integer NOT NULL);"
        "INSERT INTO dynamics_version SELECT 1000000 WHERE NOT EXISTS (SELECT 1 FROM dynamics_version);"
        "CREATE TABLE IF NOT EXISTS {} (table_name text NOT NULL, id text NOT NULL,"
        " version integer NOT NULL, time integer NOT NULL);"
        "CREATE INDEX IF NOT EXISTS dynamics_deleted_version ON {} (table_name, version);"
        "CREATE TABLE IF NOT EXISTS dynamics_pending (seq integer PRIMARY KEY, table_name text NOT NULL,"
        " id text NOT NULL, due integer NOT NULL, kind text NOT NULL, version integer NOT NULL,"
        " time integer NOT NULL, fields text NOT NULL);"
        "CREATE INDEX IF NOT EXISTS dynamics_pending_id ON dynamics_pending (id);"
        "CREATE INDEX IF NOT EXISTS dynamics_pending_due ON dynamics_pending (due, seq)",
        deleted_sql, deleted_sql)));
    return {};
}

Result<std::optional<std::string>> State::setting(std::string_view name) {
    const auto cursor = TRY(transaction_.query("SELECT value FROM dynamics_setting WHERE name = $1", {name}));
    if (!TRY(cursor->next())) return std::optional<std::string>{};
    return std::optional<std::string>{cursor->text(0)};
}

Result<void> State::set_setting(std::string_view name, std::string_view value) {
    TRY(
        transaction_.execute("INSERT INTO dynamics_setting (name, value) VALUES ($1, $2)"
                             " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                             {name, value}));
    return {};
}

Result<std::int64_t> State::version() {
    const auto cursor = TRY(transaction_.query("SELECT value FROM dynamics_version"));
    TRY(cursor->next());
    return cursor->integer(0);
}

Result<std::int64_t> State::take_versions(std::int64_t count) {
    TRY(transaction_.execute("UPDATE dynamics_version SET value = value + $1", {count}));
    return version();
}

Result<void> State::create(const Table& table) {
    std::string sql =
        fmt::format("CREATE TABLE IF NOT EXISTS {} (row_number integer PRIMARY KEY", table_sql(table));
    for (const auto& column : column_names(table))
        sql += fmt::format(", {} {}", dynamics::quoted(column), column_type(storage_of(table, column)));
    TRY(transaction_.execute(sql + ")"));
    return {};
}

Result<void> State::index(const Table& table, const std::vector<std::string>& columns) {
    TRY(transaction_.execute(
        index_sql(table, fmt::format("alike_{}", fmt::join(columns, "_")), list_of(columns), "INDEX")));
    return {};
}

Result<void> State::index(const Catalog& catalog, const Table& table) {
    TRY(transaction_.execute(index_sql(table, "id", id_sql(table), "UNIQUE INDEX")));
    TRY(transaction_.execute(index_sql(table, "version", dynamics::quoted(version_column), "INDEX")));
    for (const std::string_view stamp : {"createdon", "modifiedon"}) {
        if (!table.has(stamp)) continue;
        TRY(transaction_.execute(
            index_sql(table, stamp, fmt::format("{}, {}", dynamics::quoted(stamp), id_sql(table)), "INDEX")));
    }
    for (const AlternateKey& key : table.keys()) {
        if (key.index != IndexState::active) continue;
        TRY(transaction_.execute(index_sql(table, "key_" + key.name, list_of(key.attributes), "INDEX")));
    }
    // What a deletion has to find: links to rows that can go.
    std::set<std::string> linked;
    for (const Relationship* way : catalog.from(table)) {
        const auto* target = catalog.find(way->referenced);
        if (target == nullptr || !target->facts().can_delete ||
            target->facts().ownership == Ownership::business)
            continue;
        if (!linked.insert(way->referencing_attribute).second) continue;
        const auto column = dynamics::quoted(way->referencing_attribute);
        TRY(transaction_.execute(index_sql(table, "link_" + way->referencing_attribute, column, "INDEX",
                                           fmt::format(" WHERE {} IS NOT NULL", column))));
    }
    return {};
}

Result<std::int64_t> State::row_count(const Table& table) {
    const auto cursor = TRY(transaction_.query(fmt::format("SELECT count(*) FROM {}", table_sql(table))));
    TRY(cursor->next());
    return cursor->integer(0);
}

Result<std::vector<std::string>> State::some_ids(const Table& table, std::int64_t count) {
    std::vector<std::string> ids;
    const auto cursor = TRY(transaction_.query(
        fmt::format("SELECT {} FROM {} ORDER BY row_number LIMIT $1", id_sql(table), table_sql(table)),
        {count}));
    while (TRY(cursor->next())) ids.emplace_back(cursor->text(0));
    return ids;
}

Result<std::optional<Values>> State::row(const Table& table, std::string_view id) {
    const auto columns = column_names(table);
    const auto cursor = TRY(transaction_.query(
        fmt::format("SELECT {} FROM {} WHERE {} = $1", list_of(columns), table_sql(table), id_sql(table)),
        {id}));
    if (!TRY(cursor->next())) return std::optional<Values>{};
    Values values;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const int at = static_cast<int>(i);
        Value& value = values[columns[i]];
        if (cursor->is_null(at)) continue;
        switch (storage_of(table, columns[i])) {
            case Storage::integer:
            case Storage::scaled:
                value = cursor->integer(at);
                break;
            case Storage::real:
                value = cursor->real(at);
                break;
            default:
                value = std::string{cursor->text(at)};
                break;
        }
    }
    return std::optional{std::move(values)};
}

Result<std::vector<std::string>> State::ids_with(const Table& table, const Values& values,
                                                 std::int64_t count) {
    std::string where;
    std::size_t place = 0;
    for (const auto& [name, value] : values)
        where += fmt::format("{}{} = ${}", where.empty() ? "" : " AND ", dynamics::quoted(name), ++place);
    auto parameters = parameters_of(values);
    parameters.emplace_back(count);
    const auto cursor = TRY(transaction_.query(fmt::format("SELECT {} FROM {} WHERE {} LIMIT ${}",
                                                           id_sql(table), table_sql(table), where, place + 1),
                                               std::span<const db::Parameter>{parameters}));
    std::vector<std::string> ids;
    while (TRY(cursor->next())) ids.emplace_back(cursor->text(0));
    return ids;
}

Result<bool> State::exists(const Table& table, std::string_view id) {
    const auto cursor = TRY(transaction_.query(
        fmt::format("SELECT 1 FROM {} WHERE {} = $1", table_sql(table), id_sql(table)), {id}));
    return cursor->next();
}

Result<void> State::insert(const Table& table, const Values& values) {
    std::vector<std::string> columns;
    std::string places;
    for (const auto& [name, value] : values) {
        columns.push_back(name);
        places += fmt::format("{}${}", places.empty() ? "" : ", ", columns.size());
    }
    const auto parameters = parameters_of(values);
    TRY(transaction_.execute(
        fmt::format("INSERT INTO {} ({}) VALUES ({})", table_sql(table), list_of(columns), places),
        std::span<const db::Parameter>{parameters}));
    return {};
}

Result<void> State::update(const Table& table, std::string_view id, const Values& values) {
    std::string sets;
    std::size_t place = 0;
    for (const auto& [name, value] : values)
        sets += fmt::format("{}{} = ${}", sets.empty() ? "" : ", ", dynamics::quoted(name), ++place);
    auto parameters = parameters_of(values);
    parameters.emplace_back(id);
    TRY(transaction_.execute(
        fmt::format("UPDATE {} SET {} WHERE {} = ${}", table_sql(table), sets, id_sql(table), place + 1),
        std::span<const db::Parameter>{parameters}));
    return {};
}

Result<void> State::erase(const Table& table, std::string_view id, std::int64_t version,
                          std::int64_t now_ms) {
    const auto gone = TRY(transaction_.execute(
        fmt::format("DELETE FROM {} WHERE {} = $1", table_sql(table), id_sql(table)), {id}));
    if (gone == 0) return {};
    TRY(transaction_.execute(
        fmt::format("INSERT INTO {} (table_name, id, version, time) VALUES ($1, $2, $3, $4)", deleted_sql),
        {std::string_view{table.name()}, id, version, now_ms}));
    return {};
}

Result<void> State::hide(const Table& table, std::span<const std::string> ids) {
    const auto list = nlohmann::json(std::vector<std::string>{ids.begin(), ids.end()}).dump();
    const auto among = fmt::format("{} IN (SELECT value FROM json_each($1))", id_sql(table));
    TRY(transaction_.execute(fmt::format("CREATE TABLE IF NOT EXISTS {} AS SELECT * FROM {} WHERE 0",
                                         hidden_sql(table), table_sql(table))));
    TRY(transaction_.execute(
        fmt::format("INSERT INTO {} SELECT * FROM {} WHERE {}", hidden_sql(table), table_sql(table), among),
        {std::string_view{list}}));
    TRY(transaction_.execute(fmt::format("DELETE FROM {} WHERE {}", table_sql(table), among),
                             {std::string_view{list}}));
    return {};
}

Result<void> State::reveal(const Table& table) {
    TRY(transaction_.execute(fmt::format("CREATE TABLE IF NOT EXISTS {} AS SELECT * FROM {} WHERE 0",
                                         hidden_sql(table), table_sql(table))));
    const auto columns = list_of(column_names(table));
    TRY(transaction_.execute(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", table_sql(table), columns,
                                         columns, hidden_sql(table))));
    TRY(transaction_.execute(fmt::format("DROP TABLE {}", hidden_sql(table))));
    return {};
}

}  // namespace koppla::sandbox::dynamics
