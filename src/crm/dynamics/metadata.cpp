#include "crm/dynamics/metadata.h"

#include "base/ascii.h"
#include "crm/dynamics/attribute.h"
#include "crm/odata/dialect.h"
#include "crm/odata/query.h"
#include "crm/refusal.h"
#include "http/message.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla::dynamics {

namespace {

using json::Element;
using model::FieldSchema;
using model::Kind;
using model::ObjectSchema;
using odata::is_identifier;

constexpr std::string_view target_annotation = "@Microsoft.Dynamics.CRM.lookuplogicalname";

constexpr std::string_view name_annotation = "@OData.Community.Display.V1.FormattedValue";

constexpr std::array<std::string_view, 9> table_properties = {"LogicalName",
                                                              "EntitySetName",
                                                              "DisplayName",
                                                              "PrimaryIdAttribute",
                                                              "ChangeTrackingEnabled",
                                                              "IsValidForAdvancedFind",
                                                              "TableType",
                                                              "Attributes",
                                                              "Keys"};
constexpr std::array<std::string_view, 23> attribute_properties = {"LogicalName",
                                                                   "AttributeType",
                                                                   "AttributeTypeName",
                                                                   "AttributeOf",
                                                                   "DisplayName",
                                                                   "ColumnNumber",
                                                                   "IsValidForRead",
                                                                   "IsValidForCreate",
                                                                   "IsValidForUpdate",
                                                                   "IsSecured",
                                                                   "RequiredLevel",
                                                                   "SourceType",
                                                                   "MaxLength",
                                                                   "MinValue",
                                                                   "MaxValue",
                                                                   "Precision",
                                                                   "Format",
                                                                   "DateTimeBehavior",
                                                                   "OptionSet",
                                                                   "GlobalOptionSet",
                                                                   "DefaultFormValue",
                                                                   "ParentPicklistLogicalName",
                                                                   "Targets"};
constexpr std::array<std::string_view, 3> key_properties = {"LogicalName", "KeyAttributes",
                                                            "EntityKeyIndexStatus"};
constexpr std::array<std::string_view, 5> name_properties = {"LogicalName", "AttributeTypeName",
                                                             "AttributeOf", "IsValidForRead", "IsSecured"};

nlohmann::json properties(std::span<const std::string_view> names) {
    return {{"Properties", {{"AllProperties", false}, {"PropertyNames", names}}}};
}

/// Where a property is missing, it is as most are.
bool is_readable(const Element& attribute) {
    bool value = true;
    return attribute["IsValidForRead"].get(value) != simdjson::SUCCESS || value;
}

/// Turns the attributes of one table into fields and notices.
class Table {
  public:
    Table(const Element& table, LookupNames names)
        : table_{table}, names_wanted_{names}, attributes_{json::elements(table, "Attributes")} {
        std::ranges::stable_sort(attributes_, {}, [](const Element& attribute) {
            return json::number(attribute, "ColumnNumber");
        });
        for (const Element& attribute : attributes_)
            types_.emplace(json::text(attribute, "LogicalName"), type_name(attribute));
    }

    Result<ObjectSchema> schema() {
        schema_.name = json::text(table_, "LogicalName");
        schema_.wire_name = json::text(table_, "EntitySetName");
        schema_.label = label(table_, "DisplayName");
        TRY(check_names());
        for (const Element& attribute : attributes_) add(attribute);
        for (const std::string& lookup : polymorphic_) add_target(lookup);
        TRY(choose_key());
        mark_alternate_keys();
        link_status();
        schema_.stamp = stamp();
        schema_.has_feed = json::flag(table_, "ChangeTrackingEnabled");
        schema_.is_writable = std::ranges::any_of(schema_.fields, &FieldSchema::is_createable);
        add_removal_flag();
        return std::move(schema_);
    }

