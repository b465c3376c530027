#include "crm/dynamics/attribute.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

using json::Element;
using model::Kind;
using model::Type;

constexpr int guid_length = 36;
/// [IEEE 754]: a double holds so many decimal digits, whatever they are.
constexpr int double_digits = 15;

int digits_before_point(double value_max) {
    const double bound = std::floor(std::abs(value_max));
    return bound < 1 ? 1 : static_cast<int>(std::floor(std::log10(bound))) + 1;
}

std::string value_text(const Element& object, std::string_view name) {
    std::int64_t number = 0;
    return object[name].get(number) == simdjson::SUCCESS ? std::to_string(number) : std::string{};
}

/// The controlling values that an option goes with.
std::string parents_of(const Element& option) {
    if (std::string state = value_text(option, "State"); !state.empty()) return state;
    std::string parents;
    for (const Element& each : json::elements(option, "ParentValues")) {
        std::int64_t number = 0;
        if (each.get(number) != simdjson::SUCCESS) continue;
        parents += fmt::format("{}{}", parents.empty() ? "" : ";", number);
    }
    return parents;
}

/// An attribute says it itself, or its global choice does.
std::optional<Element> option_set(const Element& attribute) {
    if (auto own = json::member(attribute, "OptionSet")) return own;
    return json::member(attribute, "GlobalOptionSet");
}

}  // namespace

bool is_lookup(std::string_view type_name) {
    return type_name == "Lookup" || type_name == "Customer" || type_name == "Owner";
}

Mapping mapping_of(const RemoteType& remote) {
    const auto is = [&](std::string_view name) { return remote.name == name; };
    if (is("String") || is("Memo") || is("EntityName"))
        return Type{.kind = Kind::text, .length = remote.length};
    if (is("Integer")) return Type{.kind = Kind::integer, .precision = 10};
    if (is("BigInt")) return Type{.kind = Kind::integer, .precision = 19};
    if (is("Decimal") || is("Money")) {
        return Type{.kind = Kind::decimal,
                    .precision = digits_before_point(remote.value_max) + remote.scale,
                    .scale = remote.scale};
    }
    if (is("Double")) return Type{.kind = Kind::decimal, .precision = double_digits, .scale = remote.scale};
    if (is("Boolean")) return Type{.kind = Kind::boolean};
    if (is("DateTime")) {
        if (remote.behavior == "DateOnly") return Type{.kind = Kind::date};
        return Type{.kind = remote.behavior == "TimeZoneIndependent" ? Kind::wall_clock : Kind::instant};
    }
    if (is("Picklist") || is("State") || is("Status")) return Type{.kind = Kind::enumeration, .length = 11};
    if (is("MultiSelectPicklist")) return Type{.kind = Kind::enumerations};
    if (is_lookup(remote.name)) return Type{.kind = Kind::reference, .length = guid_length};
    if (is("Uniqueidentifier")) return Type{.kind = Kind::identifier, .length = guid_length};
    if (is("PartyList")) {
        return LeftOut{
            "its parties are records of the table activityparty, one a party: import that table, "
            "and join it by activityid"};
    }
    if (is("Image")) {
        return LeftOut{
            "the picture is not imported; its id, its address and when it was changed are, "
            "as fields of their own"};
    }
    if (is("File")) return LeftOut{"the file is not imported; its name is, as a field of its own"};
    if (is("ManagedProperty"))
        return LeftOut{"it is not imported: it describes customisation, and no record has a value of it"};
    if (is("CalendarRules"))
        return LeftOut{"it is not imported: calendar rules are records of the table calendarrule"};
    if (is("Virtual"))
        return LeftOut{"it is not imported: Dynamics makes it up for forms, and queries can't have it"};
    return LeftOut{"it is not imported: its type is not known"};
}

