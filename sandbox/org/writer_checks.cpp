#include "sandbox/org/row_errors.h"
#include "sandbox/org/writer.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

using nlohmann::json;

/// A value that its field can't take, in the words of the way that it came.
RowError unfit(const Field& field, const json& value, const Error& why, Change::Form form) {
    if (why.symbol != "JSON_PARSER_ERROR")
        return {.status_code = why.symbol, .message = why.message, .fields = {field.name}};
    if (form == Change::Form::json) return {.status_code = why.symbol, .message = why.message, .fields = {}};
    return {.status_code = "INVALID_TYPE_ON_FIELD_IN_RECORD",
            .message = fmt::format("{}: value not of required type: {}", field.label,
                                   value.is_string() ? value.get<std::string>() : value.dump()),
            .fields = {field.name}};
}

}  // namespace

Result<Writer::Checked> Writer::checked(const Change& change) {
    const Object& object = *change.object;
    const bool is_create = change.kind == Change::Kind::create;
    Values values;
    std::vector<std::string> closed;
    for (const auto& [name, value] : change.fields->items()) {
        if (name == "attributes") continue;
        const Field* field = object.find(name);
        if (field == nullptr) {
            if (auto problem = TRY(take_relation(object, name, value, values)))
                return Checked{std::move(*problem)};
            continue;
        }
        const bool is_open = is_create                             ? field->createable
                             : change.kind == Change::Kind::upsert ? field->createable || field->updateable
                                                                   : field->updateable;
        if (!is_open || field->is_compound()) {
            closed.push_back(field->name);
            continue;
        }
        auto checked_value = value_from_json(*field, value);
        if (!checked_value) return Checked{unfit(*field, value, checked_value.error(), change.form)};
        const bool is_null = std::holds_alternative<std::monostate>(*checked_value);
        values[field->name] = is_null && field->storage == Storage::boolean ? Value{std::int64_t{0}}
                                                                            : std::move(*checked_value);
    }
    if (!closed.empty()) {
        return Checked{
            RowError{.status_code = "INVALID_FIELD_FOR_INSERT_UPDATE",
                     .message = fmt::format("Unable to create/update fields: {}. Please check the security "
                                            "settings of this field and verify that it is read/write for "
                                            "your profile or permission set.",
                                            fmt::join(closed, ", ")),
                     .fields = closed}};
    }
    return Checked{std::move(values)};
}

/// {"Account": {"ExtKey__c": "A1"}}: the row of the parent that has this key.
Result<std::optional<RowError>> Writer::take_relation(const Object& object, const std::string& name,
                                                      const json& keys, Values& values) {
    using Problem = std::optional<RowError>;
    const Field* reference = object.find_relationship(name);
    if (reference == nullptr) {
        return Problem{
            RowError{.status_code = "INVALID_FIELD",
                     .message = fmt::format("No such column '{}' on sobject of type {}", name, object.name()),
                     .fields = {}}};
    }
    if (keys.is_null()) {
        values[reference->name] = Value{};
        return Problem{};
    }
    const Object* parent = catalog_.target_of(*reference);
    const auto refused = [&](std::string message) {
        return Problem{RowError{.status_code = "INVALID_FIELD", .message = std::move(message), .fields = {}}};
    };
    if (!keys.is_object() || parent == nullptr)
        return refused(fmt::format("{} takes the external id of its parent", name));
    if (const auto attributes = keys.find("attributes");
        attributes != keys.end() && attributes->is_object()) {
        const auto type = attributes->find("type");
        if (type != attributes->end() && type->is_string()) parent = catalog_.find(type->get<std::string>());
        if (parent == nullptr) return refused(fmt::format("{} can't be told by attributes.type", name));
    }
    for (const auto& [key_name, key_value] : keys.items()) {
        if (key_name == "attributes") continue;
        const Field* key = parent->find(key_name);
        if (key == nullptr || !is_key(*key) || !key_value.is_string()) {
            return refused(fmt::format("{} is no external id of {}", key_name, parent->name()));
        }
        const auto ids = TRY(find(*parent, *key, key_value.get_ref<const std::string&>()));
        if (ids.size() != 1) {
            return refused(fmt::format(
                "Foreign key external ID: {} {} for field {} in entity {}", key_value.get<std::string>(),
                ids.empty() ? "not found" : "found more than once", key->name, parent->name()));
        }
        values[reference->name] = Value{ids.front()};
        return Problem{};
    }
    return refused(fmt::format("{} takes the external id of its parent", name));
}

