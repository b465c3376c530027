#include "sandbox/dynamics/fixture.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

using DynamicsRows = DynamicsTest;

constexpr const char* nobody = "11111111-2222-4333-8444-555555555555";

TEST_F(DynamicsRows, AnswersTheProbesOfClients) {
    EXPECT_EQ(get("WhoAmI()")["UserId"], org_->identity().user_id);
    EXPECT_THAT(get("RetrieveVersion()")["Version"].get<std::string>(), StartsWith("9.2."));
    EXPECT_EQ(get("")["value"].size(), catalog_->tables().size());
    EXPECT_EQ(
        get("organizations?$select=expirechangetrackingindays")["value"][0]["expirechangetrackingindays"], 7);
    EXPECT_EQ(code(ask("GET", "nothings")), "0x8006088a");
    EXPECT_EQ(ask("PUT", "contacts").status, 405);
}

TEST_F(DynamicsRows, CreatesARowUnderAnIdOfTheClientsChoice) {
    const auto response = ask("POST", "accounts", json{{"accountid", nobody}, {"name", "Mine"}}.dump());
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(header(response, "OData-EntityId"),
              std::string{"https://127.0.0.1:8443/api/data/v9.2/accounts("} + nobody + ")");
    EXPECT_EQ(header(response, "Location"), header(response, "OData-EntityId"));
    const auto again = ask("POST", "accounts", json{{"accountid", nobody}, {"name", "Mine"}}.dump());
    EXPECT_EQ(again.status, 412);
    EXPECT_EQ(code(again), "0x80040237");
}

TEST_F(DynamicsRows, GivesARowBackWhereThatIsPreferred) {
    const auto response =
        ask("POST", "accounts?$select=name,revenue", R"({"name":"Big","revenue":922337203685.4775})",
            {{"Prefer", "return=representation"}});
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(header(response, "OData-EntityId"), "(absent)");
    EXPECT_THAT(response.body, HasSubstr("\"revenue\":922337203685.4775"));
    EXPECT_THAT(header(response, "ETag"), StartsWith("W/\""));
}

TEST_F(DynamicsRows, FollowsTheRulesOfUpdateAndUpsert) {
    const auto id = make("accounts", {{"name", "One"}});
    const auto path = "accounts(" + id + ")";
    const auto missing = std::string{"accounts("} + nobody + ")";
    const auto patch = [&](const std::string& where, http::Headers headers) {
        return ask("PATCH", where, R"({"name":"Two"})", std::move(headers));
    };
    EXPECT_EQ(patch(path, {}).status, 204);
    EXPECT_EQ(patch(path, {{"If-Match", "*"}}).status, 204);
    EXPECT_EQ(code(patch(path, {{"If-None-Match", "*"}})), "0x80040237");
    EXPECT_EQ(code(patch(missing, {{"If-Match", "*"}})), "0x80040217");
    EXPECT_EQ(code(patch(missing, {{"If-Match", "W/\"1\""}})), "0x80040217");
    const auto etag = header(ask("GET", path + "?$select=name"), "ETag");
    EXPECT_EQ(patch(path, {{"If-Match", etag}}).status, 204);
    const auto stale = patch(path, {{"If-Match", etag}});
    EXPECT_EQ(stale.status, 412);
    EXPECT_EQ(code(stale), "0x80060882");
    EXPECT_EQ(patch(missing, {}).status, 204) << "a plain PATCH makes the row";
    EXPECT_EQ(get(missing + "?$select=name")["name"], "Two");
    EXPECT_EQ(ask("GET", path, {}, {{"If-None-Match", header(ask("GET", path), "ETag")}}).status, 304);
    EXPECT_EQ(ask("GET", path, {}, {{"If-None-Match", "null"}}).status, 200);
}

TEST_F(DynamicsRows, FindsRowsByAlternateKeys) {
    const auto id = make("contacts", {{"lastname", "O'Hara"}, {"new_externalkey", "O'1"}});
    EXPECT_EQ(get("contacts(new_externalkey='O''1')?$select=contactid")["contactid"], id);
    const auto response = ask("PATCH", "contacts(new_externalkey='K-2')", R"({"lastname":"New"})",
                              {{"Prefer", "return=minimal"}});
    EXPECT_EQ(response.status, 204);
    EXPECT_THAT(header(response, "OData-EntityId"), EndsWith("contacts(new_externalkey='K-2')"));
    EXPECT_EQ(get("contacts(new_externalkey='K-2')")["new_externalkey"], "K-2");
    EXPECT_EQ(code(ask("GET", "contacts(new_externalkey='none')")), "0x80060891");
    EXPECT_EQ(code(ask("GET", "contacts(lastname='x')")), "0x80060890");
    EXPECT_EQ(code(ask("GET", "contacts(employeeid='1',department='2')")), "0x80060890")
        << "its index has failed";
    EXPECT_EQ(ask("GET", "contacts(no-guid)").status, 400);
    const auto order = get("salesorderdetails?$select=_salesorderid_value,lineitemnumber&$top=1")["value"][0];
    EXPECT_EQ(get("salesorderdetails(salesorderid=" + order["_salesorderid_value"].get<std::string>() +
                  ",lineitemnumber=" + order["lineitemnumber"].dump() + ")")["salesorderdetailid"],
              order["salesorderdetailid"]);
}