  private:
    Result<void> check_names() const {
        if (!is_identifier(schema_.name))
            return error(ErrorKind::corrupt, "the metadata name a table that can't stand in a query");
        if (!is_identifier(schema_.wire_name)) {
            return error(ErrorKind::unsupported,
                         fmt::format("table {} has no entity set, so the Web API can't be asked for its "
                                     "records",
                                     schema_.name));
        }
        return {};
    }

    void note(const std::string& name, std::string_view type, std::string instead) {
        schema_.notices.push_back(
            {.field = shown(name), .remote_type = std::string{type}, .instead = std::move(instead)});
    }

    [[nodiscard]] std::string type_of(const std::string& name) const {
        const auto found = types_.find(name);
        return found == types_.end() ? std::string{} : found->second;
    }

    void add(const Element& attribute) {
        const std::string name = json::text(attribute, "LogicalName");
        const std::string type = type_name(attribute);
        if (!is_identifier(name))
            return note(name, type, "it is not imported: its name can't stand in a query");
        if (!seen_.insert(name).second)
            return note(name, type, "it is imported once: the metadata name it twice");
        if (const std::string lookup = lookup_named_by(name, attribute); !lookup.empty()) {
            targets_.emplace(lookup, attribute);
            return;
        }
        if (const std::string of = json::text(attribute, "AttributeOf"); !of.empty()) {
            // Names of lookups and choices, for forms; but what an image or a file has is told by them alone.
            const std::string whole = type_of(of);
            if (is_lookup(whole) && name == of + "name") add_name(attribute, of);
            const bool is_part = (whole == "Image" || whole == "File") && type != "Virtual";
            if (!is_part) return;
        }
        if (!is_readable(attribute))
            return note(name, type, "it is not imported: Dynamics gives its values to nobody");

        std::string behavior;
        const Mapping mapping = mapping_of(remote_type(attribute, type, behavior));
        if (const auto* left_out = std::get_if<LeftOut>(&mapping)) return note(name, type, left_out->instead);
        const bool is_choice_of_targets = type == "Owner" || type == "Customer";
        FieldSchema field = field_schema(attribute, type, std::get<model::Type>(mapping));
        if (is_choice_of_targets || (is_lookup(type) && field.targets.size() > 1))
            polymorphic_.push_back(name);
        if (json::flag(attribute, "IsSecured")) {
            note(name, type,
                 "it is imported as it comes: column security lets only users of a column security profile "
                 "see it, and for all others Dynamics sends it empty, without a word");
        }
        schema_.fields.push_back(std::move(field));
    }

    /// The lookup whose target's table this attribute names, or empty: "owneridtype" of ownerid,
    /// "regardingobjecttypecode" of regardingobjectid. Not all of them say so by AttributeOf.
    [[nodiscard]] std::string lookup_named_by(const std::string& name, const Element& attribute) const {
        if (type_name(attribute) != "EntityName") return {};
        std::string of = json::text(attribute, "AttributeOf");
        if (is_lookup(type_of(of))) return of;
        for (const auto& [lookup, type] : types_) {
            if (!is_lookup(type)) continue;
            const bool ends_in_id = lookup.ends_with("id");
            if (name == lookup + "type" ||
                (ends_in_id && name == lookup.substr(0, lookup.size() - 2) + "typecode"))
                return lookup;
        }
        return {};
    }

    /// The primary name of what a lookup points to: Dynamics tells it beside the lookup, as it would show it.
    void add_name(const Element& attribute, const std::string& lookup) {
        if (names_wanted_ == LookupNames::left_out) return;
        schema_.fields.push_back(
            {.name = json::text(attribute, "LogicalName"),
             .wire_name = fmt::format("_{}_value{}", lookup, name_annotation),
             .label = label(attribute, "DisplayName"),
             .remote_type = "String",
             .type = {.kind = Kind::text, .length = json::number(attribute, "MaxLength")},
             .is_filterable = false,
             .is_sortable = false});
    }

