#include "sandbox/salesforce/ingest/columns.h"

#include "sandbox/org/writer.h"
#include "sandbox/route.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::size_t header_characters_max = 32'000;
constexpr std::string_view null_cell = "#N/A";

Error invalid_batch(const std::string& message) {
    return error(ErrorKind::invalid, "InvalidBatch : " + message, "INVALIDBATCH");
}

Error no_such_field(std::string_view name) {
    return invalid_batch("Field name not found : " + std::string{name});
}

bool names(const Field& field, std::string_view object) {
    return std::ranges::any_of(field.reference_to,
                               [&](const std::string& one) { return equal_words(one, object); });
}

/// "Account.ExtKey__c", "Lead:Who.Email".
Result<Column> relation(const Org& org, const Object& object, std::string_view name) {
    const auto colon = name.find(':');
    const auto type = colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon);
    const auto path = name.substr(type.size() + (colon == std::string_view::npos ? 0 : 1));
    const auto dot = path.find('.');
    const auto* reference = object.find_relationship(path.substr(0, dot));
    if (dot == std::string_view::npos || reference == nullptr) return no_such_field(name);
    const bool is_polymorphic = reference->reference_to.size() > 1;
    if (is_polymorphic != !type.empty() || (is_polymorphic && !names(*reference, type)))
        return no_such_field(name);
    const auto target_name = is_polymorphic ? std::string{type} : reference->reference_to.front();
    const auto* parent = org.find(target_name);
    const auto* key = parent == nullptr ? nullptr : parent->find(path.substr(dot + 1));
    if (key == nullptr) return no_such_field(name);
    if (!is_key(*key))
        return invalid_batch("Field name provided, " + std::string{name} +
                             " does not match an External ID, Salesforce Id, or indexed field for " +
                             parent->name());
    return Column{
        .field = reference, .key = key->name, .parent_type = is_polymorphic ? parent->name() : std::string{}};
}

Result<Column> column(const Org& org, const Object& object, std::string_view name) {
    if (const auto* field = object.find(name)) return Column{.field = field};
    return relation(org, object, name);
}

std::string_view key_name(const IngestJob& job) {
    return job.operation == IngestOperation::upsert ? std::string_view{job.external_id_field}
                                                    : std::string_view{"Id"};
}

/// A cell as JSON has the value.
nlohmann::json value_of(const Field& field, std::string_view cell) {
    if (field.storage == Storage::boolean) {
        if (equal_words(cell, "true") || cell == "1") return true;
        if (equal_words(cell, "false") || cell == "0") return false;
    }
    return std::string{cell};
}

nlohmann::json parent_of(const Column& column, std::string_view cell) {
    nlohmann::json parent{{column.key, std::string{cell}}};
    if (!column.parent_type.empty()) parent["attributes"] = {{"type", column.parent_type}};
    return parent;
}

}  // namespace

Result<Columns> read_columns(const Org& org, const Object& object, const IngestJob& job,
                             const CsvRow& header) {
    if (!header.problem.empty())
        return invalid_batch("The header row can't be read: " + std::string{header.problem});
    if (header.raw.size() > header_characters_max)
        return invalid_batch("The header row is longer than 32,000 characters");
    Columns columns;
    std::set<std::pair<const Field*, std::string>> seen;
    std::optional<std::size_t> key;
    for (const auto name : header.cells) {
        auto one = TRY(column(org, object, name));
        if (!seen.emplace(one.field, one.key).second)
            return invalid_batch("Field name duplicated : " + std::string{name});
        if (one.key.empty() && equal_words(one.field->name, key_name(job))) key = columns.list.size();
        columns.list.push_back(std::move(one));
    }
    const bool is_end =
        job.operation == IngestOperation::remove || job.operation == IngestOperation::hard_delete;
    if (!key && job.operation != IngestOperation::insert) return no_such_field(key_name(job));
    if (is_end && columns.list.size() > 1)
        return invalid_batch("Delete batches may have no other column than Id");
    columns.key = key.value_or(0);
    return columns;
}

nlohmann::json Columns::record(const CsvRow& row, IngestOperation operation) const {
    auto record = nlohmann::json::object();
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto cell = row.cells[i];
        if (cell.empty() || (i == key && operation != IngestOperation::insert)) continue;
        const auto& column = list[i];
        const auto& name = column.key.empty() ? column.field->name : column.field->relationship_name;
        if (cell == null_cell)
            record[name] = nullptr;
        else
            record[name] = column.key.empty() ? value_of(*column.field, cell) : parent_of(column, cell);
    }
    return record;
}

}  // namespace koppla::sandbox