TEST_F(DynamicsRows, BindsAndUnbindsLookups) {
    const auto account = make("accounts", {{"name", "Firm"}});
    const auto person = make("contacts", {{"lastname", "Boss"}});
    const auto id = make("contacts", {{"lastname", "Bound"},
                                      {"parentcustomerid_contact@odata.bind", "contacts(" + person + ")"}});
    const auto path = "contacts(" + id + ")";
    EXPECT_EQ(get(path)["_parentcustomerid_value"], person);
    send("PATCH", path,
         {{"parentcustomerid_account@odata.bind",
           "https://127.0.0.1:8443/api/data/v9.2/accounts(" + account + ")"}},
         204);
    EXPECT_EQ(get(path)["_parentcustomerid_value"], account);
    EXPECT_EQ(get(path + "/parentcustomerid_account?$select=name")["name"], "Firm");
    EXPECT_EQ(ask("GET", path + "/parentcustomerid_contact").status, 204);
    EXPECT_THAT(get(path + "/parentcustomerid_account/$ref")["@odata.id"].get<std::string>(),
                HasSubstr("/accounts(" + account));
    send("PATCH", path, {{"parentcustomerid_account", nullptr}}, 204);
    EXPECT_EQ(get(path)["_parentcustomerid_value"], nullptr);
    send("PUT", path + "/parentcustomerid_account/$ref", {{"@odata.id", "accounts(" + account + ")"}}, 204);
    EXPECT_EQ(ask("DELETE", path + "/parentcustomerid_account/$ref").status, 204);
    EXPECT_EQ(get(path)["_parentcustomerid_value"], nullptr);
    const auto gone =
        ask("PATCH", path,
            json{{"parentcustomerid_account@odata.bind", std::string{"/accounts("} + nobody + ")"}}.dump());
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(code(gone), "0x80040217");
    EXPECT_EQ(ask("PATCH", path, R"({"parentcustomerid_account@odata.bind":null})").status, 400);
    const auto wrong_case = ask(
        "PATCH", path, json{{"ParentCustomerId_account@odata.bind", "/accounts(" + account + ")"}}.dump());
    EXPECT_THAT(wrong_case.body, HasSubstr("An undeclared property 'ParentCustomerId_account'"));
    send("PATCH", path, {{"ownerid@odata.bind", "/systemusers(" + org_->identity().user_id + ")"}}, 204);
    EXPECT_EQ(get(path)["_owninguser_value"], org_->identity().user_id);
}

TEST_F(DynamicsRows, MakesRowsWithAllThatHangsOnThem) {
    const auto id =
        make("accounts", {{"name", "Whole"},
                          {"primarycontactid", {{"lastname", "Head"}}},
                          {"contact_customer_accounts", {{{"lastname", "One"}}, {{"lastname", "Two"}}}}});
    EXPECT_EQ(get("accounts(" + id + ")/primarycontactid?$select=lastname")["lastname"], "Head");
    const auto people =
        get("accounts(" + id + ")/contact_customer_accounts?$select=lastname&$orderby=lastname")["value"];
    ASSERT_EQ(people.size(), 2U);
    EXPECT_EQ(people[1]["lastname"], "Two");
    const auto third = make("contacts", {{"lastname", "Three"}});
    send("POST", "accounts(" + id + ")/contact_customer_accounts/$ref",
         {{"@odata.id", "contacts(" + third + ")"}}, 204);
    EXPECT_EQ(get("accounts(" + id + ")/contact_customer_accounts/$ref")["value"].size(), 3U);
    EXPECT_EQ(ask("DELETE", "accounts(" + id + ")/contact_customer_accounts(" + third + ")/$ref").status,
              204);
    EXPECT_EQ(get("contacts(" + third + ")")["_parentcustomerid_value"], nullptr);
}

