#include "sandbox/org/writer.h"

#include "sandbox/org/identifier.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

using nlohmann::json;

SaveResult failed(RowError problem, std::string id = {}) {
    return SaveResult{.id = std::move(id), .created = false, .errors = {std::move(problem)}};
}

RowError not_there() {
    return {
        .status_code = "INVALID_CROSS_REFERENCE_KEY", .message = "invalid cross reference id", .fields = {}};
}

RowError deleted() {
    return {.status_code = "ENTITY_IS_DELETED", .message = "entity is deleted", .fields = {}};
}

RowError missing(const std::vector<std::string>& fields) {
    return {.status_code = "REQUIRED_FIELD_MISSING",
            .message = fmt::format("Required fields are missing: [{}]", fmt::join(fields, ", ")),
            .fields = fields};
}

std::vector<std::string> missing_fields(const Object& object, const Values& values) {
    std::vector<std::string> names;
    for (const Field& field : object.fields()) {
        const auto given = values.find(field.name);
        const bool is_null = given == values.end() || std::holds_alternative<std::monostate>(given->second);
        if (field.is_required() && is_null) names.push_back(field.name);
    }
    return names;
}

std::string joined_labels(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

const std::string* text_of(const Value& value) {
    return std::get_if<std::string>(&value);
}

}  // namespace

bool is_key(const Field& field) {
    return field.id_lookup || field.external_id || field.type == "id";
}

Result<SaveResult> Writer::save(const Change& change) {
    const Object& object = *change.object;
    const bool is_allowed = change.kind == Change::Kind::remove   ? object.is_deletable()
                            : change.kind == Change::Kind::update ? object.is_updateable()
                                                                  : object.is_createable();
    if (!is_allowed) {
        return failed({.status_code = "INVALID_TYPE_FOR_OPERATION",
                       .message = fmt::format("entity type cannot be {}: {}",
                                              change.kind == Change::Kind::remove   ? "deleted"
                                              : change.kind == Change::Kind::update ? "updated"
                                                                                    : "inserted",
                                              object.name()),
                       .fields = {}});
    }
    if (change.kind == Change::Kind::create) return create(object, TRY(checked(change)));
    if (change.kind == Change::Kind::upsert || !change.key_field.empty()) return save_by_key(change);
    if (change.kind == Change::Kind::remove) return remove_checked(object, change.id);
    return alter(object, change.id, TRY(checked(change)));
}

Result<SaveResult> Writer::save_by_key(const Change& change) {
    const Object& object = *change.object;
    const Field* key = object.find(change.key_field);
    if (key == nullptr || !is_key(*key)) {
        return failed(
            {.status_code = "NOT_FOUND",
             .message = "Provided external ID field does not exist or is not accessible: " + change.key_field,
             .fields = {}});
    }
    if (key->type == "id") {
        if (change.key_value.empty()) return create(object, TRY(checked(change)));
        if (change.kind == Change::Kind::remove) return remove_checked(object, change.key_value);
        return alter(object, change.key_value, TRY(checked(change)));
    }
    const auto ids = TRY(find(object, *key, change.key_value));
    if (ids.size() > 1) {
        return failed({.status_code = "DUPLICATE_EXTERNAL_ID",
                       .message = fmt::format("{}: more than one record found for external id field: [{}]",
                                              key->name, fmt::join(ids, ", ")),
                       .fields = {}});
    }
    if (ids.empty() && change.kind != Change::Kind::upsert) return failed(not_there());
    if (change.kind == Change::Kind::remove) return remove_checked(object, ids.front());
    auto fields = TRY(checked(change));
    auto* values = std::get_if<Values>(&fields);
    if (!ids.empty()) return alter(object, ids.front(), std::move(fields));
    if (values != nullptr) {
        auto value = value_from_json(*key, json(change.key_value));
        if (!value)
            return failed({.status_code = value.error().symbol,
                           .message = value.error().message,
                           .fields = {key->name}});
        (*values)[key->name] = std::move(*value);
    }
    return create(object, std::move(fields));
}

Result<SaveResult> Writer::create(const Object& object, Checked fields) {
    if (auto* problem = std::get_if<RowError>(&fields)) return failed(std::move(*problem));
    auto& values = std::get<Values>(fields);
    if (const auto names = missing_fields(object, values); !names.empty()) return failed(missing(names));
    if (auto problem = TRY(check_links(object, values))) return failed(std::move(*problem));
    if (auto problem = TRY(check_unique(object, values, {}))) return failed(std::move(*problem));
    return SaveResult{.id = TRY(insert(object, std::move(values))), .created = true, .errors = {}};
}

Result<SaveResult> Writer::alter(const Object& object, const std::string& id, Checked fields) {
    auto found = TRY(live_target(object, id));
    if (auto* problem = std::get_if<RowError>(&found)) return failed(std::move(*problem), id);
    const auto& normal = std::get<std::string>(found);
    if (auto* problem = std::get_if<RowError>(&fields)) return failed(std::move(*problem), normal);
    auto& values = std::get<Values>(fields);
    std::vector<std::string> names;
    for (const auto& [name, value] : values) {
        if (std::holds_alternative<std::monostate>(value) && !object.find(name)->nillable)
            names.push_back(name);
    }
    if (!names.empty()) return failed(missing(names), normal);
    if (auto problem = TRY(check_links(object, values))) return failed(std::move(*problem), normal);
    if (auto problem = TRY(check_unique(object, values, normal))) return failed(std::move(*problem), normal);
    TRY(update(object, normal, std::move(values)));
    return SaveResult{.id = normal, .created = false, .errors = {}};
}

