#include "sandbox/dynamics/fixture.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using DynamicsMessages = DynamicsTest;

constexpr const char* nobody = "11111111-2222-4333-8444-555555555555";
const std::string space = "Microsoft.Dynamics.CRM.";

json targets(const std::string& table, std::vector<json> rows) {
    for (json& row : rows) row["@odata.type"] = space + table;
    return {{"Targets", rows}};
}

std::string message(const std::string& set, const std::string& name) {
    return set + "/" + space + name;
}

TEST_F(DynamicsMessages, CreateMultipleMakesAllOfItsRowsOrNone) {
    const auto made =
        send("POST", message("accounts", "CreateMultiple"),
             targets("account", {{{"name", "One"}}, {{"name", "Two"}, {"accountid", nobody}}}), 200);
    EXPECT_THAT(made["@odata.context"].get<std::string>(),
                HasSubstr("$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"));
    ASSERT_EQ(made["Ids"].size(), 2U);
    EXPECT_EQ(made["Ids"][1], nobody);
    EXPECT_EQ(get("accounts(" + made["Ids"][0].get<std::string>() + ")?$select=name")["name"], "One");

    const auto before = get("accounts?$count=true&$top=1")["@odata.count"];
    const auto refused =
        ask("POST", message("accounts", "CreateMultiple"),
            targets("account", {{{"name", "Three"}}, {{"name", std::string(200, 'x')}}}).dump());
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(code(refused), "0x80044331");
    EXPECT_EQ(get("accounts?$count=true&$top=1")["@odata.count"], before);
}

TEST_F(DynamicsMessages, TargetsHaveToSayTheirType) {
    const auto untyped = ask("POST", message("accounts", "CreateMultiple"), R"({"Targets":[{"name":"x"}]})");
    EXPECT_EQ(untyped.status, 400);
    EXPECT_THAT(untyped.body, HasSubstr("@odata.type"));
    EXPECT_EQ(
        ask("POST", message("accounts", "CreateMultiple"), targets("contact", {{{"lastname", "x"}}}).dump())
            .status,
        400);
    EXPECT_EQ(ask("POST", message("accounts", "CreateMultiple"), R"({"Targets":[]})").status, 400);
    EXPECT_EQ(ask("POST", message("accounts", "CreateMultiple"), "{").status, 400);
    EXPECT_EQ(code(ask("POST", message("accounts", "MakeMultiple"), "{}")), "0x8006088a");
    EXPECT_EQ(ask("GET", message("accounts", "CreateMultiple")).status, 405);
}

TEST_F(DynamicsMessages, UpdateMultipleNeverMakesARow) {
    const auto id = make("contacts", {{"lastname", "Old"}, {"new_externalkey", "U-1"}});
    send("POST", message("contacts", "UpdateMultiple"),
         targets("contact", {{{"@odata.id", "contacts(new_externalkey='U-1')"}, {"lastname", "New"}}}), 204);
    EXPECT_EQ(get("contacts(" + id + ")?$select=lastname")["lastname"], "New");
    const auto refused = ask("POST", message("contacts", "UpdateMultiple"),
                             targets("contact", {{{"contactid", id}, {"lastname", "Newer"}},
                                                 {{"contactid", nobody}, {"lastname", "x"}}})
                                 .dump());
    EXPECT_EQ(refused.status, 404);
    EXPECT_THAT(refused.body, HasSubstr(std::string{"Contact With Ids = "} + nobody + " Do Not Exist"));
    EXPECT_EQ(get("contacts(" + id + ")?$select=lastname")["lastname"], "New");
}

TEST_F(DynamicsMessages, UpsertMultipleFailsWhereANewRowsKeyIsSaidTwice) {
    const auto by_key = [](const char* key, json row) {
        row["@odata.id"] = std::string{"contacts(new_externalkey='"} + key + "')";
        return row;
    };
    send("POST", message("contacts", "UpsertMultiple"),
         targets("contact", {by_key("M-1", {{"lastname", "a"}}), {{"contactid", nobody}, {"lastname", "b"}}}),
         204);
    EXPECT_EQ(get("contacts(new_externalkey='M-1')?$select=lastname")["lastname"], "a");
    EXPECT_EQ(get(std::string{"contacts("} + nobody + ")?$select=lastname")["lastname"], "b");
    const json twice = targets("contact", {by_key("M-1", {{"lastname", "c"}, {"new_externalkey", "M-1"}})});
    send("POST", message("contacts", "UpsertMultiple"), twice, 204);
    const auto refused =
        ask("POST", message("contacts", "UpsertMultiple"),
            targets("contact", {by_key("M-2", {{"lastname", "c"}, {"new_externalkey", "M-2"}})}).dump());
    EXPECT_EQ(code(refused), "0x80040216");
}

