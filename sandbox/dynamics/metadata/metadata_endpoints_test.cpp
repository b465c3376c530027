#include "sandbox/dynamics/fixture.h"
#include "sandbox/dynamics/org/content/metadata_document.h"
#include "sandbox/files.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::filesystem::path shared_folder() {
    if (const char* named = std::getenv("KOPPLA_SHARED")) return named;
    return std::filesystem::path{__FILE__}.parent_path() / "../../../../shared";
}

class MetadataEndpoints : public DynamicsTest {
  protected:
    json attribute(std::string_view name, std::string_view kind, std::string_view more = "") {
        return get("EntityDefinitions(LogicalName='contact')/Attributes(LogicalName='" + std::string{name} +
                   "')/Microsoft.Dynamics.CRM." + std::string{kind} + "AttributeMetadata" +
                   std::string{more});
    }
};

TEST_F(MetadataEndpoints, ListTablesAsClientsAskForThem) {
    const auto all =
        get("EntityDefinitions?$select=LogicalName,EntitySetName&$filter=ChangeTrackingEnabled eq true");
    EXPECT_GT(all["value"].size(), 10U);
    EXPECT_EQ(all["value"][0].size(), 3U) << all["value"][0];
    const auto owned =
        get("EntityDefinitions?$select=LogicalName&$filter=OwnershipType eq "
            "Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned' and CanCreateAttributes/Value eq true");
    EXPECT_GE(owned["value"].size(), 5U);
    const auto two = get(
        "EntityDefinitions?$select=SchemaName&$filter=LogicalName eq 'account' or LogicalName eq 'contact'");
    EXPECT_EQ(two["value"].size(), 2U);
    EXPECT_EQ(get("EntityDefinitions(LogicalName='opportunity')")["EntitySetName"], "opportunities");
    EXPECT_EQ(get("EntityDefinitions(" + table("lead").facts().metadata_id + ")")["LogicalName"], "lead");
    EXPECT_EQ(ask("GET", "EntityDefinitions(LogicalName='account')/ObjectTypeCode/$value").body, "1");
    EXPECT_EQ(ask("GET", "EntityDefinitions(LogicalName='nothing')").status, 404);
    EXPECT_EQ(ask("GET", "EntityDefinitions?$top=1").status, 400);
    EXPECT_EQ(ask("GET", "EntityDefinitions?$select=Nothing").status, 400);
}

TEST_F(MetadataEndpoints, ShowAttributesByTheirKind) {
    const auto expanded =
        get("EntityDefinitions(LogicalName='contact')?$select=LogicalName&$expand=Attributes("
            "$select=LogicalName,AttributeType;$filter=IsValidForRead eq true),Keys");
    EXPECT_GT(expanded["Attributes"].size(), 200U);
    EXPECT_TRUE(expanded["Attributes"][0].contains("@odata.type"));
    EXPECT_EQ(expanded["Keys"][0]["KeyAttributes"][0], "new_externalkey");
    const auto picklists =
        get("EntityDefinitions(LogicalName='contact')/Attributes/"
            "Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&"
            "$expand=OptionSet($select=Options),GlobalOptionSet($select=Options)");
    EXPECT_GT(picklists["value"].size(), 5U);
    EXPECT_TRUE(picklists["value"][0]["OptionSet"]["Options"].is_array());
    const auto strings =
        get("EntityDefinitions(LogicalName='contact')/Attributes/"
            "Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=LogicalName,MaxLength,FormatName");
    EXPECT_EQ(strings["value"][0]["MaxLength"], 50);
    EXPECT_EQ(ask("GET", "EntityDefinitions(LogicalName='contact')/Attributes?$select=MaxLength").status,
              400);
    EXPECT_EQ(attribute("birthdate", "DateTime")["DateTimeBehavior"]["Value"], "DateOnly");
    EXPECT_EQ(attribute("new_interests", "MultiSelectPicklist")["AttributeTypeName"]["Value"],
              "MultiSelectPicklistType");
    EXPECT_EQ(attribute("new_interests", "MultiSelectPicklist")["AttributeType"], "Virtual");
    EXPECT_EQ(attribute("statuscode", "Status", "?$expand=OptionSet")["OptionSet"]["Options"][1]["State"], 1);
    EXPECT_EQ(attribute("creditonhold", "Boolean", "?$expand=OptionSet")["OptionSet"]["TrueOption"]["Value"],
              1);
    EXPECT_EQ(attribute("parentcustomerid", "Lookup")["Targets"], (json{"account", "contact"}));
}

