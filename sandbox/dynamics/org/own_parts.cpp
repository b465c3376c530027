#include "sandbox/dynamics/org/own_parts.h"

#include <algorithm>
#include <cctype>
#include <string>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

constexpr double base_max = 922'337'203'685'477.0;
constexpr double decimal_max = 100'000'000'000.0;
constexpr int money_digits = 4;
constexpr std::string_view prefix_of_ours = "new_";

std::string logical(std::string_view schema_name) {
    std::string name{schema_name};
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return name;
}

/// "AccountNumber" as "Account Number", "Address1_Line1" as "Address 1: Line 1".
std::string label_of(std::string_view schema_name) {
    if (schema_name.starts_with(prefix_of_ours)) schema_name.remove_prefix(prefix_of_ours.size());
    std::string label;
    for (std::size_t i = 0; i < schema_name.size(); ++i) {
        const auto c = static_cast<unsigned char>(schema_name[i]);
        const auto before = i == 0 ? ' ' : static_cast<unsigned char>(schema_name[i - 1]);
        if (c == '_') {
            label += ": ";
            continue;
        }
        const bool begins = (std::isupper(c) != 0 && std::islower(before) != 0) ||
                            (std::isdigit(c) != 0 && std::isalpha(before) != 0);
        if (begins) label += ' ';
        label += static_cast<char>(c);
    }
    if (label.ends_with(" Id")) label.resize(label.size() - 3);
    if (label.ends_with(" Code")) label.resize(label.size() - 5);
    return label;
}

Attribute made(AttributeType type, std::string_view schema_name) {
    return {.name = logical(schema_name),
            .schema_name = std::string{schema_name},
            .label = label_of(schema_name),
            .type = type,
            .is_custom = schema_name.starts_with(prefix_of_ours)};
}

Attribute amount(std::string_view schema_name, double minimum, double maximum) {
    Attribute attribute = made(AttributeType::money, schema_name);
    attribute.minimum = minimum;
    attribute.maximum = maximum;
    attribute.scale = money_digits;
    attribute.precision = 2;
    return attribute;
}

std::vector<Option> options_of(Choices choices) {
    std::vector<Option> options;
    for (const auto& [value, label] : choices) options.push_back({.value = value, .label = label});
    return options;
}

Attribute owning(std::string_view schema_name, const char* target) {
    return read_only(lookup(schema_name, {target}));
}

/// When and by whom a row was made and changed.
Attributes stamps() {
    return {read_only(moment("CreatedOn")),
            read_only(lookup("CreatedBy", {"systemuser"})),
            read_only(lookup("CreatedOnBehalfBy", {"systemuser"})),
            read_only(moment("ModifiedOn")),
            read_only(lookup("ModifiedBy", {"systemuser"})),
            read_only(lookup("ModifiedOnBehalfBy", {"systemuser"})),
            [] {
                Attribute overridden = moment_of_day("OverriddenCreatedOn");
                overridden.can_update = false;
                return overridden;
            }(),
            whole("ImportSequenceNumber"),
            whole("TimeZoneRuleVersionNumber", -1),
            whole("UTCConversionTimeZoneCode", -1)};
}

Attributes ownership(Ownership kind) {
    if (kind != Ownership::user) return {};
    Attribute owner = made(AttributeType::owner, "OwnerId");
    owner.targets = {"systemuser", "team"};
    owner.required = Requirement::system;
    return {owner, owning("OwningBusinessUnit", "businessunit"), owning("OwningUser", "systemuser"),
            owning("OwningTeam", "team")};
}

/// What money needs beside it: a currency, its rate, and each amount in the base currency.
Attributes currency(const Attributes& attributes) {
    Attributes more;
    for (const Attribute& attribute : attributes) {
        if (attribute.type != AttributeType::money) continue;
        Attribute base = amount(attribute.schema_name + "_Base", -base_max, base_max);
        base.label = attribute.label + " (Base)";
        base.base_of = attribute.name;
        more.push_back(read_only(base));
    }
    if (more.empty()) return more;
    more.push_back(lookup("TransactionCurrencyId", {"transactioncurrency"}));
    const bool has_rate =
        std::ranges::any_of(attributes, [](const auto& a) { return a.name == "exchangerate"; });
    if (!has_rate) more.push_back(read_only(decimal("ExchangeRate", 10, 0.0000000001, decimal_max)));
    return more;
}

