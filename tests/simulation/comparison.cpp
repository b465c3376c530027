#include "simulation/comparison.h"

#include "crm/salesforce/test/plain_csv.h"

#include <charconv>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::simulation {

namespace {

using salesforce::test::Row;
using salesforce::test::Rows;
/// By id.
using Table = std::map<std::string, Row>;

Result<Rows> rows_of(sandbox::Org& org, const model::ObjectSchema& schema) {
    std::vector<std::string_view> names;
    for (const model::FieldSchema& field : schema.fields) names.emplace_back(field.name);
    const auto source = TRY(org.export_csv(
        fmt::format("SELECT {} FROM {}", fmt::join(names, ","), schema.name), {.rows = sandbox::Rows::all}));
    std::string text = source->header();
    while (TRY(source->next(text, 1'000)) > 0) continue;
    auto rows = salesforce::test::plain_csv(text);
    if (!rows) return error(ErrorKind::corrupt, "the sandbox's own CSV is malformed");
    rows->erase(rows->begin());
    return std::move(*rows);
}

Result<Rows> rows_of(db::Database& database, const model::ObjectSchema& schema) {
    std::vector<std::string> columns;
    for (const model::FieldSchema& field : schema.fields)
        columns.push_back(database.dialect().quoted(field.column));
    const auto transaction = TRY(database.begin(db::Access::read, {}));
    const auto cursor = TRY(transaction->query(fmt::format("select {} from {}", fmt::join(columns, ","),
                                                           database.dialect().quoted(schema.local_table))));
    Rows rows;
    while (TRY(cursor->next())) {
        Row row;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const int column = static_cast<int>(i);
            if (schema.fields[i].type.kind == model::Kind::boolean && !cursor->is_null(column))
                row.emplace_back(cursor->integer(column) != 0 ? "true" : "false");
            else
                row.emplace_back(cursor->text(column));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

bool are_equal(const model::Type& type, const std::string& a, const std::string& b) {
    if (a == b) return true;
    if (type.kind != model::Kind::decimal || a.empty() || b.empty()) return false;
    double left = 0;
    double right = 0;
    const auto first = std::from_chars(a.data(), a.data() + a.size(), left);
    const auto second = std::from_chars(b.data(), b.data() + b.size(), right);
    return first.ptr == a.data() + a.size() && second.ptr == b.data() + b.size() && left == right;
}

std::string difference(const model::ObjectSchema& schema, const Row& ours, const Row& theirs) {
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
        if (!are_equal(schema.fields[i].type, ours[i], theirs[i]))
            return fmt::format("{} of {} is '{}' and should be '{}'", schema.fields[i].name,
                               fmt::join(ours, "|"), ours[i], theirs[i]);
    }
    return {};
}

Result<Table> by_id(const Result<Rows>& rows, const model::ObjectSchema& schema) {
    if (!rows) return rows.error();
    std::size_t key = 0;
    while (schema.fields[key].name != schema.key) ++key;
    Table table;
    for (const Row& row : *rows) {
        if (!table.emplace(row[key], row).second)
            return error(ErrorKind::conflict, fmt::format("row {} is there twice", row[key]));
    }
    return table;
}

Result<std::string> compare(sandbox::Org& org, db::Database& database, const model::ObjectSchema& schema) {
    const Table theirs = TRY(by_id(rows_of(org, schema), schema));
    const Table ours = TRY(by_id(rows_of(database, schema), schema));
    for (const auto& [id, row] : theirs) {
        const auto found = ours.find(id);
        if (found == ours.end()) return fmt::format("row {} is missing", id);
        if (auto differs = difference(schema, found->second, row); !differs.empty()) return differs;
    }
    for (const auto& [id, row] : ours)
        if (!theirs.contains(id)) return fmt::format("row {} is too many", id);
    return std::string{};
}

}  // namespace

std::string difference(sandbox::Org& org, db::Database& database, const model::ObjectSchema& schema) {
    const auto compared = compare(org, database, schema);
    return compared ? *compared : compared.error().message;
}

}  // namespace koppla::simulation
