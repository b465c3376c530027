#include "crm/dynamics/metadata.h"

#include "crm/dynamics/attribute.h"
#include "http/message.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::dynamics {
namespace {

using model::Kind;
using model::Type;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json label_of(const std::string& text) {
    return {{"LocalizedLabels", {{{"Label", "other"}, {"LanguageCode", 1031}}}},
            {"UserLocalizedLabel", {{"Label", text}, {"LanguageCode", 1033}}}};
}

json attribute(const std::string& name, const std::string& type, const json& more = json::object()) {
    json result = {{"LogicalName", name},
                   {"AttributeType", type},
                   {"AttributeTypeName", {{"Value", type + "Type"}}},
                   {"AttributeOf", nullptr},
                   {"DisplayName", label_of("the " + name)},
                   {"IsValidForRead", true},
                   {"IsValidForCreate", true},
                   {"IsValidForUpdate", true},
                   {"RequiredLevel", {{"Value", "None"}}},
                   {"SourceType", nullptr}};
    result.update(more);
    return result;
}

json option(int value, const std::string& text, const json& more = json::object()) {
    json result = {{"Value", value}, {"Label", label_of(text)}, {"IsHidden", false}};
    result.update(more);
    return result;
}

json table(json attributes, const json& more = json::object()) {
    attributes.insert(attributes.begin(), attribute("contactid", "Uniqueidentifier"));
    json result = {{"LogicalName", "contact"},           {"EntitySetName", "contacts"},
                   {"DisplayName", label_of("Contact")}, {"PrimaryIdAttribute", "contactid"},
                   {"ChangeTrackingEnabled", true},      {"HasChanged", true},
                   {"Attributes", std::move(attributes)}};
    result.update(more);
    return result;
}

json answer(const json& tables) {
    return {{"ServerVersionStamp", "5!7"}, {"EntityMetadata", tables}, {"DeletedMetadata", nullptr}};
}

Result<model::ObjectSchema> schema_of(const json& table, LookupNames names = LookupNames::left_out) {
    const MetadataChanges changes = TRY(MetadataChanges::of(answer(json::array({table})).dump()));
    return object_schema(*changes.find("contact"), names);
}

model::ObjectSchema schema(const json& table) {
    auto result = schema_of(table);
    if (!result) throw std::runtime_error{result.error().message};
    return std::move(*result);
}

TEST(DynamicsMetadata, EveryTypeOfAColumnHasItsPlace) {
    const auto type = [](RemoteType remote) { return std::get<Type>(mapping_of(remote)); };
    EXPECT_EQ(type({.name = "String", .length = 100}), (Type{.kind = Kind::text, .length = 100}));
    EXPECT_EQ(type({.name = "Memo", .length = 2'000}).kind, Kind::text);
    EXPECT_EQ(type({.name = "EntityName"}).kind, Kind::text);
    EXPECT_EQ(type({.name = "Integer"}).kind, Kind::integer);
    EXPECT_EQ(type({.name = "BigInt"}).kind, Kind::integer);
    EXPECT_EQ(type({.name = "Decimal", .scale = 2, .value_max = 100}),
              (Type{.kind = Kind::decimal, .precision = 5, .scale = 2}));
    EXPECT_TRUE(type({.name = "Money", .scale = 4, .value_max = 922'337'203'685'477.0}).is_exact_text());
    EXPECT_FALSE(type({.name = "Double", .scale = 5, .value_max = 1e11}).is_exact_text());
    EXPECT_EQ(type({.name = "Boolean"}).kind, Kind::boolean);
    EXPECT_EQ(type({.name = "DateTime", .behavior = "UserLocal"}).kind, Kind::instant);
    EXPECT_EQ(type({.name = "DateTime", .behavior = "DateOnly"}).kind, Kind::date);
    EXPECT_EQ(type({.name = "DateTime", .behavior = "TimeZoneIndependent"}).kind, Kind::wall_clock);
    for (const std::string_view name : {"Picklist", "State", "Status"})
        EXPECT_EQ(type({.name = name}).kind, Kind::enumeration) << name;
    EXPECT_EQ(type({.name = "MultiSelectPicklist"}).kind, Kind::enumerations);
    for (const std::string_view name : {"Lookup", "Customer", "Owner"})
        EXPECT_EQ(type({.name = name}).kind, Kind::reference) << name;
    EXPECT_EQ(type({.name = "Uniqueidentifier"}).kind, Kind::identifier);
    for (const std::string_view name :
         {"PartyList", "Image", "File", "Virtual", "ManagedProperty", "CalendarRules", "Hologram"})
        EXPECT_THAT(std::get<LeftOut>(mapping_of({.name = name})).instead, HasSubstr("import")) << name;
}

TEST(DynamicsMetadata, ATypeIsKnownByNameByClassOrByItsOldName) {
    const auto name_of = [](const json& attribute) {
        simdjson::dom::parser parser;
        const std::string text = attribute.dump();
        return type_name(parser.parse(simdjson::padded_string{text}));
    };
    EXPECT_EQ(name_of({{"AttributeType", "Virtual"}, {"AttributeTypeName", {{"Value", "FileType"}}}}),
              "File");
    EXPECT_EQ(
        name_of({{"AttributeType", "Virtual"},
                 {"@odata.type", "#Microsoft.Dynamics.CRM.ComplexMultiSelectPicklistAttributeMetadata"}}),
        "MultiSelectPicklist");
    EXPECT_EQ(name_of({{"@odata.type", "#Microsoft.Dynamics.CRM.UniqueIdentifierAttributeMetadata"}}),
              "Uniqueidentifier");
    EXPECT_EQ(name_of({{"AttributeType", "Money"}}), "Money");
    EXPECT_EQ(name_of(json::object()), "unknown");
}

TEST(DynamicsMetadata, AnObjectHasItsKeyItsStampItsFeedAndAFlagForDeletions) {
    const auto contact =
        schema(table({attribute("modifiedon", "DateTime"), attribute("createdon", "DateTime"),
                      attribute("fullname", "String", {{"MaxLength", 160}})}));
    EXPECT_EQ(contact.name, "contact");
    EXPECT_EQ(contact.wire_name, "contacts");
    EXPECT_EQ(contact.label, "Contact");
    EXPECT_EQ(contact.key, "contactid");
    EXPECT_EQ(contact.stamp, "modifiedon");
    EXPECT_TRUE(contact.has_feed);
    EXPECT_EQ(contact.removal_flag, "isdeleted");
    EXPECT_EQ(contact.find("isdeleted")->remote_type, "removal");
    EXPECT_EQ(contact.find("fullname")->label, "the fullname");
    EXPECT_EQ(schema(table({attribute("createdon", "DateTime")})).stamp, "createdon");
    EXPECT_EQ(schema(table(json::array())).stamp, "");
    EXPECT_EQ(schema(table({attribute("isdeleted", "Boolean")})).removal_flag, "koppla_isdeleted");
}

TEST(DynamicsMetadata, WhatAReferencePointsToStandsBesideIt) {
    const auto contact =
        schema(table({attribute("parentcustomerid", "Customer", {{"Targets", {"account", "contact"}}}),
                      attribute("parentcustomeridtype", "EntityName", {{"AttributeOf", "parentcustomerid"}}),
                      attribute("parentcustomeridname", "String", {{"AttributeOf", "parentcustomerid"}}),
                      attribute("ownerid", "Owner", {{"Targets", {"systemuser", "team"}}}),
                      attribute("regardingobjectid", "Lookup", {{"Targets", {"account", "lead"}}}),
                      attribute("createdby", "Lookup", {{"Targets", {"systemuser"}}})}));
    std::vector<std::string> names;
    for (const model::FieldSchema& field : contact.fields) names.push_back(field.name);
    EXPECT_THAT(
        names, ElementsAre("contactid", "parentcustomerid", "parentcustomeridtype", "ownerid", "ownerid_type",
                           "regardingobjectid", "regardingobjectid_type", "createdby", "isdeleted"));
    EXPECT_EQ(contact.find("parentcustomerid")->wire_name, "_parentcustomerid_value");
    EXPECT_THAT(contact.find("parentcustomerid")->targets, ElementsAre("account", "contact"));
    EXPECT_EQ(contact.find("parentcustomeridtype")->wire_name,
              "_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname");
    EXPECT_FALSE(contact.find("ownerid_type")->is_filterable);
}

TEST(DynamicsMetadata, TheNameOfWhatALookupPointsToIsAFieldWhereItIsWanted) {
    const json described =
        table({attribute("ownerid", "Owner"),
               attribute("owneridname", "String", {{"AttributeOf", "ownerid"}, {"MaxLength", 100}}),
               attribute("owneridyominame", "String", {{"AttributeOf", "ownerid"}})});
    EXPECT_EQ(schema(described).find("owneridname"), nullptr);
    const auto contact = schema_of(described, LookupNames::kept);
    ASSERT_TRUE(contact);
    EXPECT_EQ(contact->find("owneridname")->wire_name,
              "_ownerid_value@OData.Community.Display.V1.FormattedValue");
    EXPECT_EQ(contact->find("owneridyominame"), nullptr);
}

TEST(DynamicsMetadata, ChoicesCarryTheirLabelsAndWhatTheyGoWith) {
    const auto contact = schema(table(
        {attribute("statecode", "State",
                   {{"OptionSet", {{"Options", {option(0, "Active"), option(1, "Inactive")}}}}}),
         attribute("statuscode", "Status",
                   {{"OptionSet",
                     {{"Options",
                       {option(1, "Active", {{"State", 0}}),
                        option(2, "Inactive", {{"State", 1}, {"IsHidden", true}})}}}}}),
         attribute("new_colour", "Picklist",
                   {{"DefaultFormValue", 7},
                    {"ParentPicklistLogicalName", "new_kind"},
                    {"GlobalOptionSet",
                     {{"Options", {option(7, "Red", {{"ParentValues", {1, 2}}}), option(8, "Blue")}}}}})}));
    const auto lines = [&](std::string_view field) {
        std::vector<std::string> result;
        for (const model::EnumerationValue& value : contact.find(field)->values) {
            result.push_back(value.code + " " + value.label + " " + value.valid_for +
                             (value.is_default ? " default" : "") + (value.is_active ? "" : " hidden"));
        }
        return result;
    };
    EXPECT_THAT(lines("statecode"), ElementsAre("0 Active ", "1 Inactive "));
    EXPECT_THAT(lines("statuscode"), ElementsAre("1 Active 0", "2 Inactive 1 hidden"));
    EXPECT_EQ(contact.find("statuscode")->controller, "statecode");
    EXPECT_THAT(lines("new_colour"), ElementsAre("7 Red 1;2 default", "8 Blue "));
    EXPECT_EQ(contact.find("new_colour")->controller, "new_kind");
}

TEST(DynamicsMetadata, WhatIsLeftOutIsToldWithTheReason) {
    const auto contact = schema(
        table({attribute("entityimage", "Image"),
               attribute("entityimage_url", "String", {{"AttributeOf", "entityimage"}}),
               attribute("to", "PartyList"), attribute("secret", "String", {{"IsValidForRead", false}}),
               attribute("guarded", "String", {{"IsSecured", true}}), attribute("bad name", "String"),
               attribute("guarded", "String")}));
    std::vector<std::string> notices;
    for (const model::MappingNotice& notice : contact.notices)
        notices.push_back(notice.field + " " + notice.remote_type + ": " + notice.instead.substr(0, 24));
    EXPECT_THAT(
        notices,
        ElementsAre("entityimage Image: the picture is not impor", "to PartyList: its parties are records ",
                    "secret String: it is not imported: Dyna", "guarded String: it is imported as it com",
                    "bad name String: it is not imported: its ", "guarded String: it is imported once: the"));
    EXPECT_NE(contact.find("entityimage_url"), nullptr);
    EXPECT_NE(contact.find("guarded"), nullptr);
    EXPECT_EQ(contact.find("secret"), nullptr);
}

TEST(DynamicsMetadata, AnAlternateKeyIsUniqueWhenItsIndexIsBuiltAndItStandsAlone) {
    const auto key = [](std::vector<std::string> parts, const std::string& status) {
        return json{
            {"LogicalName", "k"}, {"KeyAttributes", std::move(parts)}, {"EntityKeyIndexStatus", status}};
    };
    const auto contact =
        schema(table({attribute("a", "String"), attribute("b", "String"), attribute("c", "String")},
                     {{"Keys", {key({"a"}, "Active"), key({"b"}, "Failed"), key({"b", "c"}, "Active")}}}));
    EXPECT_TRUE(contact.find("a")->is_unique);
    EXPECT_FALSE(contact.find("b")->is_unique);
    EXPECT_FALSE(contact.find("c")->is_unique);
}

TEST(DynamicsMetadata, ATableThatCantBeReadSaysWhy) {
    EXPECT_THAT(schema_of(table(json::array(), {{"EntitySetName", nullptr}})).error().message,
                HasSubstr("has no entity set"));
    EXPECT_THAT(schema_of(table(json::array(), {{"PrimaryIdAttribute", "other"}})).error().message,
                HasSubstr("has no primary id"));
    for (const std::string_view text : {"", "[]", "{}", "<html>", "{\"EntityMetadata\":{}}"})
        EXPECT_EQ(MetadataChanges::of(text).error().kind, ErrorKind::corrupt) << text;
}

TEST(DynamicsMetadata, ChangesAreAskedOfManyTablesAtOnce) {
    const std::vector<std::string> tables = {"account", "contact"};
    const std::string path = changes_path(tables, Extent::everything, "");
    EXPECT_TRUE(path.starts_with("RetrieveMetadataChanges(Query=@p1)?@p1=%7B"));
    const json query = json::parse(http::percent_decode(path.substr(path.find("@p1=") + 4)));
    EXPECT_EQ(query["Criteria"]["Conditions"][0]["Value"]["Value"], R"(["account","contact"])");
    EXPECT_EQ(query["AttributeQuery"]["Properties"]["AllProperties"], false);
    EXPECT_THAT(changes_path(tables, Extent::names, "5!7"), HasSubstr(")?@p1="));
    EXPECT_THAT(changes_path(tables, Extent::names, "5!7"),
                HasSubstr("&@p2=Microsoft.Dynamics.CRM.DeletedMetadataFilters'Attribute'&@p3='5%217'"));
}

TEST(DynamicsMetadata, AnythingDeletedMayBeOfAnyTable) {
    json changed = answer(json::array({table(json::array())}));
    const auto has_changed = [&](const std::string& name) {
        return MetadataChanges::of(changed.dump())->has_changed(name);
    };
    EXPECT_TRUE(has_changed("contact"));
    EXPECT_FALSE(has_changed("account"));
    changed["DeletedMetadata"] = {{"Count", 1}, {"Keys", {"Attribute"}}, {"Values", {{{"Items", {"guid"}}}}}};
    EXPECT_TRUE(has_changed("account"));
}

TEST(DynamicsMetadata, TablesAreListedWithTheirLabels) {
    const auto tables = object_summaries(json{
        {"value",
         {{{"LogicalName", "contact"}, {"EntitySetName", "contacts"}, {"DisplayName", label_of("Contact")}},
          {{"LogicalName", "accountleads"},
           {"EntitySetName", "accountleadscollection"},
           {"IsIntersect", true}},
          {{"LogicalName", "hidden"}, {"EntitySetName", nullptr}},
          {{"LogicalName", "bad name"}}}}}.dump());
    ASSERT_TRUE(tables);
    ASSERT_EQ(tables->size(), 3U);
    EXPECT_EQ(tables->at(0).label, "Contact");
    EXPECT_TRUE(tables->at(0).is_writable);
    EXPECT_FALSE(tables->at(1).is_writable);
    EXPECT_FALSE(tables->at(2).is_readable);
}

}  // namespace
}  // namespace koppla::dynamics