/// The columns that show the name of a lookup or choice, and those that tell a lookup's target.
Attributes shadows(Attributes& attributes) {
    Attributes more;
    for (Attribute& attribute : attributes) {
        const bool is_shown = attribute.is_lookup() || attribute.is_choice() ||
                              attribute.type == AttributeType::boolean ||
                              attribute.type == AttributeType::multi_select;
        if (!is_shown) continue;
        Attribute name = made(attribute.is_lookup() ? AttributeType::string : AttributeType::name,
                              attribute.schema_name + "Name");
        name.label.clear();
        name.of = attribute.name;
        name.length_max = attribute.is_lookup() ? 100 : 0;
        more.push_back(read_only(name));
        if (!attribute.is_lookup() || attribute.targets.size() < 2) continue;
        const bool is_regarding = attribute.name == "regardingobjectid";
        Attribute type = made(AttributeType::entity_name,
                              is_regarding ? "RegardingObjectTypeCode" : attribute.schema_name + "Type");
        type.type_of = attribute.name;
        attribute.type_column = type.name;
        more.push_back(std::move(type));
    }
    return more;
}

}  // namespace

Attribute text(std::string_view schema_name, int length_max, std::string_view format) {
    Attribute attribute = made(AttributeType::string, schema_name);
    attribute.length_max = length_max;
    attribute.format = format;
    return attribute;
}

Attribute memo(std::string_view schema_name, int length_max) {
    Attribute attribute = made(AttributeType::memo, schema_name);
    attribute.length_max = length_max;
    attribute.format = "TextArea";
    return attribute;
}

Attribute whole(std::string_view schema_name, double minimum, double maximum) {
    Attribute attribute = made(AttributeType::integer, schema_name);
    attribute.minimum = minimum;
    attribute.maximum = maximum;
    attribute.format = "None";
    return attribute;
}

Attribute decimal(std::string_view schema_name, int precision, double minimum, double maximum) {
    Attribute attribute = made(AttributeType::decimal, schema_name);
    attribute.minimum = minimum;
    attribute.maximum = maximum;
    attribute.precision = attribute.scale = precision;
    return attribute;
}

Attribute real(std::string_view schema_name, int precision, double minimum, double maximum) {
    Attribute attribute = made(AttributeType::real, schema_name);
    attribute.minimum = minimum;
    attribute.maximum = maximum;
    attribute.precision = precision;
    return attribute;
}

Attribute money(std::string_view schema_name, double minimum, double maximum) {
    return amount(schema_name, minimum, maximum);
}

Attribute flag(std::string_view schema_name, std::string_view yes, std::string_view no) {
    Attribute attribute = made(AttributeType::boolean, schema_name);
    attribute.options.options = {{.value = 1, .label = std::string{yes}},
                                 {.value = 0, .label = std::string{no}}};
    attribute.default_value = 0;
    return attribute;
}

Attribute choice(std::string_view schema_name, Choices choices) {
    Attribute attribute = made(AttributeType::picklist, schema_name);
    attribute.options.options = options_of(choices);
    return attribute;
}

Attribute multi_choice(std::string_view schema_name, Choices choices) {
    Attribute attribute = made(AttributeType::multi_select, schema_name);
    attribute.options.options = options_of(choices);
    return attribute;
}

Attribute lookup(std::string_view schema_name, Targets targets) {
    Attribute attribute = made(AttributeType::lookup, schema_name);
    attribute.targets.assign(targets.begin(), targets.end());
    return attribute;
}

Attribute customer(std::string_view schema_name) {
    Attribute attribute = lookup(schema_name, {"account", "contact"});
    attribute.type = AttributeType::customer;
    return attribute;
}

Attribute guid(std::string_view schema_name) {
    return made(AttributeType::guid, schema_name);
}

Attribute typed(AttributeType type, std::string_view schema_name) {
    return made(type, schema_name);
}

Attribute moment(std::string_view schema_name) {
    return made(AttributeType::date_time, schema_name);
}

Attribute moment_of_day(std::string_view schema_name) {
    Attribute attribute = moment(schema_name);
    attribute.date_format = DateFormat::date_only;
    return attribute;
}

Attribute day(std::string_view schema_name) {
    Attribute attribute = moment_of_day(schema_name);
    attribute.behavior = DateBehavior::date_only;
    return attribute;
}

Attribute civil_time(std::string_view schema_name) {
    Attribute attribute = moment(schema_name);
    attribute.behavior = DateBehavior::time_zone_independent;
    return attribute;
}

Attribute labelled(Attribute attribute, std::string_view label) {
    attribute.label = label;
    return attribute;
}

Attribute required(Attribute attribute, Requirement requirement) {
    attribute.required = requirement;
    return attribute;
}

Attribute read_only(Attribute attribute) {
    attribute.can_create = attribute.can_update = false;
    return attribute;
}

Attribute title(Attribute attribute) {
    attribute.is_primary_name = true;
    return attribute;
}

Attribute of_set(Attribute attribute, std::string_view global_set) {
    attribute.options.name = global_set;
    attribute.options.is_global = true;
    return attribute;
}

