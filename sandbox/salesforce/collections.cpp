#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/salesforce/saving.h"
#include "sandbox/services.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::size_t rows_max = 200;
constexpr std::size_t read_rows_max = 2'000;

using Records = nlohmann::json;

Answer too_many(std::size_t limit) {
    return api_error(
        400, "EXCEEDED_ID_LIMIT",
        "record limit reached. cannot submit more than " + std::to_string(limit) + " records into this call");
}

/// The body of a Collections write, or the answer that refuses it.
struct Batch {
    Records records{};
    Atomicity atomicity = Atomicity::each_row;
    std::optional<Answer> problem{};
};
Batch read_batch(const Ask& ask) {
    auto body = parse_object(ask.request.body);
    if (!body) return {.problem = body_error(body.error())};
    const auto records = body->find("records");
    if (records == body->end() || !records->is_array())
        return {.problem =
                    api_error(400, "JSON_PARSER_ERROR", "The property 'records' with an array is required")};
    if (records->size() > rows_max) return {.problem = too_many(rows_max)};
    for (const auto& record : *records)
        if (!record.is_object())
            return {.problem = api_error(400, "JSON_PARSER_ERROR", "Each of 'records' has to be an object")};
    const auto all = body->find("allOrNone");
    const bool is_atomic = all != body->end() && all->is_boolean() && all->get<bool>();
    return {.records = std::move(*records),
            .atomicity = is_atomic ? Atomicity::all_or_none : Atomicity::each_row};
}

/// Takes a member out of a record, whatever its case; text as it is, other values as JSON.
std::string take(nlohmann::json& record, std::string_view name) {
    for (auto member = record.begin(); member != record.end(); ++member) {
        if (!equal_words(member.key(), name)) continue;
        auto text = member->is_string() ? member->get<std::string>()
                    : member->is_null() ? ""
                                        : member->dump();
        record.erase(member);
        return text;
    }
    return {};
}

std::string type_of(const nlohmann::json& record) {
    const auto attributes = record.find("attributes");
    if (attributes == record.end() || !attributes->is_object()) return {};
    const auto type = attributes->find("type");
    return type != attributes->end() && type->is_string() ? type->get<std::string>() : std::string{};
}

Answer unknown_type(std::string_view type) {
    return api_error(400, "INVALID_TYPE", "sObject type '" + std::string{type} + "' is not supported.");
}

Answer save_batch(Services& services, std::vector<PlannedSave> rows, const Saving& how, Mention mention) {
    const auto results = save_planned(services, std::move(rows), how);
    if (!results) return org_error(results.error());
    auto list = Json::array();
    for (const auto& result : *results) list.push_back(save_json(result, mention));
    return json_answer(200, list);
}

std::vector<std::string> split_ids(std::string_view text) {
    std::vector<std::string> ids;
    while (!text.empty()) {
        const auto comma = text.find(',');
        ids.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return ids;
}

Answer read_rows(Services& services, const Ask& ask, const std::vector<std::string>& ids,
                 const std::vector<std::string>& fields) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    if (ids.empty() || fields.empty())
        return api_error(400, "MISSING_ARGUMENT", "The parameters 'ids' and 'fields' are required");
    if (ids.size() > read_rows_max) return too_many(read_rows_max);
    const RowOptions options{.fields = fields, .base = ask.base()};
    std::string text{"["};
    for (const auto& id : ids) {
        if (text.size() > 1) text += ',';
        const auto row = services.org.row(*object, id, options);
        if (!row && row.error().symbol == "INVALID_FIELD") return org_error(row.error());
        text += row ? *row : "null";
    }
    return text_answer(200, text + "]");
}

std::vector<std::string> texts(const nlohmann::json& body, const char* name) {
    std::vector<std::string> list;
    const auto found = body.find(name);
    if (found == body.end() || !found->is_array()) return list;
    for (const auto& item : *found)
        if (item.is_string()) list.push_back(item.get<std::string>());
    return list;
}

}  // namespace

