#include "sandbox/dynamics/metadata/definitions.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr int english = 1'033;

Json label_json(std::string_view text, const std::string& id) {
    if (text.empty()) return Json{{"LocalizedLabels", Json::array()}, {"UserLocalizedLabel", nullptr}};
    const Json label{{"Label", text},
                     {"LanguageCode", english},
                     {"IsManaged", true},
                     {"MetadataId", fixed_guid("label " + id)},
                     {"HasChanged", nullptr}};
    return Json{{"LocalizedLabels", Json::array({label})}, {"UserLocalizedLabel", label}};
}

Json managed(bool value, std::string_view name) {
    return Json{{"Value", value}, {"CanBeChanged", true}, {"ManagedPropertyLogicalName", name}};
}

std::string_view ownership_name(Ownership ownership) {
    switch (ownership) {
        case Ownership::user:
            return "UserOwned";
        case Ownership::organization:
            return "OrganizationOwned";
        case Ownership::business:
            return "BusinessOwned";
        case Ownership::parent:
            return "UserOwned";
        default:
            return "None";
    }
}

/// What the three names of a type are.
struct TypeNames {
    AttributeType type;
    std::string_view code;  ///< AttributeType
    std::string_view name;  ///< AttributeTypeName
    std::string_view cast;
};
constexpr std::array type_names{
    TypeNames{AttributeType::string, "String", "StringType", "String"},
    TypeNames{AttributeType::memo, "Memo", "MemoType", "Memo"},
    TypeNames{AttributeType::integer, "Integer", "IntegerType", "Integer"},
    TypeNames{AttributeType::big_int, "BigInt", "BigIntType", "BigInt"},
    TypeNames{AttributeType::decimal, "Decimal", "DecimalType", "Decimal"},
    TypeNames{AttributeType::real, "Double", "DoubleType", "Double"},
    TypeNames{AttributeType::money, "Money", "MoneyType", "Money"},
    TypeNames{AttributeType::boolean, "Boolean", "BooleanType", "Boolean"},
    TypeNames{AttributeType::date_time, "DateTime", "DateTimeType", "DateTime"},
    TypeNames{AttributeType::picklist, "Picklist", "PicklistType", "Picklist"},
    TypeNames{AttributeType::multi_select, "Virtual", "MultiSelectPicklistType", "MultiSelectPicklist"},
    TypeNames{AttributeType::state, "State", "StateType", "State"},
    TypeNames{AttributeType::status, "Status", "StatusType", "Status"},
    TypeNames{AttributeType::lookup, "Lookup", "LookupType", "Lookup"},
    TypeNames{AttributeType::customer, "Customer", "CustomerType", "Lookup"},
    TypeNames{AttributeType::owner, "Owner", "OwnerType", "Lookup"},
    TypeNames{AttributeType::party_list, "PartyList", "PartyListType", "Lookup"},
    TypeNames{AttributeType::guid, "Uniqueidentifier", "UniqueidentifierType", "UniqueIdentifier"},
    TypeNames{AttributeType::entity_name, "EntityName", "EntityNameType", "EntityName"},
    TypeNames{AttributeType::image, "Virtual", "ImageType", "Image"},
    TypeNames{AttributeType::file, "Virtual", "FileType", "File"},
    TypeNames{AttributeType::name, "Virtual", "VirtualType", ""},
    TypeNames{AttributeType::managed_property, "ManagedProperty", "ManagedPropertyType", "ManagedProperty"}};

const TypeNames& names_of(AttributeType type) {
    return *std::ranges::find(type_names, type, &TypeNames::type);
}

std::string_view requirement_name(Requirement requirement) {
    static constexpr std::array<std::string_view, 4> names{"None", "Recommended", "ApplicationRequired",
                                                           "SystemRequired"};
    return names.at(static_cast<std::size_t>(requirement));
}

/// Numbers without a fraction are printed as such, where the property is one of whole numbers.
Json whole_number(double value) {
    constexpr double int64_bound = 9.2e18;
    if (value >= int64_bound) return 9'223'372'036'854'775'807;
    if (value <= -int64_bound) return -9'223'372'036'854'775'807 - 1;
    return static_cast<std::int64_t>(value);
}