TEST_F(MetadataEndpoints, NameTheWaysBetweenTables) {
    const auto ways =
        get("EntityDefinitions(LogicalName='contact')/ManyToOneRelationships?$select=SchemaName,"
            "ReferencedEntity,ReferencingEntityNavigationPropertyName&$filter=ReferencingAttribute eq "
            "'parentcustomerid'")["value"];
    ASSERT_EQ(ways.size(), 2U);
    EXPECT_EQ(ways[0]["ReferencingEntityNavigationPropertyName"], "parentcustomerid_account");
    EXPECT_EQ(get("RelationshipDefinitions(SchemaName='contact_customer_accounts')")["ReferencedEntity"],
              "account");
    EXPECT_GT(
        get("RelationshipDefinitions/Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata?$select=SchemaName")
            ["value"]
                .size(),
        100U);
    const auto custom = get("RelationshipDefinitions(SchemaName='new_account_PartnerAccount')");
    EXPECT_EQ(custom["ReferencingEntityNavigationPropertyName"], "new_PartnerAccountId");
    EXPECT_EQ(get("GlobalOptionSetDefinitions(Name='new_interest')")["Options"].size(), 5U);
    EXPECT_EQ(get("GlobalOptionSetDefinitions")["value"].size(), 1U);
}

TEST_F(MetadataEndpoints, TellWhatChangedSince) {
    const json query{
        {"Criteria",
         {{"FilterOperator", "And"},
          {"Conditions",
           {{{"PropertyName", "LogicalName"},
             {"ConditionOperator", "In"},
             {"Value", {{"Type", "System.String[]"}, {"Value", R"(["account","contact"])"}}}}}}}},
        {"Properties",
         {{"AllProperties", false}, {"PropertyNames", {"EntitySetName", "Attributes", "Keys"}}}},
        {"AttributeQuery", {{"Properties", {{"AllProperties", true}}}}}};
    const auto path = "RetrieveMetadataChanges(Query=@p1)?@p1=" + http::percent_encode(query.dump());
    const auto all = get(path);
    ASSERT_EQ(all["EntityMetadata"].size(), 2U);
    EXPECT_THAT(all["EntityMetadata"][1]["Attributes"][0]["@odata.type"].get<std::string>(),
                HasSubstr("CRM.Complex"));
    EXPECT_TRUE(all["EntityMetadata"][0].contains("EntitySetName"));
    const auto stamped = [&](const std::string& stamp) {
        return ask("GET", "RetrieveMetadataChanges(Query=@p1,ClientVersionStamp=@p3)?@p1=" +
                              http::percent_encode(query.dump()) + "&@p3='" + stamp + "'");
    };
    EXPECT_EQ(read_body(stamped(all["ServerVersionStamp"]))["EntityMetadata"].size(), 0U);
    EXPECT_EQ(code(stamped("never")), "0x80044352");
    const std::vector<std::string> hidden{"telephone1"};
    ASSERT_TRUE(org_->hide(table("contact"), hidden));
    const auto later = read_body(stamped(all["ServerVersionStamp"]));
    EXPECT_EQ(later["EntityMetadata"].size(), 2U);
    EXPECT_THAT(later["DeletedMetadata"]["Values"][0]["Items"],
                testing::Contains(table("contact").find("telephone1")->metadata_id));
}

TEST_F(MetadataEndpoints, GiveADocumentThatReadsAsTheSameTables) {
    const auto response = ask("GET", "$metadata");
    EXPECT_EQ(header(response, "Content-Type"), "application/xml");
    const auto read = read_metadata(response.body);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->misfits.empty()) << read->misfits.front();
    EXPECT_EQ(read->catalog.tables().size(), catalog_->tables().size());
    const auto* contacts = read->catalog.find_set("contacts");
    ASSERT_NE(contacts, nullptr);
    EXPECT_EQ(contacts->primary_id(), "contactid");
    for (const Attribute& attribute : table("contact").attributes()) {
        if (!attribute.is_on_wire()) continue;
        EXPECT_NE(contacts->find_property(attribute.wire_name()), nullptr) << attribute.name;
    }
    EXPECT_EQ(contacts->find("parentcustomerid")->type, AttributeType::customer);
    EXPECT_EQ(contacts->find("ownerid")->type, AttributeType::owner);
    EXPECT_EQ(contacts->find("annualincome")->type, AttributeType::money);
    EXPECT_EQ(contacts->keys().size(), 1U);
    EXPECT_EQ(read->catalog.find("systemuser")->primary_id(), "systemuserid");
}

TEST_F(MetadataEndpoints, TakeALiveOrgsDocumentAndNameWhatDoesNotFit) {
    const auto file = shared_folder() / "data/dataverse/metadata/carla-2020-08-11-bacde5b5.metadata.xml";
    const auto text = read_file(file);
    if (!text || !*text) GTEST_SKIP() << "no such document here";
    ASSERT_TRUE(is_metadata(**text));
    auto org = Org::open({.state = folder_ / "live.db",
                          .seed = 3,
                          .records = {{"contact", 20}, {"account", 10}},
                          .metadata = file},
                         shifted_);
    ASSERT_TRUE(org) << org.error().message;
    EXPECT_GT((*org)->catalog()->tables().size(), 300U);
    EXPECT_FALSE((*org)->misfits().empty());
    const auto catalog = (*org)->catalog();
    EXPECT_EQ(catalog->find("task")->primary_id(), "activityid");
    EXPECT_GT(catalog->find("contact")->attributes().size(), 200U);
    EXPECT_EQ(*(*org)->row_count(*catalog->find("contact")), 20);
}

}  // namespace
}  // namespace koppla::sandbox::dynamics