std::string type_name(const Element& attribute) {
    std::string name;
    if (const auto given = json::member(attribute, "AttributeTypeName")) name = json::text(*given, "Value");
    if (name.ends_with("Type")) name.resize(name.size() - 4);
    if (!name.empty()) return name;
    name = json::text(attribute, "AttributeType");
    if (!name.empty() && name != "Virtual") return name;
    // The class tells a choice of several, an image and a file from other virtual columns.
    std::string of_class = json::text(attribute, "@odata.type");
    for (const std::string_view prefix : {"#Microsoft.Dynamics.CRM.", "Complex"})
        if (of_class.starts_with(prefix)) of_class.erase(0, prefix.size());
    constexpr std::string_view suffix = "AttributeMetadata";
    if (of_class.size() > suffix.size() && of_class.ends_with(suffix)) {
        of_class.resize(of_class.size() - suffix.size());
        return of_class == "UniqueIdentifier" ? "Uniqueidentifier" : of_class;
    }
    return name.empty() ? "unknown" : name;
}

std::string label(const Element& labelled, std::string_view member) {
    const auto label = json::member(labelled, member);
    if (!label) return {};
    if (const auto own = json::member(*label, "UserLocalizedLabel")) return json::text(*own, "Label");
    for (const Element& any : json::elements(*label, "LocalizedLabels")) return json::text(any, "Label");
    return {};
}

std::vector<model::EnumerationValue> values_of(const Element& attribute) {
    std::vector<model::EnumerationValue> values;
    const auto set = option_set(attribute);
    if (!set) return values;
    const std::string standard = value_text(attribute, "DefaultFormValue");
    for (const Element& option : json::elements(*set, "Options")) {
        std::string code = value_text(option, "Value");
        if (code.empty()) continue;
        const bool is_default = code == standard;
        values.push_back({.code = std::move(code),
                          .label = label(option, "Label"),
                          .is_default = is_default,
                          .is_active = !json::flag(option, "IsHidden"),
                          .valid_for = parents_of(option)});
    }
    return values;
}

RemoteType remote_type(const Element& attribute, std::string_view type_name, std::string& behavior) {
    if (const auto given = json::member(attribute, "DateTimeBehavior"))
        behavior = json::text(*given, "Value");
    const double low = std::abs(json::real(attribute, "MinValue").value_or(0));
    const double high = std::abs(json::real(attribute, "MaxValue").value_or(0));
    // Money is stored and sent with four decimals, however many its forms show.
    constexpr int money_scale = 4;
    const int scale = json::number(attribute, "Precision");
    return {.name = type_name,
            .behavior = behavior,
            .length = json::number(attribute, "MaxLength"),
            .scale = type_name == "Money" ? std::max(scale, money_scale) : scale,
            .value_max = std::max(low, high)};
}

model::FieldSchema field_schema(const Element& attribute, std::string_view type_name, const Type& type) {
    model::FieldSchema field{.name = json::text(attribute, "LogicalName"),
                             .label = label(attribute, "DisplayName"),
                             .remote_type = std::string{type_name}};
    if (is_lookup(type_name)) field.wire_name = fmt::format("_{}_value", field.name);
    if (type.kind == Kind::date || type.kind == Kind::wall_clock) {
        field.remote_type += type.kind == Kind::date ? ", DateOnly" : ", TimeZoneIndependent";
    }
    field.type = type;
    field.is_createable = json::flag(attribute, "IsValidForCreate");
    field.is_updateable = json::flag(attribute, "IsValidForUpdate");
    if (const auto level = json::member(attribute, "RequiredLevel"))
        field.is_required = field.is_createable && json::text(*level, "Value") == "SystemRequired";
    // 1 calculated, 2 roll-up, 3 formula: their values change without the record's stamp.
    field.is_calculated = json::number(attribute, "SourceType") != 0;
    field.is_sortable = type.kind != Kind::enumerations;
    for (const Element& target : json::elements(attribute, "Targets")) {
        std::string_view object;
        if (target.get(object) == simdjson::SUCCESS) field.targets.emplace_back(object);
    }
    if (type.kind == Kind::enumeration || type.kind == Kind::enumerations)
        field.values = values_of(attribute);
    field.controller = json::text(attribute, "ParentPicklistLogicalName");
    return field;
}

}  // namespace koppla::dynamics