void add_text(Json& json, const Attribute& attribute) {
    const bool is_memo = attribute.type == AttributeType::memo;
    const std::string format = attribute.format.empty() ? (is_memo ? "TextArea" : "Text") : attribute.format;
    json["MaxLength"] = attribute.length_max;
    json["Format"] = format;
    json["FormatName"] = Json{{"Value", format}};
    json["ImeMode"] = "Auto";
    json["IsLocalizable"] = false;
    if (is_memo) return;
    json["DatabaseLength"] = attribute.length_max * 2;
    json["YomiOf"] = nullptr;
    json["FormulaDefinition"] = "";
    json["SourceTypeMask"] = 0;
}

void add_number(Json& json, const Attribute& attribute) {
    const bool is_whole =
        attribute.type == AttributeType::integer || attribute.type == AttributeType::big_int;
    json["MaxValue"] = is_whole ? whole_number(attribute.maximum) : Json(attribute.maximum);
    json["MinValue"] = is_whole ? whole_number(attribute.minimum) : Json(attribute.minimum);
    if (attribute.type == AttributeType::integer)
        json["Format"] = attribute.format.empty() ? "None" : attribute.format;
    if (is_whole) return;
    json["Precision"] = attribute.precision;
    json["ImeMode"] = "Disabled";
    if (attribute.type != AttributeType::money) return;
    json["PrecisionSource"] = attribute.base_of.empty() ? 2 : 1;
    json["CalculationOf"] = attribute.base_of.empty() ? Json() : Json(attribute.base_of);
    json["IsBaseCurrency"] = !attribute.base_of.empty();
}

void add_time(Json& json, const Attribute& attribute) {
    static constexpr std::array<std::string_view, 3> behaviors{"UserLocal", "DateOnly",
                                                               "TimeZoneIndependent"};
    json["Format"] = attribute.date_format == DateFormat::date_only ? "DateOnly" : "DateAndTime";
    json["DateTimeBehavior"] = Json{{"Value", behaviors.at(static_cast<std::size_t>(attribute.behavior))}};
    json["MinSupportedValue"] = "1753-01-01T00:00:00Z";
    json["MaxSupportedValue"] = "9999-12-30T23:59:59Z";
    json["CanChangeDateTimeBehavior"] = managed(false, "canchangedatetimebehavior");
    json["ImeMode"] = "Inactive";
}

void add_options(Json& json, const Attribute& attribute) {
    const auto set = option_set_json(attribute.options, &attribute);
    json["OptionSet"] = set;
    json["GlobalOptionSet"] = attribute.options.is_global ? set : Json();
    if (attribute.type == AttributeType::boolean)
        json["DefaultValue"] = attribute.default_value.value_or(0) != 0;
    else
        json["DefaultFormValue"] = attribute.default_value ? Json(*attribute.default_value) : Json(-1);
    if (attribute.type == AttributeType::picklist || attribute.type == AttributeType::multi_select) {
        json["ParentPicklistLogicalName"] = nullptr;
        json["ChildPicklistLogicalNames"] = Json::array();
    }
}

void add_derived(Json& json, const Attribute& attribute) {
    switch (attribute.type) {
        case AttributeType::string:
        case AttributeType::memo:
            return add_text(json, attribute);
        case AttributeType::integer:
        case AttributeType::big_int:
        case AttributeType::decimal:
        case AttributeType::real:
        case AttributeType::money:
            return add_number(json, attribute);
        case AttributeType::date_time:
            return add_time(json, attribute);
        case AttributeType::boolean:
        case AttributeType::picklist:
        case AttributeType::multi_select:
        case AttributeType::state:
        case AttributeType::status:
            return add_options(json, attribute);
        case AttributeType::lookup:
        case AttributeType::customer:
        case AttributeType::owner:
        case AttributeType::party_list:
            json["Targets"] = attribute.targets;
            json["Format"] = "None";
            return;
        case AttributeType::image:
            json["IsPrimaryImage"] = true;
            json["MaxHeight"] = 144;
            json["MaxWidth"] = 144;
            json["MaxSizeInKB"] = 10'240;
            json["CanStoreFullImage"] = false;
            return;
        case AttributeType::file:
            json["MaxSizeInKB"] = 32'768;
            return;
        default:
            return;
    }
}