Result<SaveResult> Writer::remove_checked(const Object& object, std::string_view id) {
    auto found = TRY(live_target(object, id));
    if (auto* problem = std::get_if<RowError>(&found)) return failed(std::move(*problem), std::string{id});
    auto& normal = std::get<std::string>(found);
    TRY(remove(object, normal));
    return SaveResult{.id = std::move(normal), .created = false, .errors = {}};
}

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
        if (!checked_value) {
            const Error& why = checked_value.error();
            const bool has_fields = why.symbol != "JSON_PARSER_ERROR";
            return Checked{
                RowError{.status_code = why.symbol,
                         .message = why.message,
                         .fields = has_fields ? std::vector{field->name} : std::vector<std::string>{}}};
        }
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
                                            joined_labels(closed)),
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
        const std::string* id = text_of(value);
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
        const std::string* text = text_of(value);
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

Result<std::vector<std::string>> Writer::find(const Object& object, const Field& field,
                                              std::string_view value) {
    std::vector<std::string> ids;
    if (field.type == "id") {
        auto id = normal_id(value);
        if (!id) return ids;
        const Target state = TRY(target(object, *id));
        if (state.exists && !state.is_deleted) ids.push_back(std::move(*id));
        return ids;
    }
    ids = TRY(state_.ids_with(object, field, value));
    if (const auto late = TRY(pending_.holder(object, field, value))) {
        const bool is_live = !TRY(target(object, *late)).is_deleted;
        if (is_live && std::find(ids.begin(), ids.end(), *late) == ids.end()) ids.push_back(*late);
    }
    return ids;
}

Result<std::variant<std::string, RowError>> Writer::live_target(const Object& object, std::string_view id) {
    using Found = std::variant<std::string, RowError>;
    auto normal = normal_id(id);
    if (!normal || !normal->starts_with(object.key_prefix())) {
        return Found{
            RowError{.status_code = "MALFORMED_ID",
                     .message = fmt::format("{} ID: id value of incorrect type: {}", object.label(), id),
                     .fields = {"Id"}}};
    }
    const Target state = TRY(target(object, *normal));
    if (!state.exists) return Found{not_there()};
    if (state.is_deleted) return Found{deleted()};
    return Found{std::move(*normal)};
}

Result<Writer::Target> Writer::target(const Object& object, std::string_view id) {
    Target found = TRY(state_.presence(object, id));
    if (const auto late = TRY(pending_.record(id))) {
        found.exists = found.exists || late->is_inserted;
        found.is_deleted = found.is_deleted || late->is_deleted;
    }
    return found;
}

void set_defaults(const Object& object, const std::string& stamp, const std::string& user_id,
                  Values& values) {
    for (const Field& field : object.fields()) {
        if (field.is_compound() || values.contains(field.name)) continue;
        if (field.storage == Storage::boolean) {
            values[field.name] = Value{std::int64_t{field.default_value == "true" ? 1 : 0}};
        } else if (field.name == "CreatedDate" || field.name == "LastModifiedDate" ||
                   field.name == "SystemModstamp") {
            values[field.name] = Value{stamp};
        } else if (field.name == "CreatedById" || field.name == "LastModifiedById" ||
                   field.name == "OwnerId") {
            values[field.name] = Value{user_id};
        } else if (!field.picklist.empty()) {
            const auto usual = std::find_if(field.picklist.begin(), field.picklist.end(),
                                            [](const PicklistValue& entry) { return entry.is_default; });
            if (usual != field.picklist.end()) values[field.name] = Value{usual->value};
        }
    }
}

Result<std::string> Writer::insert(const Object& object, Values values) {
    std::string id;
    std::uint64_t number = 0;
    do {
        number = TRY(state_.take_number(object));
        id = make_id(object.key_prefix(), number);
    } while (TRY(target(object, id)).exists);
    set_defaults(object, moment_.stamp, moment_.user_id, values);
    for (const Field& field : object.fields()) {
        if (field.auto_number) values[field.name] = Value{fmt::format("{:08}", number % 100'000'000)};
    }
    values["Id"] = Value{id};
    TRY(apply(Pending::Kind::insert, object, id, values));
    return id;
}

Result<void> Writer::update(const Object& object, std::string_view id, Values values) {
    for (const char* name : {"LastModifiedDate", "SystemModstamp"}) {
        if (object.has(name)) values[name] = Value{moment_.stamp};
    }
    if (object.has("LastModifiedById")) values["LastModifiedById"] = Value{moment_.user_id};
    if (values.empty()) return {};
    return apply(Pending::Kind::update, object, id, values);
}

Result<void> Writer::remove(const Object& object, std::string_view id) {
    if (!object.has("IsDeleted")) return apply(Pending::Kind::erase, object, id, {});
    Values values{{"IsDeleted", Value{std::int64_t{1}}}};
    if (object.has("SystemModstamp")) values["SystemModstamp"] = Value{moment_.stamp};
    return apply(Pending::Kind::update, object, id, values);
}

Result<void> Writer::apply(Pending::Kind kind, const Object& object, std::string_view id,
                           const Values& values) {
    const auto earlier = TRY(pending_.record(id));
    const std::int64_t delay = moment_.delay_ms();
    if (delay > 0 || earlier) {
        const std::int64_t due = std::max(moment_.now_ms + delay, earlier ? earlier->due_ms : 0);
        return pending_.add(kind, object, id, values, due);
    }
    switch (kind) {
        case Pending::Kind::insert:
            return state_.insert(object, values);
        case Pending::Kind::update:
            TRY(state_.update(object, id, values));
            return {};
        case Pending::Kind::erase:
            TRY(state_.erase(object, id));
            return {};
    }
    return {};
}

}  // namespace koppla::sandbox
