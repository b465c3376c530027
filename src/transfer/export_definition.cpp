#include "transfer/export_definition.h"

#include "base/ascii.h"
#include "platform/rows.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

constexpr std::array operations = {WriteOperation::insert, WriteOperation::update, WriteOperation::upsert,
                                   WriteOperation::remove, WriteOperation::erase};

Result<std::int64_t> number_of(const db::Cursor& row) {
    return row.integer(0);
}

}  // namespace

Result<WriteOperation> write_operation_named(std::string_view text) {
    const auto found =
        std::ranges::find_if(operations, [&](WriteOperation operation) { return name(operation) == text; });
    if (found != operations.end()) return *found;
    return error(
        ErrorKind::invalid,
        fmt::format("there is no operation '{}': insert, update, upsert, delete or hard-delete", text));
}

std::string_view ExportDefinition::kind() const {
    return is_deletion(operation) ? "delete" : "export";
}

std::vector<bool> ExportDefinition::clears() const {
    std::vector<bool> clears;
    for (const MappedColumn& column : columns) clears.push_back(column.empty == EmptyCell::clears);
    return clears;
}

std::string to_json(const ExportDefinition& definition) {
    json columns = json::array();
    for (const MappedColumn& column : definition.columns) {
        columns.push_back({{"source", column.source},
                           {"field", column.field},
                           {"target_object", column.target_object},
                           {"target_key", column.target_key},
                           {"trims", column.trims},
                           {"treatment", model::name(column.treatment)},
                           {"clears", column.empty == EmptyCell::clears}});
    }
    return json{{"object", definition.object},
                {"operation", name(definition.operation)},
                {"key", definition.key},
                {"columns", columns},
                {"path", static_cast<int>(definition.path)},
                {"allows_duplicates", definition.duplicates == Duplicates::allow},
                {"assignment_rule", definition.assignment_rule},
                {"server", definition.server},
                {"row_name", definition.row_name},
                {"makes_ids", definition.makes_ids},
                {"rows", definition.rows},
                {"refused", definition.refused},
                {"replayed_by", definition.replayed_by}}
        .dump();
}

Result<ExportDefinition> export_definition_from_json(std::string_view text) {
    try {
        const json document = json::parse(text);
        ExportDefinition definition{.object = document.at("object")};
        definition.operation =
            TRY(write_operation_named(document.at("operation").get_ref<const std::string&>()));
        definition.key = document.at("key");
        for (const json& column : document.at("columns")) {
            MappedColumn mapped{.source = column.at("source"),
                                .field = column.at("field"),
                                .target_object = column.at("target_object"),
                                .target_key = column.at("target_key")};
            mapped.trims = column.value("trims", false);
            mapped.treatment =
                TRY(model::treatment_named(column.at("treatment").get_ref<const std::string&>()));
            mapped.empty = column.at("clears").get<bool>() ? EmptyCell::clears : EmptyCell::is_left_out;
            definition.columns.push_back(std::move(mapped));
        }
        definition.path = static_cast<WritePath>(document.at("path").get<int>());
        definition.duplicates =
            document.at("allows_duplicates").get<bool>() ? Duplicates::allow : Duplicates::refuse;
        definition.assignment_rule = document.at("assignment_rule");
        definition.server = document.at("server");
        definition.row_name = document.at("row_name");
        definition.makes_ids = document.at("makes_ids");
        definition.rows = document.at("rows");
        definition.refused = document.at("refused");
        definition.replayed_by = document.value("replayed_by", std::int64_t{0});
        return definition;
    } catch (const json::exception& broken) {
        return error(
            ErrorKind::corrupt,
            fmt::format("the store holds an export whose definition can't be read: {}", broken.what()));
    }
}

std::string record_of(const ExportDefinition& definition, const db::Cursor& row, int first_column) {
    nlohmann::ordered_json record = nlohmann::ordered_json::object();
    int at = first_column;
    for (const MappedColumn& column : definition.columns) {
        // A key that is made here is none of the query's.
        if (!column.source.empty()) {
            record[column.source] =
                row.is_null(at) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(row.text(at));
        }
        ++at;
    }
    return record.dump();
}

