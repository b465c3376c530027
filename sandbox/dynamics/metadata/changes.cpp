#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/handlers.h"
#include "sandbox/dynamics/metadata/definitions.h"
#include "sandbox/odata/failure.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

/// The value of a condition: text, or the list that the text of a "System.String[]" holds.
std::vector<std::string> values_of(const nlohmann::json& condition) {
    const auto found = condition.find("Value");
    if (found == condition.end()) return {};
    const auto& value = found->is_object() && found->contains("Value") ? (*found)["Value"] : *found;
    const auto text = [](const nlohmann::json& one) {
        return one.is_string() ? one.get<std::string>() : one.dump();
    };
    const auto list =
        value.is_string() ? nlohmann::json::parse(value.get<std::string>(), nullptr, false) : value;
    std::vector<std::string> values;
    if (list.is_array())
        for (const auto& one : list) values.push_back(text(one));
    else
        values.push_back(text(value));
    return values;
}

bool fits_condition(const nlohmann::json& condition, const Json& object) {
    const auto property = object.find(condition.value("PropertyName", ""));
    auto shown = property == object.end() ? std::string{}
                 : property->is_string()  ? property->get<std::string>()
                                          : property->dump();
    if (property != object.end() && property->is_object()) shown = property->value("Value", Json()).dump();
    const auto values = values_of(condition);
    const bool is_among = std::ranges::find(values, shown) != values.end();
    const auto op = condition.value("ConditionOperator", "Equals");
    return op == "NotEquals" || op == "NotIn" ? !is_among : is_among;
}

/// Whether an object fits the "Criteria" of a query.
bool fits_criteria(const nlohmann::json& query, const Json& object) {
    const auto criteria = query.find("Criteria");
    if (criteria == query.end() || !criteria->is_object()) return true;
    const bool is_any = criteria->value("FilterOperator", "And") == "Or";
    const auto conditions = criteria->value("Conditions", nlohmann::json::array());
    if (conditions.empty()) return true;
    const auto holds = [&](const nlohmann::json& condition) { return fits_condition(condition, object); };
    return is_any ? std::ranges::any_of(conditions, holds) : std::ranges::all_of(conditions, holds);
}

/// Which "Properties" a query asks for.
struct Wanted {
    bool is_all = false;
    std::vector<std::string> names{};

    explicit Wanted(const nlohmann::json& query) {
        const auto found = query.find("Properties");
        if (found == query.end() || !found->is_object()) return;
        is_all = found->value("AllProperties", false);
        for (const auto& name : found->value("PropertyNames", nlohmann::json::array()))
            if (name.is_string()) names.push_back(name.get<std::string>());
    }
    [[nodiscard]] bool has(std::string_view name) const {
        return is_all || std::ranges::find(names, name) != names.end();
    }
};

/// The object in its complex form: "#Microsoft.Dynamics.CRM.ComplexPicklistAttributeMetadata".
Json complex(const Json& object, const Wanted& wanted) {
    Json kept = Json::object();
    for (const auto& [name, value] : object.items()) {
        if (name == "@odata.type") {
            constexpr std::string_view space = "#Microsoft.Dynamics.CRM.";
            kept[name] = fmt::format("{}Complex{}", space, value.get<std::string>().substr(space.size()));
        } else if (name == "HasChanged") {
            kept[name] = true;
        } else if (name == "MetadataId" || name == "LogicalName" || wanted.has(name)) {
            kept[name] = value;
        }
    }
    return kept;
}

nlohmann::json part(const nlohmann::json& query, const char* name) {
    const auto found = query.find(name);
    return found != query.end() && found->is_object() ? *found : nlohmann::json::object();
}

Json table_changes(const Catalog& catalog, const Table& table, const nlohmann::json& query) {
    const Wanted wanted{query};
    auto kept = complex(entity_json(table), wanted);
    if (wanted.has("Attributes")) {
        const auto inner = part(query, "AttributeQuery");
        const Wanted properties{inner};
        auto list = Json::array();
        for (const Attribute& attribute : table.attributes()) {
            const auto object = attribute_json(table, attribute);
            if (fits_criteria(inner, object)) list.push_back(complex(object, properties));
        }
        kept["Attributes"] = std::move(list);
    }
    if (wanted.has("Keys")) {
        const auto inner = part(query, "KeyQuery");
        auto list = Json::array();
        for (const AlternateKey& key : table.keys()) {
            const auto object = key_json(table, key);
            if (fits_criteria(inner, object)) list.push_back(complex(object, Wanted{inner}));
        }
        kept["Keys"] = std::move(list);
    }
    const auto ways = part(query, "RelationshipQuery");
    const auto add = [&](const char* name, const std::vector<const Relationship*>& relationships) {
        if (!wanted.has(name)) return;
        auto list = Json::array();
        for (const auto* way : relationships) {
            const auto object = relationship_json(*way);
            if (fits_criteria(ways, object)) list.push_back(complex(object, Wanted{ways}));
        }
        kept[name] = std::move(list);
    };
    add("ManyToOneRelationships", catalog.from(table));
    add("OneToManyRelationships", catalog.to(table));
    add("ManyToManyRelationships", {});
    return kept;
}

/// The value of a parameter, which may stand behind an alias.
std::string parameter_of(const Ask& ask, std::string_view name) {
    const auto literal = std::string{ask.segments.front().literal(name)};
    return literal.starts_with('@') ? ask.option(literal).value_or("") : literal;
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

Answer retrieve_metadata_changes(Services& services, const Ask& ask) {
    const auto text = parameter_of(ask, "Query");
    const auto query = text.empty() ? nlohmann::json::object() : nlohmann::json::parse(text, nullptr, false);
    if (!query.is_object())
        return failure(odata::bad_query("The parameter Query is no EntityQueryExpression."));
    const auto& version = ask.catalog->version();
    const auto stamp = unquoted(parameter_of(ask, "ClientVersionStamp"));
    const bool is_current = !stamp.empty() && stamp == version;
    if (!stamp.empty() && stamp != "null") {
        const auto known = number_of(stamp);
        if (!known || *known > number_of(version).value_or(0))
            return failure(
                error(ErrorKind::expired,
                      "Version stamp associated with the client has expired. Please perform a full sync.",
                      "0x80044352"));
    }
    auto tables = Json::array();
    for (const Table& table : ask.catalog->tables()) {
        if (is_current) break;
        if (fits_criteria(query, entity_json(table)))
            tables.push_back(table_changes(*ask.catalog, table, query));
    }
    // What was hidden since the stamp is gone for whoever asks with it.
    const auto gone =
        stamp.empty() || is_current ? std::vector<std::string>{} : services.org.hidden_attributes();
    Json deleted{{"Count", 0}, {"IsReadOnly", false}, {"Keys", Json::array()}, {"Values", Json::array()}};
    if (!gone.empty()) {
        deleted["Count"] = 1;
        deleted["Keys"].push_back("Attribute");
        deleted["Values"].push_back(Json{{"Items", gone}});
    }
    return answer(200, Json{{"@odata.context",
                             ask.context() + "Microsoft.Dynamics.CRM.RetrieveMetadataChangesResponse"},
                            {"ServerVersionStamp", version},
                            {"EntityMetadata", std::move(tables)},
                            {"DeletedMetadata", std::move(deleted)}});
}

}  // namespace koppla::sandbox::dynamics
