#include "crm/salesforce/write_form.h"

#include "base/ascii.h"
#include "crm/salesforce/codec/id.h"
#include "crm/salesforce/query.h"
#include "crm/salesforce/tuning.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::salesforce {

namespace {

using model::FieldSchema;
using model::Kind;

/// Why this operation can't write a field, or empty.
std::string_view reason_against(WriteOperation operation, const FieldSchema& field) {
    if (field.is_parked) return "Salesforce doesn't offer it any more; run the wizard again, or leave it out";
    if (field.is_calculated) return "Salesforce calculates it; leave it out, and write what it is made of";
    const bool is_made = operation == WriteOperation::insert;
    const bool is_changed = operation == WriteOperation::update;
    constexpr std::string_view remedy_made =
        "this user can't set it when a record is made; leave it out, or give the user the permission and run "
        "the wizard again";
    constexpr std::string_view remedy_changed =
        "this user can't change it; leave it out, or give the user the permission and run the wizard again";
    if (is_made && !field.is_createable) return remedy_made;
    if (is_changed && !field.is_updateable) return remedy_changed;
    if (!field.is_createable && !field.is_updateable) return remedy_changed;
    return {};
}

Result<void> check_object(const WriteRequest& request) {
    const model::ObjectSchema& object = *request.object;
    if (!is_identifier(object.name)) return request.refused("the object's name can't stand in a request");
    if (request.columns.empty()) return request.refused("there are no columns; name at least one field");
    if (!is_deletion(request.operation) && !object.is_writable) {
        return request.refused(
            "this user may neither make nor change its records; give the user the permission, and run the "
            "wizard again");
    }
    const std::string& rule = request.assignment_rule;
    if (!rule.empty() && rule != "active" && !is_id(rule)) {
        return request.refused(fmt::format(
            "'{}' is no assignment rule; give its id (15 or 18 letters and digits), or active, or "
            "none",
            rule));
    }
    return {};
}

/// A column's field, as the object has it.
Result<const FieldSchema*> field_of(const WriteRequest& request, const WriteColumn& column) {
    if (column.field == nullptr) return request.refused("a column has no field");
    const FieldSchema* const field = request.object->find(column.field->name);
    if (field != nullptr && is_identifier(field->name)) return field;
    return request.refused(
        fmt::format("there is no field '{}' in the recorded schema; see 'koppla schema', or run the wizard "
                    "again if it is new",
                    column.field->name));
}

/// A parent that is named by a field of its own, or one of several objects.
Result<std::string> target_of(const WriteRequest& request, const WriteColumn& column,
                              const FieldSchema& field) {
    if (field.type.kind != Kind::reference) {
        return request.refused(fmt::format(
            "field '{}' is no reference, so it has no record that '{}{}{}' could name; leave that out",
            field.name, column.target_object, column.target_key.empty() ? "" : ".", column.target_key));
    }
    const std::vector<std::string>& targets = field.targets;
    std::string target = column.target_object;
    if (target.empty() && targets.size() == 1) target = targets.front();
    if (target.empty() && column.target_key.empty()) return target;
    const auto known = std::ranges::find_if(
        targets, [&](const std::string& each) { return equal_without_case(each, target); });
    if (!is_identifier(target) || (known == targets.end() && !targets.empty())) {
        return request.refused(fmt::format(
            "field '{}' points to {}: say to which of them{}", field.name, fmt::join(targets, ", "),
            target.empty() ? std::string{} : fmt::format(", '{}' is none", target)));
    }
    return known == targets.end() ? target : *known;
}

WireColumn::Form form_of(const FieldSchema& field) {
    switch (field.type.kind) {
        case Kind::integer:
        case Kind::decimal:
            return WireColumn::Form::number;
        case Kind::boolean:
            return WireColumn::Form::boolean;
        default:
            return WireColumn::Form::text;
    }
}

Result<WireColumn> parent_column(const WriteRequest& request, const WriteColumn& column,
                                 const FieldSchema& field, const std::string& target) {
    const std::string relationship = relationship_of(field.name);
    if (relationship.empty() || !is_identifier(column.target_key)) {
        return request.refused(fmt::format("field '{}' can't be written by '{}' of {}: write the parent's Id",
                                           field.name, column.target_key,
                                           target.empty() ? "its parent" : target));
    }
    const bool has_several = field.targets.size() > 1;
    const std::string type =
        has_several ? fmt::format(R"("attributes":{{"type":"{}"}},)", target) : std::string{};
    return WireColumn{.field = field.name,
                      .header = fmt::format("{}{}{}.{}", has_several ? target : "", has_several ? ":" : "",
                                            relationship, column.target_key),
                      .json_open = fmt::format(R"("{}":{{{}"{}":)", relationship, type, column.target_key),
                      .json_close = "}",
                      .json_null = fmt::format(R"("{}":null)", field.name)};
}

Result<WireColumn> wire_column(const WriteRequest& request, const WriteColumn& column,
                               const FieldSchema& field) {
    const bool names_target = !column.target_object.empty() || !column.target_key.empty();
    std::string target;
    if (names_target) target = TRY(target_of(request, column, field));
    if (!column.target_key.empty() && !equal_without_case(column.target_key, "Id"))
        return parent_column(request, column, field, target);
    return WireColumn{.form = form_of(field),
                      .field = field.name,
                      .header = field.name,
                      .json_open = fmt::format(R"("{}":)", field.name),
                      .json_close = {},
                      .json_null = fmt::format(R"("{}":null)", field.name)};
}

/// The key's column, checked against the operation; nothing for an insert.
Result<std::optional<std::size_t>> key_of(const WriteRequest& request) {
    const std::string& id = request.object->key;
    const bool is_id_key = equal_without_case(request.key, id);
    if (request.operation == WriteOperation::insert) {
        if (request.key.empty()) return std::optional<std::size_t>{};
        return request.refused(
            fmt::format("Salesforce makes the ids of new records itself, so an insert has no key; leave out "
                        "'{}', or upsert by a field of yours that is an external id and unique",
                        request.key));
    }
    if (request.operation == WriteOperation::upsert) {
        const FieldSchema* const field = request.object->find(request.key);
        constexpr std::string_view remedy =
            "give the key a field that is an external id and unique, as the wizard lists them";
        if (request.key.empty()) return request.refused(fmt::format("it has no key; {}", remedy));
        if (is_id_key) {
            return request.refused(fmt::format(
                "'{}' is no key of an upsert, because a record that isn't there has none; update by it, or "
                "{}",
                id, remedy));
        }
        if (field == nullptr || !field->is_unique) {
            return request.refused(fmt::format("field '{}' doesn't tell records apart: {}; {}", request.key,
                                               field == nullptr ? "it isn't there" : "it isn't unique",
                                               remedy));
        }
    } else if (!is_id_key) {
        return request.refused(
            fmt::format("its key is '{}', and records are found by '{}' alone; map the column with the "
                        "record's id to '{}'{}",
                        request.key, id, id,
                        request.operation == WriteOperation::update ? ", or upsert by the other field" : ""));
    }
    for (std::size_t i = 0; i < request.columns.size(); ++i) {
        const WriteColumn& column = request.columns[i];
        if (column.field != nullptr && equal_without_case(column.field->name, request.key) &&
            column.target_key.empty()) {
            return std::optional{i};
        }
    }
    return request.refused(
        fmt::format("no column is mapped to its key '{}'; map one", request.key.empty() ? id : request.key));
}

}  // namespace