Json option_json(const Option& option, const Attribute* of, const std::string& id) {
    Json json = Json::object();
    if (of != nullptr && of->type == AttributeType::state)
        json["@odata.type"] = "#Microsoft.Dynamics.CRM.StateOptionMetadata";
    if (of != nullptr && of->type == AttributeType::status)
        json["@odata.type"] = "#Microsoft.Dynamics.CRM.StatusOptionMetadata";
    json["Value"] = option.value;
    json["Label"] = label_json(option.label, fmt::format("{} {}", id, option.value));
    json["Description"] = label_json("", id);
    json["Color"] = nullptr;
    json["IsManaged"] = true;
    json["IsHidden"] = false;
    json["ExternalValue"] = "";
    json["ParentValues"] = Json::array();
    json["MetadataId"] = nullptr;
    json["HasChanged"] = nullptr;
    if (of != nullptr && of->type == AttributeType::state) {
        json["DefaultStatus"] = option.default_status;
        json["InvariantName"] = option.label;
    }
    if (of != nullptr && of->type == AttributeType::status) {
        json["State"] = option.state;
        json["TransitionData"] = nullptr;
    }
    return json;
}

std::string_view set_type(const Attribute* of) {
    if (of == nullptr) return "Picklist";
    switch (of->type) {
        case AttributeType::boolean:
            return "Boolean";
        case AttributeType::state:
            return "State";
        case AttributeType::status:
            return "Status";
        default:
            return "Picklist";
    }
}

}  // namespace

std::string_view type_name(AttributeType type) {
    return names_of(type).cast;
}

Json entity_json(const Table& table) {
    const TableFacts& facts = table.facts();
    const bool has_image = table.has("entityimage");
    return Json{
        {"MetadataId", facts.metadata_id},
        {"HasChanged", nullptr},
        {"ActivityTypeMask", facts.is_activity ? 1 : 0},
        {"AutoRouteToOwnerQueue", false},
        {"CanTriggerWorkflow", true},
        {"Description", label_json(fmt::format("Rows of {}.", facts.label), "description " + facts.name)},
        {"DisplayCollectionName", label_json(facts.collection_label, "collection " + facts.name)},
        {"DisplayName", label_json(facts.label, "name " + facts.name)},
        {"EntityHelpUrl", nullptr},
        {"IsDocumentManagementEnabled", false},
        {"ObjectTypeCode", facts.object_type_code},
        {"LogicalName", facts.name},
        {"SchemaName", facts.schema_name},
        {"EntitySetName", facts.set_name},
        {"LogicalCollectionName", facts.set_name},
        {"CollectionSchemaName", facts.schema_name + "s"},
        {"PrimaryIdAttribute", facts.primary_id},
        {"PrimaryNameAttribute", facts.primary_name.empty() ? Json() : Json(facts.primary_name)},
        {"PrimaryImageAttribute", has_image ? Json("entityimage") : Json()},
        {"OwnershipType", ownership_name(facts.ownership)},
        {"IsActivity", facts.is_activity},
        {"IsActivityParty", facts.name == "account" || facts.name == "contact" || facts.name == "lead" ||
                                facts.name == "systemuser"},
        {"IsCustomEntity", facts.is_custom},
        {"IsIntersect", false},
        {"IsPrivate", false},
        {"IsManaged", true},
        {"IsLogicalEntity", false},
        {"IsValidForAdvancedFind", true},
        {"IsAuditEnabled", managed(false, "canmodifyauditsettings")},
        {"IsDuplicateDetectionEnabled", managed(false, "canmodifyduplicatedetectionsettings")},
        {"IsCustomizable", managed(true, "iscustomizable")},
        {"CanCreateAttributes", managed(true, "cancreateattributes")},
        {"ChangeTrackingEnabled", facts.has_change_tracking},
        {"CanChangeTrackingBeEnabled", managed(true, "canchangetrackingbeenabled")},
        {"IsOptimisticConcurrencyEnabled", facts.has_optimistic_concurrency},
        {"EnforceStateTransitions", false},
        {"IsStateModelAware", table.has("statecode")},
        {"HasNotes", false},
        {"HasActivities", facts.name != "systemuser"},
        {"DataProviderId", nullptr},
        {"DataSourceId", nullptr},
        {"TableType", "Standard"},
        {"IntroducedVersion", "5.0.0.0"},
        {"Privileges", Json::array()},
        {"Settings", Json::array()}};
}

