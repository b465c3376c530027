#include "sandbox/org/rules.h"

#include "sandbox/org/identifier.h"
#include "sandbox/org/state.h"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

namespace koppla::sandbox {

namespace {

std::string shown(const Value& value) {
    return std::visit(
        [](const auto& held) -> std::string {
            if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
                return {};
            } else {
                return fmt::format("{}", held);
            }
        },
        value);
}

bool breaks(const ValidationRule& rule, const Object& object, const Values& values) {
    if (rule.object != object.name()) return false;
    const auto given = values.find(rule.field);
    return given != values.end() && !std::holds_alternative<std::monostate>(given->second) &&
           shown(given->second).find(rule.contains) != std::string::npos;
}

/// The values that another row would have to share; nothing where one of them isn't given.
Values compared(const DuplicateRule& rule, const Object& object, const Values& values) {
    Values shared;
    if (rule.object != object.name()) return shared;
    for (const std::string& name : rule.fields) {
        const auto given = values.find(name);
        if (given == values.end() || std::holds_alternative<std::monostate>(given->second)) return {};
        shared.insert(*given);
    }
    return shared;
}

}  // namespace

Result<std::optional<RowError>> broken_rule(const Rules& rules, const Object& object, const Values& values,
                                            std::string_view id, Saving::Duplicates duplicates,
                                            State& state) {
    using Problem = std::optional<RowError>;
    for (const ValidationRule& rule : rules.validations) {
        if (!breaks(rule, object, values)) continue;
        return Problem{RowError{.status_code = "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                                .message = rule.message,
                                .fields = {rule.field}}};
    }
    for (const DuplicateRule& rule : rules.duplicates) {
        const bool is_waved =
            rule.action == DuplicateRule::Action::alert && duplicates == Saving::Duplicates::allowed;
        const Values shared = is_waved ? Values{} : compared(rule, object, values);
        if (shared.empty() || !TRY(state.has_other(object, shared, id))) continue;
        return Problem{RowError{
            .status_code = "DUPLICATES_DETECTED", .message = "Use one of these records?", .fields = {}}};
    }
    return Problem{};
}

std::optional<RowError> assign_owner(const Rules& rules, const Object& object, std::string_view asked,
                                     Values& values) {
    // Other objects have no such rules: whatever is asked for is passed over.
    if (asked.empty() || (object.name() != "Lead" && object.name() != "Case")) return std::nullopt;
    const auto fits = [&](const AssignmentRule& rule) {
        if (rule.object != object.name()) return false;
        return asked == "active" ? rule.standing == AssignmentRule::Standing::active
                                 : rule.id == normal_id(asked);
    };
    const auto rule = std::find_if(rules.assignments.begin(), rules.assignments.end(), fits);
    if (rule != rules.assignments.end()) {
        values["OwnerId"] = Value{rule->owner_id};
    } else if (asked != "active") {
        return RowError{.status_code = "INVALID_ID_FIELD",
                        .message = fmt::format("there is no assignment rule {}", asked),
                        .fields = {}};
    }
    return std::nullopt;
}

}  // namespace koppla::sandbox
