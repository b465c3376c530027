#include "crm/salesforce/connector.h"

#include "crm/salesforce/test/org.h"

#include <gtest/gtest.h>

namespace koppla::salesforce {
namespace {

using test::Answer;
using test::Org;
using test::server;

const model::ObjectSchema contact = test::contact_schema();

TEST(Connector, TellsWhoAndWhereWeAre) {
    Org org{test::with_login([](const http::Request& request) -> Answer {
        if (request.target.ends_with("/userinfo"))
            return {.body = R"({"preferred_username":"jo@acme.example"})"};
        EXPECT_EQ(test::statement_of(request), "SELECT Id,Name FROM Organization");
        return {
            .body = R"({"totalSize":1,"done":true,"records":[{"Id":"00Dxx0000000001EAA","Name":"Acme"}]})",
            .headers = {{"Sforce-Limit-Info", "api-usage=18/15000; per-app-api-usage=17/250(appName=x)"}}};
    })};
    const auto identity = org.connector->check(org.call);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->user, "jo@acme.example");
    EXPECT_EQ(identity->organization, "Acme");
    EXPECT_EQ(identity->organization_id, "00Dxx0000000001EAA");
    EXPECT_EQ(identity->server, server);
    EXPECT_EQ(identity->api_version, "68.0");
    const Usage usage = org.connector->usage();
    EXPECT_EQ(usage.charged_calls, 1);
    EXPECT_EQ(usage.allowance_used, 18);
    EXPECT_EQ(usage.allowance_max, 15'000);
}

TEST(Connector, AUserThatMayNotAskForItselfIsNamedByItsId) {
    Org org{test::with_login([](const http::Request& request) -> Answer {
        if (request.target.ends_with("/userinfo")) return {.status = 403, .body = "Bad_OAuth_Token"};
        return {.body = R"({"totalSize":0,"done":true,"records":[]})"};
    })};
    const auto identity = org.connector->check(org.call);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->user, "005xx0000000001AAA");
}

TEST(Connector, TheCrmsClockCostsNothing) {
    Org org{test::with_login([](const http::Request&) -> Answer { return {.status = 500}; })};
    EXPECT_EQ(*org.connector->now(org.call), *parse_instant("2026-11-01T10:00:00Z"));
    EXPECT_EQ(org.connector->usage().charged_calls, 0);
}

TEST(Connector, LimitHeadersOfAnyShapeAreHarmless) {
    for (const std::string header : {"", "api-usage=", "api-usage=1", "api-usage=x/y", "api-usage=5/",
                                     "per-app=1/2", "api-usage=99999999999999999999/1"}) {
        Org org{test::with_login([&](const http::Request&) -> Answer {
            return {.body = R"({"sobjects":[]})", .headers = {{"Sforce-Limit-Info", header}}};
        })};
        EXPECT_TRUE(org.connector->objects(org.call));
        EXPECT_FALSE(org.connector->usage().allowance_used) << header;
    }
}

TEST(Connector, TheNewestVersionIsTheOneBothSidesKnow) {
    const auto version_of = [](const std::string& wanted, const std::string& versions) {
        Org org{[&](const http::Request& request) -> Answer {
            if (request.target.ends_with("/token")) return {.body = test::token_answer("t")};
            if (request.target.ends_with("/services/data")) return {.body = versions};
            return {.body = R"({"sobjects":[]})"};
        }};
        org.settings["api-version"] = wanted;
        org.connect();
        const auto objects = org.connector->objects(org.call);
        return objects ? org.client.requests().back().target.substr(server.size()) : objects.error().message;
    };
    const std::string offered = R"([{"version":"59.0"},{"version":"60.0"}])";
    EXPECT_EQ(version_of("latest", offered), "/services/data/v60.0/sobjects");
    EXPECT_EQ(version_of("latest", R"([{"version":"60.0"},{"version":"75.0"}])"),
              "/services/data/v68.0/sobjects");
    EXPECT_EQ(version_of("59.0", offered), "/services/data/v59.0/sobjects");
    EXPECT_NE(version_of("50.0", offered).find("retired"), std::string::npos);
    EXPECT_NE(version_of("66.0", offered).find("doesn't know that one"), std::string::npos);
    EXPECT_NE(version_of("latest", R"([{"version":"40.0"}])").find("49.0"), std::string::npos);
    EXPECT_NE(version_of("latest", R"({"a":1})").find("something else"), std::string::npos);
    EXPECT_NE(version_of("latest", "<html></html>").find("web page"), std::string::npos);
}

TEST(Connector, TellsHiddenFromGoneByWhatAnyPermissionSetGrants) {
    Org org{test::with_login([](const http::Request& request) -> Answer {
        if (test::statement_of(request).find("ObjectPermissions") != std::string::npos)
            return {.body = R"({"totalSize":0,"done":true,"records":[]})"};
        EXPECT_EQ(test::statement_of(request),
                  "SELECT Field FROM FieldPermissions WHERE PermissionsRead = true AND Field IN "
                  "('Contact.Fax','Contact.Old__c') GROUP BY Field");
        return {.body = R"({"totalSize":1,"done":true,"records":[{"Field":"Contact.Fax"}]})"};
    })};
    const std::vector<Member> members = {{.object = "Contact", .field = "Fax"},
                                         {.object = "Bygone__c"},
                                         {.object = "Contact", .field = "Old__c"},
                                         {.object = "Contact", .field = "x') OR (Id != null"}};
    const std::vector<Sight> expected = {Sight::hidden, Sight::gone, Sight::gone, Sight::unknown};
    EXPECT_EQ(*org.connector->look_for(members, org.call), expected);
    EXPECT_EQ(org.connector->usage().charged_calls, 2);
}

TEST(Connector, KnowsNothingWhereTheUserMayNotLookAtPermissions) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        return {
            .status = 400,
            .body =
                R"([{"errorCode":"INVALID_TYPE","message":"sObject type 'FieldPermissions' is not supported."}])"};
    })};
    const Member member{.object = "Contact", .field = "Fax"};
    EXPECT_EQ(org.connector->look_for({&member, 1}, org.call)->front(), Sight::unknown);
}

TEST(Connector, PlanningCostsNothingAndSaysWhy) {
    Org org{[](const http::Request&) -> Answer { return {.status = 500}; }};
    ReadRequest request{.object = &contact, .fields = {"Id", "Name"}};
    const auto plan = org.connector->plan(request, org.call);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->parts.size(), 1U);
    EXPECT_EQ(plan->parts[0].position, "automatic");
    request.path = ReadPath::bulk;
    EXPECT_EQ(org.connector->plan(request, org.call)->parts[0].position, "bulk");
    request.path = ReadPath::pages;
    EXPECT_EQ(org.connector->plan(request, org.call)->parts[0].position, "pages");

    request.filter = "Name = '" + std::string(16'000, 'x') + "'";
    const auto forced = org.connector->plan(request, org.call);
    ASSERT_FALSE(forced);
    EXPECT_NE(forced.error().message.find("a URL of"), std::string::npos);
    request.path = ReadPath::automatic;
    EXPECT_EQ(org.connector->plan(request, org.call)->parts[0].position, "bulk");
    request.filter = "Name = 'x";
    EXPECT_FALSE(org.connector->plan(request, org.call));
    EXPECT_TRUE(org.client.requests().empty());
}

}  // namespace
}  // namespace koppla::salesforce
