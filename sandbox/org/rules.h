#pragma once

#include "base/result.h"
#include "sandbox/org/change.h"
#include "sandbox/value.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

class State;

/// Refuses a row whose field holds this text. [Salesforce: FIELD_CUSTOM_VALIDATION_EXCEPTION]
struct ValidationRule {
    std::string object;
    std::string field;
    std::string contains;  ///< empty: any value at all
    std::string message;
};

/// Refuses a row that agrees with another one in these fields, whatever their case.
/// [Salesforce: DUPLICATES_DETECTED]
struct DuplicateRule {
    enum class Action {
        alert,  ///< passes where the caller asks for it
        block,
    };

    std::string object;
    std::vector<std::string> fields;
    Action action = Action::block;
};

/// Gives new leads or cases to an owner. [Salesforce: AssignmentRule]
struct AssignmentRule {
    enum class Standing { active, inactive };

    std::string object;
    std::string id;  ///< 18 characters
    std::string owner_id;
    Standing standing = Standing::active;
};

/// What an administrator has set up in an org. Names are in their canonical case.
struct Rules {
    std::vector<ValidationRule> validations{};
    std::vector<DuplicateRule> duplicates{};
    std::vector<AssignmentRule> assignments{};
};

/// Why a row breaks a rule, if it does. `id` is the row's own; empty for one to be made.
Result<std::optional<RowError>> broken_rule(const Rules& rules, const Object& object, const Values& values,
                                            std::string_view id, Saving::Duplicates duplicates, State& state);

/// Sets the owner by the rule that is asked for: "active" or an id; an error where there is none of that id.
std::optional<RowError> assign_owner(const Rules& rules, const Object& object, std::string_view asked,
                                     Values& values);

}  // namespace koppla::sandbox