    /// What a reference points to is told beside it; the metadata mostly have an attribute for that.
    void add_target(const std::string& lookup) {
        const auto reference = std::ranges::find(schema_.fields, lookup, &FieldSchema::name);
        FieldSchema field{.name = lookup + "_type",
                          .wire_name = fmt::format("{}{}", reference->wire_name, target_annotation),
                          .label = fmt::format("{} (type)", reference->label),
                          .remote_type = "EntityName",
                          .type = {.kind = Kind::text, .length = 64},
                          .is_filterable = false,
                          .is_sortable = false};
        if (const auto found = targets_.find(lookup); found != targets_.end()) {
            field.name = json::text(found->second, "LogicalName");
            if (std::string own = label(found->second, "DisplayName"); !own.empty())
                field.label = std::move(own);
        } else if (schema_.find(field.name) != nullptr) {
            return;
        }
        schema_.fields.insert(reference + 1, std::move(field));
    }

    Result<void> choose_key() {
        const std::string key = json::text(table_, "PrimaryIdAttribute");
        const auto field = std::ranges::find(schema_.fields, key, &FieldSchema::name);
        if (field == schema_.fields.end() || field->type.kind != Kind::identifier) {
            return error(
                ErrorKind::unsupported,
                fmt::format("table {} has no primary id, so its records can't be told apart", schema_.name));
        }
        field->is_unique = true;
        schema_.key = key;
        return {};
    }

    /// Of several columns none is unique by itself; and a key whose index isn't built enforces nothing.
    void mark_alternate_keys() {
        for (const Element& key : json::elements(table_, "Keys")) {
            const auto parts = json::elements(key, "KeyAttributes");
            std::string_view name;
            if (parts.size() != 1 || parts.front().get(name) != simdjson::SUCCESS) continue;
            if (json::text(key, "EntityKeyIndexStatus") != "Active") continue;
            const auto field = std::ranges::find(schema_.fields, name, &FieldSchema::name);
            if (field != schema_.fields.end()) field->is_unique = true;
        }
    }

    /// A status belongs to a state.
    void link_status() {
        const auto state = std::ranges::find(schema_.fields, "State", &FieldSchema::remote_type);
        const auto status = std::ranges::find(schema_.fields, "Status", &FieldSchema::remote_type);
        if (state != schema_.fields.end() && status != schema_.fields.end()) status->controller = state->name;
    }

    [[nodiscard]] std::string stamp() const {
        for (const std::string_view name : {"modifiedon", "createdon"}) {
            const auto found = std::ranges::find(schema_.fields, name, &FieldSchema::name);
            if (found != schema_.fields.end() && found->type.kind == Kind::instant) return found->name;
        }
        return {};
    }

    void add_removal_flag() {
        FieldSchema flag{.name = "isdeleted",
                         .label = "Deleted",
                         .remote_type = std::string{odata::removal_type},
                         .type = {.kind = Kind::boolean},
                         .is_filterable = false,
                         .is_sortable = false};
        if (schema_.find(flag.name) != nullptr) flag.name = "koppla_isdeleted";
        schema_.removal_flag = flag.name;
        schema_.fields.push_back(std::move(flag));
    }

    const Element& table_;
    const LookupNames names_wanted_;
    std::vector<Element> attributes_;
    std::map<std::string, std::string> types_;
    std::map<std::string, Element> targets_;  ///< of lookups: the attribute that names the target
    std::set<std::string> seen_;
    std::vector<std::string> polymorphic_;
    ObjectSchema schema_;
};

}  // namespace

std::string tables_path() {
    return "EntityDefinitions?$select=LogicalName,EntitySetName,DisplayName,IsIntersect&$filter=" +
           odata::query_encode("IsPrivate eq false");
}

Result<std::vector<ObjectSummary>> object_summaries(std::string_view answer) {
    simdjson::dom::parser parser;
    Element root;
    simdjson::dom::array listed;
    if (parser.parse(simdjson::padded_string{answer.data(), answer.size()}).get(root) != simdjson::SUCCESS ||
        root["value"].get(listed) != simdjson::SUCCESS) {
        return error(ErrorKind::corrupt, "the list of tables can't be read: the answer holds no 'value'");
    }
    std::vector<ObjectSummary> summaries;
    for (const Element& each : json::elements(root, "value")) {
        std::string name = json::text(each, "LogicalName");
        if (!is_identifier(name)) continue;
        summaries.push_back({.name = std::move(name),
                             .label = label(each, "DisplayName"),
                             .is_readable = is_identifier(json::text(each, "EntitySetName")),
                             .is_writable = !json::flag(each, "IsIntersect")});
    }
    return summaries;
}