std::string relationship_of(std::string_view reference) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> endings = {
        {{"__c", "__r"}, {"__pc", "__pr"}, {"Id", ""}}};
    for (const auto& [ending, instead] : endings) {
        if (reference.size() > ending.size() && reference.ends_with(ending)) {
            return fmt::format("{}{}", reference.substr(0, reference.size() - ending.size()), instead);
        }
    }
    return {};
}

Result<WriteForm> write_form(const WriteRequest& request) {
    TRY(check_object(request));
    const std::optional<std::size_t> key = TRY(key_of(request));
    WriteForm form{.request = request, .columns = {}, .key = key};
    form.is_key_id = key && equal_without_case(request.key, request.object->key);
    if (is_deletion(request.operation) && request.columns.size() > 1) {
        return request.refused(
            fmt::format("records are deleted by '{}' alone; leave out the other columns", request.key));
    }
    if (request.operation == WriteOperation::update && request.columns.size() == 1)
        return request.refused("there is nothing to change; map a column besides the key's");
    for (std::size_t i = 0; i < request.columns.size(); ++i) {
        const FieldSchema* const field = TRY(field_of(request, request.columns[i]));
        const std::string_view reason =
            i == key && form.is_key_id ? std::string_view{} : reason_against(request.operation, *field);
        if (!reason.empty()) return request.refused(fmt::format("field '{}': {}", field->name, reason));
        WireColumn column = TRY(wire_column(request, request.columns[i], *field));
        if (i == key && form.is_key_id) column.json_open = R"("id":)";
        const auto twice = std::ranges::find(form.columns, field->name, &WireColumn::field);
        if (twice != form.columns.end()) {
            return request.refused(
                fmt::format("two columns go to field '{}'; leave one of them out", field->name));
        }
        form.columns.push_back(std::move(column));
    }
    return form;
}

