#include "sandbox/org/identifier.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"
#include "sandbox/switches/every_face.h"
#include "sandbox/switches/switches.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

std::string text(const json& rule, const char* name) {
    const auto found = rule.find(name);
    return found != rule.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Result<std::string> field_named(const Object& object, const std::string& name) {
    const auto* field = object.find(name);
    if (field == nullptr || field->is_compound())
        return error(ErrorKind::invalid, object.name() + " has no field '" + name + "'");
    return field->name;
}

/// The rules of one kind, each with its object.
Result<std::vector<std::pair<const Object*, json>>> list(const Services& services, const json& body,
                                                         const char* name) {
    std::vector<std::pair<const Object*, json>> rules;
    const auto found = body.find(name);
    if (found == body.end()) return rules;
    if (!found->is_array()) return error(ErrorKind::invalid, "'" + std::string{name} + "' has to be a list");
    for (const auto& rule : *found) {
        if (!rule.is_object()) return error(ErrorKind::invalid, "A rule has to be an object");
        const auto* object = TRY(object_named(services, text(rule, "object")));
        rules.emplace_back(object, rule);
    }
    return rules;
}

Result<DuplicateRule> duplicate_rule(const Object& object, const json& rule) {
    DuplicateRule made{.object = object.name(), .fields = {}};
    if (text(rule, "action") == "alert") made.action = DuplicateRule::Action::alert;
    for (const auto& field : rule.value("fields", json::array()))
        made.fields.push_back(TRY(field_named(object, field.is_string() ? field.get<std::string>() : "")));
    if (made.fields.empty()) return error(ErrorKind::invalid, "A duplicate rule needs 'fields'");
    return made;
}

Result<AssignmentRule> assignment_rule(const Object& object, const json& rule) {
    const auto id = normal_id(text(rule, "id"));
    const auto owner = normal_id(text(rule, "owner"));
    if (!id || !owner) return error(ErrorKind::invalid, "An assignment rule needs the ids 'id' and 'owner'");
    const bool is_active = rule.value("active", json(true)) == true;
    return AssignmentRule{
        .object = object.name(),
        .id = *id,
        .owner_id = *owner,
        .standing = is_active ? AssignmentRule::Standing::active : AssignmentRule::Standing::inactive};
}

Result<Rules> read_rules(const Services& services, const json& body) {
    Rules rules;
    for (const auto& [object, rule] : TRY(list(services, body, "validation"))) {
        auto field = TRY(field_named(*object, text(rule, "field")));
        auto message = text(rule, "message");
        if (message.empty()) message = "This value is not allowed here.";
        rules.validations.push_back({.object = object->name(),
                                     .field = std::move(field),
                                     .contains = text(rule, "contains"),
                                     .message = std::move(message)});
    }
    for (const auto& [object, rule] : TRY(list(services, body, "duplicates")))
        rules.duplicates.push_back(TRY(duplicate_rule(*object, rule)));
    for (const auto& [object, rule] : TRY(list(services, body, "assignment")))
        rules.assignments.push_back(TRY(assignment_rule(*object, rule)));
    return rules;
}

Result<LeftOver> read_left_over(const Services& services, const json& body) {
    const auto rule = body.find("unprocessed");
    if (rule == body.end() || !rule->is_object()) return LeftOver{};
    const auto* object = TRY(object_named(services, text(*rule, "object")));
    const auto state = text(*rule, "state") == "Failed" ? JobState::failed : JobState::job_complete;
    return LeftOver{.object = object->name(),
                    .after = TRY(number(*rule, "after", 0)),
                    .state = state,
                    .times = TRY(number(*rule, "times", 1))};
}

}  // namespace

Answer get_rules(Services& services, const Ask&) {
    const auto rules = services.org.rules();
    Json lists{{"validation", Json::array()}, {"duplicates", Json::array()}, {"assignment", Json::array()}};
    for (const auto& rule : rules->validations)
        lists["validation"].push_back(Json{{"object", rule.object},
                                           {"field", rule.field},
                                           {"contains", rule.contains},
                                           {"message", rule.message}});
    for (const auto& rule : rules->duplicates)
        lists["duplicates"].push_back(
            Json{{"object", rule.object},
                 {"fields", rule.fields},
                 {"action", rule.action == DuplicateRule::Action::alert ? "alert" : "block"}});
    for (const auto& rule : rules->assignments)
        lists["assignment"].push_back(Json{{"object", rule.object},
                                           {"id", rule.id},
                                           {"owner", rule.owner_id},
                                           {"active", rule.standing == AssignmentRule::Standing::active}});
    return json_answer(200, lists);
}

Result<Answer> set_rules(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto left_over = TRY(read_left_over(services, body));
    auto rules = TRY(read_rules(services, body));
    TRY(services.org.set_rules(std::move(rules)));
    services.ingest.leave_over(left_over);
    return get_rules(services, ask);
}

Result<Answer> clear_rules(Services& services, const Ask&) {
    TRY(services.org.set_rules({}));
    services.ingest.leave_over({});
    return empty_answer(204);
}

}  // namespace koppla::sandbox