Attributes states(std::initializer_list<StateSpec> states) {
    Attribute state = required(made(AttributeType::state, "StateCode"), Requirement::system);
    Attribute status = made(AttributeType::status, "StatusCode");
    state.label = "Status";
    status.label = "Status Reason";
    state.can_create = true;
    for (const StateSpec& spec : states) {
        state.options.options.push_back(
            {.value = spec.value, .label = spec.label, .default_status = spec.statuses.begin()->first});
        for (const auto& [value, label] : spec.statuses)
            status.options.options.push_back({.value = value, .label = label, .state = spec.value});
    }
    return {state, status};
}

Attributes address(std::string_view prefix) {
    const auto named = [&](std::string_view part) { return fmt::format("{}_{}", prefix, part); };
    Attributes parts{
        guid(named("AddressId")),
        choice(named("AddressTypeCode"), {{1, "Bill To"}, {2, "Ship To"}, {3, "Primary"}, {4, "Other"}}),
        text(named("Name"), 200),
        text(named("PrimaryContactName"), 100),
        text(named("Line1"), 250),
        text(named("Line2"), 250),
        text(named("Line3"), 250),
        text(named("City"), 80),
        text(named("StateOrProvince"), 50),
        text(named("PostalCode"), 20),
        text(named("Country"), 80),
        text(named("County"), 50),
        text(named("PostOfficeBox"), 20),
        text(named("Telephone1"), 50, "Phone"),
        text(named("Telephone2"), 50, "Phone"),
        text(named("Telephone3"), 50, "Phone"),
        text(named("Fax"), 50),
        text(named("UPSZone"), 4),
        real(named("Latitude"), 5, -90, 90),
        real(named("Longitude"), 5, -180, 180),
        whole(named("UTCOffset"), -1'500, 1'500),
        choice(named("ShippingMethodCode"), {{1, "Airborne"},
                                             {2, "DHL"},
                                             {3, "FedEx"},
                                             {4, "UPS"},
                                             {5, "Postal Mail"},
                                             {6, "Full Load"},
                                             {7, "Will Call"}}),
        choice(named("FreightTermsCode"), {{1, "FOB"}, {2, "No Charge"}}),
        read_only(memo(named("Composite"), 1'000))};
    return parts;
}

Attributes order_address(std::string_view prefix) {
    const auto named = [&](std::string_view part) { return fmt::format("{}_{}", prefix, part); };
    return {guid(named("AddressId")),
            text(named("Name"), 200),
            text(named("ContactName"), 150),
            text(named("Line1"), 250),
            text(named("Line2"), 250),
            text(named("Line3"), 250),
            text(named("City"), 80),
            text(named("StateOrProvince"), 50),
            text(named("PostalCode"), 20),
            text(named("Country"), 80),
            text(named("Telephone"), 50, "Phone"),
            text(named("Fax"), 50),
            read_only(memo(named("Composite"), 1'000))};
}

Attributes operator+(Attributes attributes, Attributes more) {
    for (Attribute& attribute : more) attributes.push_back(std::move(attribute));
    return attributes;
}

AlternateKey key(std::string_view schema_name, std::initializer_list<const char*> attributes,
                 IndexState index) {
    return {.name = logical(schema_name),
            .schema_name = std::string{schema_name},
            .label = label_of(schema_name),
            .attributes = {attributes.begin(), attributes.end()},
            .index = index};
}

Table table(TableFacts facts, Attributes attributes, std::vector<AlternateKey> keys) {
    facts.name = logical(facts.schema_name);
    if (facts.label.empty()) facts.label = label_of(facts.schema_name);
    if (facts.collection_label.empty()) facts.collection_label = facts.label + "s";
    const bool has_key =
        std::ranges::any_of(attributes, [&](const Attribute& one) { return one.name == facts.primary_id; });
    if (!has_key) {
        Attribute id = guid(facts.is_activity ? "ActivityId" : facts.schema_name + "Id");
        id.label = facts.label;
        attributes.insert(attributes.begin(), std::move(id));
        facts.primary_id = attributes.front().name;
    }
    for (Attribute& attribute : attributes) {
        if (attribute.name != facts.primary_id) continue;
        attribute.is_primary_id = true;
        attribute.can_update = false;
        attribute.required = Requirement::system;
    }
    attributes = std::move(attributes) + stamps() + ownership(facts.ownership);
    attributes = attributes + currency(attributes);
    Attribute version = read_only(made(AttributeType::big_int, "VersionNumber"));
    version.minimum = -9'223'372'036'854'775'807.0;
    version.maximum = 9'223'372'036'854'775'807.0;
    attributes.push_back(std::move(version));
    for (Attribute& attribute : attributes) {
        if (attribute.is_primary_name) facts.primary_name = attribute.name;
        if (attribute.options.name.empty() && !attribute.options.options.empty())
            attribute.options.name = fmt::format("{}_{}", facts.name, attribute.name);
    }
    // Lookups learn their type columns before they are copied.
    Attributes names = shadows(attributes);
    attributes = std::move(attributes) + std::move(names);
    return Table{std::move(facts), std::move(attributes), std::move(keys)};
}

}  // namespace koppla::sandbox::dynamics