Answer create_many(Services& services, const Ask& ask) {
    const auto batch = read_batch(ask);
    if (batch.problem) return *batch.problem;
    std::vector<PlannedSave> rows;
    for (const auto& record : batch.records) {
        const auto type = type_of(record);
        const auto* object = services.org.find(type);
        if (object == nullptr) return unknown_type(type);
        rows.emplace_back(Change{.kind = Change::Kind::create, .object = object, .fields = &record});
    }
    return save_batch(services, std::move(rows), saving_of(ask, Change::Kind::create, batch.atomicity),
                      Mention::nothing);
}

Answer update_many(Services& services, const Ask& ask) {
    auto batch = read_batch(ask);
    if (batch.problem) return *batch.problem;
    std::vector<PlannedSave> rows;
    for (auto& record : batch.records) {
        const auto type = type_of(record);
        const auto* object = services.org.find(type);
        if (object == nullptr) return unknown_type(type);
        auto id = take(record, "id");
        if (id.empty())
            rows.emplace_back(RowError{.status_code = "MISSING_ARGUMENT",
                                       .message = "Id not specified in an update call",
                                       .fields = {}});
        else
            rows.emplace_back(Change{
                .kind = Change::Kind::update, .object = object, .id = std::move(id), .fields = &record});
    }
    return save_batch(services, std::move(rows), saving_of(ask, Change::Kind::update, batch.atomicity),
                      Mention::nothing);
}

Answer upsert_many(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    const auto& key = ask.parts.at(1);
    const auto* field = object->find(key);
    if (field == nullptr || !(field->external_id || field->id_lookup || field->type == "id"))
        return api_error(404, "NOT_FOUND",
                         "Provided external ID field does not exist or is not accessible: " + key);
    auto batch = read_batch(ask);
    if (batch.problem) return *batch.problem;
    const auto kind = ask.parameter("updateOnly") == "true" ? Change::Kind::update : Change::Kind::upsert;
    std::vector<PlannedSave> rows;
    for (auto& record : batch.records) {
        if (const auto type = type_of(record); services.org.find(type) != object) return unknown_type(type);
        auto value = take(record, key);
        if (value.empty() && field->type == "id" && kind == Change::Kind::upsert)
            rows.emplace_back(Change{.kind = Change::Kind::create, .object = object, .fields = &record});
        else if (value.empty())
            rows.emplace_back(RowError{
                .status_code = "MISSING_ARGUMENT", .message = field->name + " not specified", .fields = {}});
        else
            rows.emplace_back(Change{.kind = kind,
                                     .object = object,
                                     .key_field = field->name,
                                     .key_value = std::move(value),
                                     .fields = &record});
    }
    return save_batch(services, std::move(rows), saving_of(ask, kind, batch.atomicity), Mention::created);
}

Answer delete_many(Services& services, const Ask& ask) {
    const auto ids = split_ids(ask.parameter("ids").value_or(""));
    if (ids.empty()) return api_error(400, "MISSING_ARGUMENT", "The parameter 'ids' is required");
    if (ids.size() > rows_max) return too_many(rows_max);
    std::vector<PlannedSave> rows;
    for (const auto& id : ids) {
        if (const auto* object = object_of_id(services.org, id))
            rows.emplace_back(Change{.kind = Change::Kind::remove, .object = object, .id = id});
        else
            rows.emplace_back(
                RowError{.status_code = "MALFORMED_ID", .message = "malformed id " + id, .fields = {}});
    }
    const bool is_atomic = ask.parameter("allOrNone") == "true";
    const auto atomicity = is_atomic ? Atomicity::all_or_none : Atomicity::each_row;
    return save_batch(services, std::move(rows), saving_of(ask, Change::Kind::remove, atomicity),
                      Mention::nothing);
}

Answer read_many(Services& services, const Ask& ask) {
    return read_rows(services, ask, split_ids(ask.parameter("ids").value_or("")),
                     split_ids(ask.parameter("fields").value_or("")));
}

Answer read_many_posted(Services& services, const Ask& ask) {
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    return read_rows(services, ask, texts(*body, "ids"), texts(*body, "fields"));
}

}  // namespace koppla::sandbox
