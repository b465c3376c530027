#include "crm/dynamics/relations.h"

#include "crm/dynamics/attribute.h"
#include "crm/odata/query.h"
#include "http/message.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla::dynamics {

namespace {

using json::Element;

constexpr std::array<std::string_view, 5> table_properties = {
    "LogicalName", "EntitySetName", "PrimaryIdAttribute", "Keys", "ManyToOneRelationships"};
constexpr std::array<std::string_view, 3> way_properties = {"ReferencingAttribute", "ReferencedEntity",
                                                            "ReferencingEntityNavigationPropertyName"};
constexpr std::array<std::string_view, 3> key_properties = {"LogicalName", "KeyAttributes",
                                                            "EntityKeyIndexStatus"};
constexpr std::array<std::string_view, 3> column_properties = {"LogicalName", "AttributeType",
                                                               "AttributeTypeName"};

nlohmann::json properties(std::span<const std::string_view> names) {
    return {{"Properties", {{"AllProperties", false}, {"PropertyNames", names}}}};
}

}  // namespace

std::string relations_path(std::span<const std::string> tables, ColumnTypes types) {
    const nlohmann::json names = tables;
    nlohmann::json query = properties(table_properties);
    const nlohmann::json among = {{"PropertyName", "LogicalName"},
                                  {"ConditionOperator", "In"},
                                  {"Value", {{"Type", "System.String[]"}, {"Value", names.dump()}}}};
    query["Criteria"] = {{"FilterOperator", "And"}, {"Conditions", nlohmann::json::array({among})}};
    query["RelationshipQuery"] = properties(way_properties);
    query["KeyQuery"] = properties(key_properties);
    if (types == ColumnTypes::told) {
        query["Properties"]["PropertyNames"].push_back("Attributes");
        query["AttributeQuery"] = properties(column_properties);
    }
    return "RetrieveMetadataChanges(Query=@p1)?@p1=" + http::percent_encode(query.dump());
}

Relations::Table Relations::table_of(const Element& told) {
    Table table{.name = json::text(told, "LogicalName"),
                .entity_set = json::text(told, "EntitySetName"),
                .own_key = json::text(told, "PrimaryIdAttribute"),
                .ways = {},
                .keys = {},
                .columns = {}};
    for (const Element& each : json::elements(told, "ManyToOneRelationships")) {
        table.ways.push_back({.lookup = json::text(each, "ReferencingAttribute"),
                              .target = json::text(each, "ReferencedEntity"),
                              .navigation = json::text(each, "ReferencingEntityNavigationPropertyName")});
    }
    for (const Element& each : json::elements(told, "Keys")) {
        Key key{.name = json::text(each, "LogicalName"),
                .status = json::text(each, "EntityKeyIndexStatus"),
                .fields = {}};
        for (const Element& field : json::elements(each, "KeyAttributes")) {
            std::string_view name;
            if (field.get(name) == simdjson::SUCCESS) key.fields.emplace_back(name);
        }
        table.keys.push_back(std::move(key));
    }
    for (const Element& each : json::elements(told, "Attributes"))
        table.columns.push_back({.name = json::text(each, "LogicalName"), .type_name = type_name(each)});
    return table;
}

Result<Relations> Relations::of(std::string_view answer) {
    simdjson::dom::parser parser;
    Element root;
    simdjson::dom::array listed;
    if (parser.parse(simdjson::padded_string{answer.data(), answer.size()}).get(root) != simdjson::SUCCESS ||
        root["EntityMetadata"].get(listed) != simdjson::SUCCESS) {
        return error(ErrorKind::corrupt,
                     "the answer is no description of tables: it holds no 'EntityMetadata'");
    }
    Relations relations;
    for (const Element& each : json::elements(root, "EntityMetadata"))
        relations.tables_.push_back(table_of(each));
    return relations;
}

const Relations::Table* Relations::find(std::string_view name) const {
    const auto found = std::ranges::find(tables_, name, &Table::name);
    return found == tables_.end() ? nullptr : &*found;
}

std::optional<std::string> Relations::entity_set(std::string_view table) const {
    const Table* const found = find(table);
    if (found == nullptr || !odata::is_identifier(found->entity_set)) return std::nullopt;
    return found->entity_set;
}

std::string Relations::own_key(std::string_view table) const {
    const Table* const found = find(table);
    return found == nullptr ? std::string{} : found->own_key;
}

std::string Relations::navigation(std::string_view table, std::string_view lookup,
                                  std::string_view target) const {
    const Table* const found = find(table);
    if (found == nullptr) return {};
    std::string only;
    int ways = 0;
    for (const Way& way : found->ways) {
        if (way.lookup != lookup || !odata::is_identifier(way.navigation)) continue;
        if (way.target == target) return way.navigation;
        ++ways;
        only = way.navigation;
    }
    // An owner's one way leads to "owner", which is a user or a team.
    return ways == 1 ? only : std::string{};
}

KeyField Relations::key_field(std::string_view table, std::string_view field) const {
    const Table* const found = find(table);
    KeyField result{.problem = fmt::format("'{}' is no alternate key of {}: add one in Power Apps (Tables > "
                                           "{} > Keys), or use its own key '{}'",
                                           field, table, table, own_key(table)),
                    .type_name = {}};
    if (found == nullptr) return result;
    const auto column = std::ranges::find(found->columns, field, &Column::name);
    if (column != found->columns.end()) result.type_name = column->type_name;
    for (const Key& key : found->keys) {
        if (std::ranges::find(key.fields, field) == key.fields.end()) continue;
        if (key.fields.size() > 1) {
            result.problem =
                fmt::format("'{}' names no record by itself: the alternate key {} has several columns, {}",
                            field, key.name, fmt::join(key.fields, ", "));
        } else if (key.status == "Active") {
            result.problem.clear();
            break;
        } else {
            result.problem = fmt::format(
                "the index of the alternate key {} of '{}' is {}, not Active, so the key names and protects "
                "nothing; see Power Apps (Tables > {} > Keys): {}",
                key.name, field, key.status.empty() ? "not known" : key.status, table,
                key.status == "Failed" ? "there are records with the same value; mend them and reactivate it"
                                       : "wait until it is built");
        }
    }
    return result;
}

}  // namespace koppla::dynamics