namespace {

constexpr std::array<std::string_view, 43> common_properties{"@odata.type",
                                                             "MetadataId",
                                                             "HasChanged",
                                                             "AttributeOf",
                                                             "AttributeType",
                                                             "AttributeTypeName",
                                                             "AutoNumberFormat",
                                                             "CanBeSecuredForCreate",
                                                             "CanBeSecuredForRead",
                                                             "CanBeSecuredForUpdate",
                                                             "ColumnNumber",
                                                             "DeprecatedVersion",
                                                             "Description",
                                                             "DisplayName",
                                                             "EntityLogicalName",
                                                             "ExternalName",
                                                             "InheritsFrom",
                                                             "IntroducedVersion",
                                                             "IsAuditEnabled",
                                                             "IsCustomAttribute",
                                                             "IsCustomizable",
                                                             "IsDataSourceSecret",
                                                             "IsFilterable",
                                                             "IsGlobalFilterEnabled",
                                                             "IsLogical",
                                                             "IsManaged",
                                                             "IsPrimaryId",
                                                             "IsPrimaryName",
                                                             "IsRenameable",
                                                             "IsRequiredForForm",
                                                             "IsRetrievable",
                                                             "IsSearchable",
                                                             "IsSecured",
                                                             "IsSortableEnabled",
                                                             "IsValidForAdvancedFind",
                                                             "IsValidForCreate",
                                                             "IsValidForForm",
                                                             "IsValidForGrid",
                                                             "IsValidForRead",
                                                             "IsValidForUpdate",
                                                             "LinkedAttributeId",
                                                             "LogicalName",
                                                             "RequiredLevel"};
constexpr std::array<std::string_view, 2> further_common_properties{"SchemaName", "SourceType"};

}  // namespace

bool is_common_property(std::string_view name) {
    return std::ranges::find(common_properties, name) != common_properties.end() ||
           std::ranges::find(further_common_properties, name) != further_common_properties.end();
}

Json attribute_json(const Table& table, const Attribute& attribute) {
    const auto& names = names_of(attribute.type);
    const bool is_shadow = !attribute.of.empty();
    const auto place = static_cast<std::int64_t>(&attribute - table.attributes().data());
    const auto id = table.name() + "." + attribute.name;
    Json json{{"@odata.type", fmt::format("#Microsoft.Dynamics.CRM.{}AttributeMetadata", names.cast)},
              {"MetadataId", attribute.metadata_id},
              {"HasChanged", nullptr},
              {"AttributeOf", is_shadow ? Json(attribute.of) : Json()},
              {"AttributeType", names.code},
              {"AttributeTypeName", Json{{"Value", names.name}}},
              {"AutoNumberFormat", attribute.name == "ordernumber" ? Json("ORD-{SEQNUM:5}") : Json("")},
              {"CanBeSecuredForCreate", false},
              {"CanBeSecuredForRead", false},
              {"CanBeSecuredForUpdate", false},
              {"ColumnNumber", place + 1},
              {"DeprecatedVersion", nullptr},
              {"Description", label_json(attribute.description, "description " + id)},
              {"DisplayName", label_json(attribute.label, "name " + id)},
              {"EntityLogicalName", table.name()},
              {"ExternalName", nullptr},
              {"InheritsFrom", nullptr},
              {"IntroducedVersion", "5.0.0.0"},
              {"IsAuditEnabled", managed(true, "canmodifyauditsettings")},
              {"IsCustomAttribute", attribute.is_custom},
              {"IsCustomizable", managed(true, "iscustomizable")},
              {"IsDataSourceSecret", false},
              {"IsFilterable", false},
              {"IsGlobalFilterEnabled", managed(false, "canmodifyglobalfiltersettings")},
              {"IsLogical", is_shadow || attribute.name.find("address") == 0},
              {"IsManaged", true},
              {"IsPrimaryId", attribute.is_primary_id},
              {"IsPrimaryName", attribute.is_primary_name},
              {"IsRenameable", managed(true, "isrenameable")},
              {"IsRequiredForForm", attribute.required >= Requirement::application},
              {"IsRetrievable", true},
              {"IsSearchable", false},
              {"IsSecured", attribute.is_secured},
              {"IsSortableEnabled", managed(false, "canmodifyissortablesettings")},
              {"IsValidForAdvancedFind", managed(!is_shadow, "canmodifysearchsettings")},
              {"IsValidForCreate", attribute.can_create},
              {"IsValidForForm", !is_shadow},
              {"IsValidForGrid", !is_shadow},
              {"IsValidForRead", attribute.can_read},
              {"IsValidForUpdate", attribute.can_update},
              {"LinkedAttributeId", nullptr},
              {"LogicalName", attribute.name},
              {"RequiredLevel", Json{{"Value", requirement_name(attribute.required)},
                                     {"CanBeChanged", attribute.required != Requirement::system},
                                     {"ManagedPropertyLogicalName", "canmodifyrequirementlevelsettings"}}},
              {"SchemaName", attribute.schema_name},
              {"SourceType", attribute.source_type}};
    add_derived(json, attribute);
    return json;
}