TEST_F(DynamicsMessages, DeleteMultipleIsForElasticTables) {
    const auto refused = ask("POST", message("contacts", "DeleteMultiple"),
                             targets("contact", {{{"contactid", nobody}}}).dump());
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("DeleteMultiple has not yet been implemented."));
}

TEST_F(DynamicsMessages, AMergedRowIsInactiveAndNamesItsMaster) {
    const auto master = make("accounts", {{"name", "Master"}});
    const auto other = make("accounts", {{"name", "Other"}, {"telephone1", "1"}});
    const auto child =
        make("contacts",
             {{"lastname", "Child"}, {"parentcustomerid_account@odata.bind", "/accounts(" + other + ")"}});
    const auto entity = [&](const std::string& id) {
        return json{{"@odata.type", "#" + space + "account"}, {"accountid", id}};
    };
    const json body{{"Target", entity(master)},
                    {"Subordinate", entity(other)},
                    {"UpdateContent", {{"@odata.type", space + "account"}, {"telephone1", "1"}}},
                    {"PerformParentingChecks", false}};
    send("POST", "Merge", body, 204);
    const auto merged = get("accounts(" + other + ")?$select=statecode,merged,_masterid_value");
    EXPECT_EQ(merged["statecode"], 1);
    EXPECT_EQ(merged["merged"], true);
    EXPECT_EQ(merged["_masterid_value"], master);
    EXPECT_EQ(get("accounts(" + master + ")?$select=telephone1")["telephone1"], "1");
    EXPECT_EQ(get("contacts(" + child + ")?$select=_parentcustomerid_value")["_parentcustomerid_value"],
              master);
    json itself = body;
    itself["Subordinate"] = entity(master);
    EXPECT_EQ(ask("POST", "Merge", itself.dump()).status, 400);
    itself["Subordinate"] = entity(nobody);
    EXPECT_EQ(ask("POST", "Merge", itself.dump()).status, 404);
}

TEST_F(DynamicsMessages, DuplicatesAreRefusedWhereARuleIsPublishedAndAskedFor) {
    const http::Headers detected{{"MSCRM.SuppressDuplicateDetection", "false"}};
    const json row{{"lastname", "Twin"}, {"emailaddress1", "twin@example.com"}};
    make("contacts", row);
    EXPECT_EQ(ask("POST", "contacts", row.dump(), detected).status, 204) << "no rule is published";
    control("POST", "duplicates", {{"object", "contact"}, {"fields", {"emailaddress1"}}});
    const auto refused = ask("POST", "contacts", row.dump(), detected);
    EXPECT_EQ(refused.status, 412);
    EXPECT_EQ(code(refused), "0x80040333");
    EXPECT_EQ(ask("POST", "contacts", row.dump()).status, 204) << "suppressed unless asked for";
    const auto single = make("contacts", {{"lastname", "Single"}});
    EXPECT_EQ(
        code(ask("PATCH", "contacts(" + single + ")", R"({"emailaddress1":"TWIN@example.com"})", detected)),
        "0x80040333");
    EXPECT_EQ(ask("PATCH", "contacts(" + single + ")", R"({"emailaddress1":"single@example.com"})", detected)
                  .status,
              204);
    control("DELETE", "duplicates");
    EXPECT_EQ(ask("POST", "contacts", row.dump(), detected).status, 204);
}

TEST_F(DynamicsMessages, AKeyWhoseIndexFailedNamesAndProtectsNothing) {
    make("contacts", {{"lastname", "x"}, {"new_externalkey", "F-1"}});
    EXPECT_EQ(code(ask("POST", "contacts", R"({"lastname":"y","new_externalkey":"F-1"})")), "0x80060892");
    control("POST", "keys", {{"object", "contact"}, {"key", "new_externalkey"}, {"status", "Failed"}});
    EXPECT_EQ(code(ask("GET", "contacts(new_externalkey='F-1')")), "0x80060890");
    make("contacts", {{"lastname", "y"}, {"new_externalkey", "F-1"}});
    const auto keys =
        get("EntityDefinitions(LogicalName='contact')/Keys?$select=KeyAttributes,EntityKeyIndexStatus");
    EXPECT_THAT(keys.dump(),
                HasSubstr(R"("EntityKeyIndexStatus":"Failed","KeyAttributes":["new_externalkey"])"));
    control("POST", "keys", {{"object", "contact"}, {"key", "new_externalkey"}, {"status", "Active"}});
    EXPECT_EQ(code(ask("POST", "contacts", R"({"lastname":"z","new_externalkey":"F-1"})")), "0x80060892");
}

}  // namespace
}  // namespace koppla::sandbox::dynamics