TEST_F(DynamicsRows, ReadsAndWritesSingleProperties) {
    const auto id = make("accounts", {{"name", "Single"}, {"revenue", 12.5}});
    const auto path = "accounts(" + id + ")";
    EXPECT_THAT(ask("GET", path + "/revenue").body, HasSubstr("\"value\":12.5000}"));
    EXPECT_EQ(ask("GET", path + "/name/$value").body, "Single");
    EXPECT_EQ(ask("GET", path + "/fax").status, 204);
    send("PUT", path + "/name", {{"value", "Other"}}, 204);
    EXPECT_EQ(get(path)["name"], "Other");
    EXPECT_EQ(ask("DELETE", path + "/name").status, 204);
    EXPECT_EQ(get(path)["name"], nullptr);
    EXPECT_EQ(ask("GET", path + "/nothing").status, 404);
}

TEST_F(DynamicsRows, RefusesValuesThatBreakTheirType) {
    const auto refused = [&](const json& body) {
        const auto response = ask("POST", "accounts", body.dump());
        EXPECT_EQ(response.status, 400) << body;
        return code(response);
    };
    EXPECT_EQ(refused({{"name", std::string(161, 'x')}}), "0x80044331");
    EXPECT_EQ(refused({{"numberofemployees", -1}}), "0x8004432f");
    EXPECT_EQ(refused({{"revenue", -1.5}}), "0x80044330");
    EXPECT_EQ(refused({{"industrycode", 99}}), "0x8004431a");
    EXPECT_EQ(refused({{"industrycode", "1"}}), "0x80048d19");
    EXPECT_EQ(refused({{"creditonhold", 1}}), "0x80048d19");
    EXPECT_EQ(refused({{"unknown", 1}}), "0x80048d19");
    EXPECT_EQ(refused({{"_primarycontactid_value", nobody}}), "0x80048d19");
    EXPECT_EQ(refused({{"lastonholdtime", "1700-01-01T00:00:00Z"}}), "0x80040239");
    EXPECT_EQ(refused({{"@logicalName", "account"}}), "0x80048d19");
    EXPECT_EQ(code(ask("POST", "contacts", R"({"birthdate":"1980-05-17T00:00:00Z"})")), "0x80048d19");
    EXPECT_EQ(code(ask("POST", "accounts", "{")), "0x80048d19");
}

TEST_F(DynamicsRows, KeepsValuesAsTheyWereGiven) {
    const auto id = make("contacts", {{"lastname", "Zoë 👩‍💻"},
                                      {"description", "two\nlines"},
                                      {"birthdate", "1980-05-17"},
                                      {"new_callat", "2026-11-23T09:15:00Z"},
                                      {"lastusedincampaign", "2026-11-23T10:15:00+01:00"},
                                      {"new_interests", "100000002, 100000000"},
                                      {"new_score", -0.5},
                                      {"createdon", "2001-01-01T00:00:00Z"},
                                      {"firstname", ""},
                                      {"fullname", "ignored"}});
    const auto row = get("contacts(" + id + ")");
    EXPECT_EQ(row["lastname"], "Zoë 👩‍💻");
    EXPECT_EQ(row["fullname"], "Zoë 👩‍💻");
    EXPECT_EQ(row["description"], "two\nlines");
    EXPECT_EQ(row["birthdate"], "1980-05-17");
    EXPECT_EQ(row["new_callat"], "2026-11-23T09:15:00Z");
    EXPECT_EQ(row["lastusedincampaign"], "2026-11-23T09:15:00Z");
    EXPECT_EQ(row["new_interests"], "100000000,100000002");
    EXPECT_EQ(row["new_score"], -0.5);
    EXPECT_EQ(row["firstname"], nullptr);
    EXPECT_NE(row["createdon"], "2001-01-01T00:00:00Z");
    EXPECT_EQ(row["_createdby_value"], org_->identity().user_id);
    const auto old = make("contacts", {{"lastname", "Old"}, {"overriddencreatedon", "2001-01-01T00:00:00Z"}});
    EXPECT_EQ(get("contacts(" + old + ")")["createdon"], "2001-01-01T00:00:00Z");
}

TEST_F(DynamicsRows, SaysWhenAFaultStrikes) {
    control("POST", "faults",
            {{"next", {{{"kind", "429"}, {"retry_after", 3}}, "503", "column-added", "exponent"}}});
    const auto throttled = ask("GET", "contacts?$top=1");
    EXPECT_EQ(throttled.status, 429);
    EXPECT_EQ(header(throttled, "Retry-After"), "3");
    EXPECT_EQ(code(throttled), "0x80072322");
    EXPECT_EQ(ask("GET", "contacts?$top=1").status, 503);
    EXPECT_THAT(ask("GET", "contacts?$select=annualincome&$filter=annualincome gt 10&$top=5").body,
                HasSubstr("E"));
    EXPECT_EQ(control("GET", "journal")["requests"].size(), 3U);
}

}  // namespace
}  // namespace koppla::sandbox::dynamics