Json key_json(const Table& table, const AlternateKey& key) {
    static constexpr std::array<std::string_view, 4> states{"Pending", "InProgress", "Active", "Failed"};
    return Json{{"MetadataId", key.metadata_id},
                {"HasChanged", nullptr},
                {"LogicalName", key.name},
                {"SchemaName", key.schema_name},
                {"DisplayName", label_json(key.label, "key " + key.name)},
                {"EntityLogicalName", table.name()},
                {"KeyAttributes", key.attributes},
                {"EntityKeyIndexStatus", states.at(static_cast<std::size_t>(key.index))},
                {"AsyncJob", nullptr},
                {"IsManaged", false},
                {"IntroducedVersion", "1.0.0.0"},
                {"IsCustomizable", managed(true, "iscustomizable")},
                {"IsSynchronous", false},
                {"IsExportKey", false},
                {"IsSecondaryKey", false}};
}

Json relationship_json(const Relationship& way) {
    static constexpr std::array<std::string_view, 4> cascades{"RemoveLink", "Cascade", "Restrict",
                                                              "NoCascade"};
    const auto cascade = cascades.at(static_cast<std::size_t>(way.on_delete));
    return Json{{"@odata.type", "#Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata"},
                {"MetadataId", way.metadata_id},
                {"HasChanged", nullptr},
                {"SchemaName", way.schema_name},
                {"RelationshipType", "OneToManyRelationship"},
                {"ReferencedAttribute", way.referenced_attribute},
                {"ReferencedEntity", way.referenced},
                {"ReferencingAttribute", way.referencing_attribute},
                {"ReferencingEntity", way.referencing},
                {"ReferencedEntityNavigationPropertyName", way.collection},
                {"ReferencingEntityNavigationPropertyName", way.navigation},
                {"IsHierarchical", false},
                {"IsCustomRelationship", way.schema_name.starts_with("new_")},
                {"IsManaged", true},
                {"IsValidForAdvancedFind", true},
                {"SecurityTypes", "Append"},
                {"RelationshipBehavior", 0},
                {"IntroducedVersion", "5.0.0.0"},
                {"IsCustomizable", managed(true, "iscustomizable")},
                {"CascadeConfiguration", Json{{"Assign", "NoCascade"},
                                              {"Delete", cascade},
                                              {"Archive", cascade},
                                              {"Merge", "Cascade"},
                                              {"Reparent", "NoCascade"},
                                              {"Share", "NoCascade"},
                                              {"Unshare", "NoCascade"},
                                              {"RollupView", "NoCascade"}}},
                {"RelationshipAttributes", Json::array()}};
}

Json option_set_json(const OptionSet& set, const Attribute* of) {
    const bool is_boolean = of != nullptr && of->type == AttributeType::boolean;
    Json json{{"@odata.type", is_boolean ? "#Microsoft.Dynamics.CRM.BooleanOptionSetMetadata"
                                         : "#Microsoft.Dynamics.CRM.OptionSetMetadata"},
              {"MetadataId", fixed_guid("option set " + set.name)},
              {"HasChanged", nullptr},
              {"IsCustomOptionSet", set.name.starts_with("new_")},
              {"IsGlobal", set.is_global},
              {"IsManaged", !set.name.starts_with("new_")},
              {"Name", set.name},
              {"ExternalTypeName", nullptr},
              {"OptionSetType", set_type(of)},
              {"IntroducedVersion", "5.0.0.0"},
              {"Description", label_json("", set.name)},
              {"DisplayName", label_json(set.name, "set " + set.name)},
              {"IsCustomizable", managed(true, "iscustomizable")}};
    if (is_boolean) {
        for (const auto& [value, name] : {std::pair{1, "TrueOption"}, std::pair{0, "FalseOption"}})
            if (const auto* option = set.find(value)) json[name] = option_json(*option, of, set.name);
        return json;
    }
    auto options = Json::array();
    for (const Option& option : set.options) options.push_back(option_json(option, of, set.name));
    json["Options"] = std::move(options);
    if (set.is_global) json["ParentOptionSetName"] = nullptr;
    return json;
}

}  // namespace koppla::sandbox::dynamics