Result<std::optional<RowError>> Writer::check_links(const Object& object, const Values& values) {
    using Problem = std::optional<RowError>;
    for (const auto& [name, value] : values) {
        const Field& field = *object.find(name);
        const auto* id = std::get_if<std::string>(&value);
        if (!field.is_reference() || id == nullptr) continue;
        const Object* found = nullptr;
        bool are_all_known = true;
        for (const std::string& target_name : field.reference_to) {
            const Object* candidate = catalog_.find(target_name);
            if (candidate == nullptr) {
                are_all_known = false;
            } else if (id->starts_with(candidate->key_prefix())) {
                found = candidate;
            }
        }
        if (found == nullptr) {
            // Targets that this org doesn't have (RecordType, say) can't be looked up.
            if (!are_all_known || field.reference_to.empty()) continue;
            return Problem{
                RowError{.status_code = "MALFORMED_ID",
                         .message = fmt::format("{}: id value of incorrect type: {}", field.label, *id),
                         .fields = {field.name}}};
        }
        const Target state = TRY(target(*found, *id));
        if (!state.exists) {
            RowError problem = not_there();
            problem.fields.push_back(field.name);
            return Problem{std::move(problem)};
        }
        if (state.is_deleted) return Problem{deleted()};
    }
    return Problem{};
}

Result<std::optional<RowError>> Writer::check_unique(const Object& object, const Values& values,
                                                     std::string_view id) {
    for (const auto& [name, value] : values) {
        const Field& field = *object.find(name);
        const auto* text = std::get_if<std::string>(&value);
        if (!field.unique || field.is_id() || text == nullptr) continue;
        for (const std::string& other : TRY(find(object, field, *text))) {
            if (other == id) continue;
            return std::optional{
                RowError{.status_code = "DUPLICATE_VALUE",
                         .message = fmt::format("duplicate value found: {} duplicates value on record "
                                                "with id: {}",
                                                field.name, other),
                         .fields = {}}};
        }
    }
    return std::optional<RowError>{};
}

Result<const RecordType*> Writer::record_type(const Object& object, const Values& values,
                                              std::string_view id) {
    const auto late = TRY(pending_.record(id));
    for (const Values* known : {&values, late ? &late->values : &values}) {
        const auto given = known->find("RecordTypeId");
        if (given == known->end()) continue;
        const auto* text = std::get_if<std::string>(&given->second);
        return object.record_type(text != nullptr ? *text : "");
    }
    const Field* field = object.find("RecordTypeId");
    return object.record_type(field == nullptr ? "" : TRY(state_.text(object, id, *field)).value_or(""));
}

/// Only what is written is held against the record type: a row that gets another one keeps its values.
/// [unconfirmed]
Result<std::optional<RowError>> Writer::check_record_type(const Object& object, const Values& values,
                                                          std::string_view id) {
    using Problem = std::optional<RowError>;
    const auto& types = object.record_types();
    const auto given = values.find("RecordTypeId");
    const auto* written = given == values.end() ? nullptr : std::get_if<std::string>(&given->second);
    const auto is_limited = [&](const auto& entry) {
        return std::ranges::any_of(types,
                                   [&](const RecordType& type) { return type.only.contains(entry.first); });
    };
    const bool counts = !types.empty() && (written != nullptr || std::ranges::any_of(values, is_limited));
    if (!counts) return Problem{};
    const RecordType* type = TRY(record_type(object, values, id));
    // A profile that has others hasn't the master, though its describes call it available, as recorded in
    // github.com/mbotos/SmartFactory-for-Force.com/issues/25.
    if (written != nullptr &&
        (type == nullptr || !type->is_available || (type->is_master && !type->is_default)))
        return Problem{RowError{
            .status_code = "INVALID_CROSS_REFERENCE_KEY",
            .message = fmt::format("Record Type ID: this ID value isn't valid for the user: {}", *written),
            .fields = {"RecordTypeId"}}};
    for (const auto& [name, value] : values) {
        const auto* text = std::get_if<std::string>(&value);
        const Field& field = *object.find(name);
        if (type == nullptr || text == nullptr || !field.restricted_picklist) continue;
        for (const std::string_view each : chosen_values(field, *text)) {
            if (type->allows(name, each)) continue;
            const Error problem = bad_picklist(field, each);
            return Problem{
                RowError{.status_code = problem.symbol, .message = problem.message, .fields = {name}}};
        }
    }
    return Problem{};
}

Result<std::optional<RowError>> Writer::check(const Object& object, const Values& values,
                                              std::string_view id) {
    if (auto problem = TRY(check_record_type(object, values, id))) return std::optional{std::move(*problem)};
    if (auto problem = TRY(check_links(object, values))) return std::optional{std::move(*problem)};
    if (auto problem = TRY(check_unique(object, values, id))) return std::optional{std::move(*problem)};
    return broken_rule(*policy_.rules, object, values, id, policy_.saving.duplicates, state_);
}

}  // namespace koppla::sandbox
