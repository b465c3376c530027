#include "sandbox/org/writer.h"

#include "sandbox/org/identifier.h"
#include "sandbox/org/row_errors.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

using nlohmann::json;

SaveResult failed(RowError problem, std::string id = {}) {
    return SaveResult{.id = std::move(id), .created = false, .errors = {std::move(problem)}};
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

bool ends(const Change& change) {
    return change.kind == Change::Kind::remove || change.kind == Change::Kind::purge;
}

}  // namespace

bool is_key(const Field& field) {
    return field.id_lookup || field.external_id || field.type == "id";
}

Result<SaveResult> Writer::save(const Change& change) {
    const Object& object = *change.object;
    const bool is_end = ends(change);
    const bool is_allowed = is_end                                ? object.is_deletable()
                            : change.kind == Change::Kind::update ? object.is_updateable()
                                                                  : object.is_createable();
    if (!is_allowed) {
        return failed({.status_code = "INVALID_TYPE_FOR_OPERATION",
                       .message = fmt::format("entity type cannot be {}: {}",
                                              is_end                                ? "deleted"
                                              : change.kind == Change::Kind::update ? "updated"
                                                                                    : "inserted",
                                              object.name()),
                       .fields = {}});
    }
    if (change.kind == Change::Kind::create) return create(object, TRY(checked(change)));
    if (change.kind == Change::Kind::upsert || !change.key_field.empty()) return save_by_key(change);
    if (is_end) return end(change, change.id);
    return alter(object, change.id, TRY(checked(change)));
}

Result<SaveResult> Writer::end(const Change& change, std::string_view id) {
    return change.kind == Change::Kind::purge ? purge(*change.object, id)
                                              : remove_checked(*change.object, id);
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
        if (ends(change)) return end(change, change.key_value);
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
    if (ends(change)) return end(change, ids.front());
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
    if (const auto* usual = object.record_type({});
        usual != nullptr && !usual->is_master && object.has("RecordTypeId"))
        values.try_emplace("RecordTypeId", usual->id);
    if (auto problem = TRY(check(object, values, {}))) return failed(std::move(*problem));
    if (auto problem = assign_owner(*policy_.rules, object, policy_.saving.assignment, values))
        return failed(std::move(*problem));
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
    if (auto problem = TRY(check(object, values, normal))) return failed(std::move(*problem), normal);
    // The active rule is for new rows; one that is named is for any.
    const auto rule = policy_.saving.assignment == "active" ? std::string{} : policy_.saving.assignment;
    if (auto problem = assign_owner(*policy_.rules, object, rule, values))
        return failed(std::move(*problem), normal);
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

Result<SaveResult> Writer::purge(const Object& object, std::string_view id) {
    const auto normal = normal_id(id);
    if (!normal || !normal->starts_with(object.key_prefix())) return failed(malformed(object, id));
    if (!TRY(target(object, *normal)).exists) return failed(not_there());
    TRY(apply(Pending::Kind::erase, object, *normal, {}));
    return SaveResult{.id = *normal, .created = false, .errors = {}};
}

Result<SaveResult> Writer::undelete(const Object& object, std::string_view id) {
    const auto normal = normal_id(id);
    if (!normal || !normal->starts_with(object.key_prefix())) return failed(malformed(object, id));
    const Target state = TRY(target(object, *normal));
    if (!state.exists) return failed(not_there());
    if (!state.is_deleted) {
        return failed(
            {.status_code = "UNDELETE_FAILED", .message = "entity is not in the recycle bin", .fields = {}},
            *normal);
    }
    Values values{{"IsDeleted", Value{std::int64_t{0}}}};
    if (object.has("MasterRecordId")) values["MasterRecordId"] = Value{};
    if (object.has("SystemModstamp")) values["SystemModstamp"] = Value{moment_.stamp};
    TRY(apply(Pending::Kind::update, object, *normal, values));
    return SaveResult{.id = *normal, .created = false, .errors = {}};
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
    if (!normal || !normal->starts_with(object.key_prefix())) return Found{malformed(object, id)};
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