std::string changes_path(std::span<const std::string> tables, Extent extent, std::string_view stamp) {
    const bool is_whole = extent == Extent::everything;
    const nlohmann::json names = tables;
    nlohmann::json query = properties(is_whole ? std::span<const std::string_view>{table_properties}
                                               : std::span{table_properties}.last(2));
    query["Properties"]["PropertyNames"].push_back("HasChanged");
    if (!is_whole) query["Properties"]["PropertyNames"].push_back("LogicalName");
    const nlohmann::json among = {{"PropertyName", "LogicalName"},
                                  {"ConditionOperator", "In"},
                                  {"Value", {{"Type", "System.String[]"}, {"Value", names.dump()}}}};
    query["Criteria"] = {{"FilterOperator", "And"}, {"Conditions", nlohmann::json::array({among})}};
    query["AttributeQuery"] = properties(is_whole ? std::span<const std::string_view>{attribute_properties}
                                                  : std::span<const std::string_view>{name_properties});
    query["KeyQuery"] = properties(key_properties);
    std::string path = "RetrieveMetadataChanges(Query=@p1";
    if (!stamp.empty()) path += ",DeletedMetadataFilters=@p2,ClientVersionStamp=@p3";
    path += ")?@p1=" + http::percent_encode(query.dump());
    if (!stamp.empty()) {
        path += fmt::format("&@p2=Microsoft.Dynamics.CRM.DeletedMetadataFilters'Attribute'&@p3='{}'",
                            http::percent_encode(stamp));
    }
    return path;
}

Result<MetadataChanges> MetadataChanges::of(std::string_view answer) {
    MetadataChanges changes;
    changes.parser_ = std::make_unique<simdjson::dom::parser>();
    Element root;
    simdjson::dom::array listed;
    if (changes.parser_->parse(simdjson::padded_string{answer.data(), answer.size()}).get(root) !=
            simdjson::SUCCESS ||
        root["EntityMetadata"].get(listed) != simdjson::SUCCESS) {
        return error(ErrorKind::corrupt,
                     "the answer is no description of tables: it holds no 'EntityMetadata'");
    }
    changes.stamp_ = json::text(root, "ServerVersionStamp");
    for (const Element& table : json::elements(root, "EntityMetadata"))
        changes.tables_.emplace_back(json::text(table, "LogicalName"), table);
    if (const auto deleted = json::member(root, "DeletedMetadata"))
        changes.has_deletions_ = json::number(*deleted, "Count") != 0;
    return changes;
}

const Element* MetadataChanges::find(std::string_view table) const {
    const auto found = std::ranges::find(tables_, table, &std::pair<std::string, Element>::first);
    return found == tables_.end() ? nullptr : &found->second;
}

bool MetadataChanges::has_changed(std::string_view table) const {
    if (has_deletions_) return true;
    const Element* const found = find(table);
    if (found == nullptr) return false;
    return json::flag(*found, "HasChanged") || !json::elements(*found, "Attributes").empty() ||
           !json::elements(*found, "Keys").empty();
}

Result<ObjectSchema> object_schema(const Element& table, LookupNames names) {
    return Table{table, names}.schema();
}

Column column_of(const Element& table, std::string_view column) {
    for (const Element& attribute : json::elements(table, "Attributes")) {
        if (!equal_without_case(json::text(attribute, "LogicalName"), column)) continue;
        const bool is_guarded = json::flag(attribute, "IsSecured") || !is_readable(attribute);
        return is_guarded ? Column::guarded : Column::there;
    }
    return Column::missing;
}

}  // namespace koppla::dynamics