Result<WritePlan> write_plan(const WriteForm& form, std::int64_t rows) {
    const WriteRequest& request = form.request;
    const bool is_forced = request.path != WritePath::automatic;
    const bool has_key = form.key.has_value();
    const auto by_job = [&](std::string why) {
        const auto cells = static_cast<std::int64_t>(form.columns.size());
        return WritePlan{.path = WritePath::bulk,
                         .rows_max = std::min(tuning::job_rows_max, tuning::job_cells_max / cells),
                         .bytes_max = tuning::job_cell_bytes_max,
                         .lanes_max = tuning::job_lanes,
                         .is_repeatable = has_key,
                         .calls_a_shipment = tuning::calls_a_job,
                         .why = "as bulk jobs: " + std::move(why)};
    };
    const auto by_rows = [&](std::string why) {
        return WritePlan{.path = WritePath::rows,
                         .rows_max = tuning::collection_rows_max,
                         .bytes_max = tuning::collection_cell_bytes_max,
                         .lanes_max = tuning::collection_lanes,
                         .is_repeatable = has_key,
                         .calls_a_shipment = 1,
                         .why = fmt::format("{} rows a request: {}", tuning::collection_rows_max, why)};
    };
    // What only one of the two can carry.
    std::string rows_only;
    if (request.duplicates == Duplicates::allow)
        rows_only = "a bulk job can't be told to save in spite of a duplicate rule";
    if (request.assignment_rule == "active")
        rows_only = "a bulk job takes an assignment rule by its id only, not the active one";
    std::size_t header_bytes = 0;
    for (const WireColumn& column : form.columns) header_bytes += column.header.size() + 1;
    if (header_bytes > tuning::csv_header_bytes_max)
        rows_only = "the header of a bulk job would be longer than Salesforce takes";
    const bool is_bulk_only = request.operation == WriteOperation::erase;
    if (is_bulk_only && request.path == WritePath::rows)
        return request.refused("records are hard-deleted by bulk jobs only; don't force requests for rows");
    if (!rows_only.empty() && request.path == WritePath::bulk && !is_deletion(request.operation))
        return request.refused(fmt::format("{}; don't force bulk, or leave that out", rows_only));

    if (request.path == WritePath::rows) return by_rows("as asked");
    if (is_forced) return by_job("as asked");
    if (is_bulk_only) return by_job("nothing else hard-deletes");
    if (!rows_only.empty() && !is_deletion(request.operation)) return by_rows(std::move(rows_only));
    if (!has_key) {
        return by_job(
            "the records have no key of ours, and a job can be asked later what became of each row, which a "
            "request for some rows can't");
    }
    if (rows > tuning::rows_by_collections_max)
        return by_job(fmt::format("there are more than {} rows", tuning::rows_by_collections_max));
    return by_rows(fmt::format("a bulk job pays from {} rows on", tuning::rows_by_collections_max));
}

}  // namespace koppla::salesforce