Result<WriteRequest> request_of(const ExportDefinition& definition, const model::ObjectSchema& schema) {
    WriteRequest request{.object = &schema,
                         .operation = definition.operation,
                         .key = definition.key,
                         .columns = {},
                         .path = definition.path,
                         .duplicates = definition.duplicates,
                         .assignment_rule = definition.assignment_rule};
    for (const MappedColumn& column : definition.columns) {
        const model::FieldSchema* const field = schema.find(column.field);
        if (field == nullptr || field->is_parked) {
            return request.refused(
                fmt::format("the schema has no field {} (any more); see: koppla schema show", column.field));
        }
        request.columns.push_back(
            {.field = field, .target_object = column.target_object, .target_key = column.target_key});
    }
    return request;
}

std::optional<std::size_t> parent_column(const WriteRequest& request, const Abilities& abilities) {
    const auto is_unlocked = [&](const std::string& target) {
        return std::ranges::any_of(abilities.unlocked_parents,
                                   [&](const std::string& each) { return equal_without_case(each, target); });
    };
    const auto found = std::ranges::find_if(request.columns, [&](const WriteColumn& column) {
        const std::vector<std::string>& targets = column.field->targets;
        return column.field->type.kind == model::Kind::reference &&
               (targets.empty() || !std::ranges::all_of(targets, is_unlocked));
    });
    if (found == request.columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - request.columns.begin());
}

Result<void> Exports::add(std::int64_t run, const ExportDefinition& definition) {
    TRY(transaction_.execute("insert into koppla_write (run, definition, is_over) values ($1, $2, false)",
                             {run, std::string_view{to_json(definition)}}));
    return {};
}

Result<void> Exports::change(std::int64_t run, const ExportDefinition& definition) {
    TRY(transaction_.execute("update koppla_write set definition = $2 where run = $1",
                             {run, std::string_view{to_json(definition)}}));
    return {};
}

Result<ExportDefinition> Exports::find(std::int64_t run) {
    const auto text =
        TRY(read_first(transaction_, "select definition from koppla_write where run = $1", {run},
                       [](const db::Cursor& row) -> Result<std::string> { return text_at(row, 0); }));
    if (text) return export_definition_from_json(*text);
    return error(ErrorKind::not_found, fmt::format("run {} is no export or deletion whose rows are kept; "
                                                   "see: koppla run list",
                                                   run));
}

Result<bool> Exports::is_over(std::int64_t run) {
    const auto over =
        TRY(read_first(transaction_, "select is_over from koppla_write where run = $1", {run}, number_of));
    return over.value_or(1) != 0;
}

Result<void> Exports::end(std::int64_t run) {
    TRY(transaction_.execute("update koppla_write set is_over = true where run = $1", {run}));
    return {};
}

Result<std::optional<std::int64_t>> Exports::unfinished(std::string_view kind, std::string_view account,
                                                        std::string_view object) {
    return read_first(transaction_,
                      "select run from koppla_write join koppla_run on id = run where not is_over"
                      " and kind = $1 and account = $2 and object = $3 order by run desc limit 1",
                      {kind, account, object}, number_of);
}

Result<void> Exports::forget_before(std::int64_t run, std::string_view kind, std::string_view account,
                                    std::string_view object) {
    for (const std::string_view table : {"koppla_result", "koppla_shipment"}) {
        TRY(transaction_.execute(
            fmt::format("delete from {} where run < $1 and run in (select id from koppla_run"
                        " join koppla_write on koppla_write.run = id"
                        " where is_over and kind = $2 and account = $3 and object = $4)",
                        table),
            {run, kind, account, object}));
    }
    return {};
}

Result<void> Exports::forget(std::int64_t run) {
    TRY(transaction_.execute("delete from koppla_result where run = $1", {run}));
    TRY(transaction_.execute("delete from koppla_shipment where run = $1", {run}));
    TRY(end(run));
    return {};
}

}  // namespace koppla
