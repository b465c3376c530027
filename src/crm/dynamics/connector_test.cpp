#include "crm/dynamics/connector.h"

#include "crm/dynamics/test/environment.h"
#include "crm/odata/test/contact.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace koppla::dynamics {
namespace {

using koppla::test::Answer;
using koppla::test::TextSink;
using test::asked;
using test::Environment;
using testing::ElementsAre;
using testing::HasSubstr;

const model::ObjectSchema contact = odata::test::contact_schema();
const std::string key = "5f0a1b2c-0000-0000-0000-00000000000a";

ReadRequest request() {
    return ReadRequest{.object = &contact, .fields = {"contactid", "modifiedon", "isdeleted"}};
}

std::string table(const std::string& name, const std::string& more = R"("HasChanged":true)") {
    return fmt::format(
        R"({{"LogicalName":"{0}","EntitySetName":"{0}s","PrimaryIdAttribute":"{0}id",{1},"Attributes":[
            {{"LogicalName":"{0}id","AttributeType":"Uniqueidentifier"}}]}})",
        name, more);
}

std::string changes(const std::string& tables, const std::string& stamp = "5!7") {
    return fmt::format(
        R"({{"ServerVersionStamp":"{}","EntityMetadata":[{}],"DeletedMetadata":{{"Count":0}}}})", stamp,
        tables);
}

TEST(DynamicsConnector, DescribesManyTablesByOneRequest) {
    Environment org{[](const http::Request& request) -> Answer {
        EXPECT_THAT(asked(request), HasSubstr("RetrieveMetadataChanges(Query=@p1)?@p1="));
        return {.body = changes(table("account") + "," + table("contact"))};
    }};
    const std::vector<DescribeRequest> requests = {
        {.object = "Contact"}, {.object = "nothere"}, {.object = "account"}};
    const auto described = org.connector->describe(requests, org.call);
    ASSERT_TRUE(described) << described.error().message;
    EXPECT_EQ(described->at(0)->schema.name, "contact");
    EXPECT_EQ(described->at(0)->version, "5!7");
    EXPECT_THAT(described->at(0)->source, HasSubstr("PrimaryIdAttribute"));
    EXPECT_EQ(described->at(1).error().kind, ErrorKind::not_found);
    EXPECT_EQ(described->at(2)->schema.wire_name, "accounts");
    EXPECT_EQ(org.client.count("RetrieveMetadataChanges"), 1);
}

TEST(DynamicsConnector, WhatHasntChangedSinceItsStampIsToldByOneRequest) {
    Environment org{[](const http::Request& request) -> Answer {
        if (asked(request).find("ClientVersionStamp") == std::string::npos)
            return {.body = changes(table("contact"), "9")};
        return {.body = changes(table("contact"), "9")};
    }};
    const std::vector<DescribeRequest> requests = {{.object = "contact", .known_version = "5!7"},
                                                   {.object = "account", .known_version = "5!7"}};
    const auto described = org.connector->describe(requests, org.call);
    ASSERT_TRUE(described) << described.error().message;
    EXPECT_FALSE(described->at(0)->is_unchanged);
    EXPECT_TRUE(described->at(1)->is_unchanged);
    EXPECT_EQ(described->at(1)->version, "9");
    EXPECT_EQ(org.client.count("RetrieveMetadataChanges"), 2);
}

TEST(DynamicsConnector, AnExpiredStampMeansThatEverythingIsAskedFor) {
    Environment org{[](const http::Request& request) -> Answer {
        if (asked(request).find("ClientVersionStamp") == std::string::npos)
            return {.body = changes(table("contact"))};
        return {.status = 400,
                .body = R"({"error":{"code":"0x80044352","message":"Version stamp has expired."}})"};
    }};
    const DescribeRequest known{.object = "contact", .known_version = "5!7"};
    const auto described = org.connector->describe({&known, 1}, org.call);
    ASSERT_TRUE(described) << described.error().message;
    EXPECT_EQ(described->front()->schema.key, "contactid");
}

TEST(DynamicsConnector, WhatTheMetadataDontHoldIsGone) {
    Environment org{[](const http::Request&) -> Answer { return {.body = changes(table("contact"))}; }};
    const std::vector<Member> members = {{.object = "contact", .field = "contactid"},
                                         {.object = "contact", .field = "fax"},
                                         {.object = "bygone"},
                                         {.object = "contact", .field = "x') or (1 eq 1"}};
    EXPECT_THAT(*org.connector->look_for(members, org.call),
                ElementsAre(Sight::hidden, Sight::gone, Sight::gone, Sight::unknown));
    org.client.answer_with(test::with_login([](const http::Request&) -> Answer {
        return {.status = 403, .body = R"({"error":{"code":"0x80040220","message":"prvReadEntity"}})"};
    }));
    EXPECT_EQ(org.connector->look_for(members, org.call)->front(), Sight::unknown);
}

TEST(DynamicsConnector, ASmallTableIsReadByOneLane) {
    Environment org{[](const http::Request& request) -> Answer {
        EXPECT_EQ(asked(request), "RetrieveTotalRecordCount(EntityNames=['contact'])");
        return {.body = R"({"EntityRecordCountCollection":{"Count":1,"Keys":["contact"],"Values":[49999]}})"};
    }};
    const auto plan = org.connector->plan(request(), org.call);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->parts, std::vector<Part>{{.position = "rows"}});
    EXPECT_EQ(plan->lanes_max, 1);
}

TEST(DynamicsConnector, ALargeTableIsCutByWhenItsRecordsWereCreated) {
    Environment org{[](const http::Request& request) -> Answer {
        if (asked(request).find("RetrieveTotal") == 0)
            return {.body = R"({"EntityRecordCountCollection":{"Keys":["contact"],"Values":[200000]}})"};
        EXPECT_EQ(request.headers.find("Prefer"), "odata.maxpagesize=1");
        const bool is_last = asked(request).ends_with("desc");
        return {.body = fmt::format(R"({{"value":[{{"createdon":"{}"}}]}})",
                                    is_last ? "2026-01-17T00:00:00Z" : "2026-01-01T00:00:00Z")};
    }};
    const auto plan = org.connector->plan(request(), org.call);
    ASSERT_TRUE(plan) << plan.error().message;
    ASSERT_EQ(plan->parts.size(), 16U);
    EXPECT_EQ(plan->lanes_max, 4);
    EXPECT_EQ(plan->parts.front().position, "window - 2026-01-02T00:00:00.000Z");
    EXPECT_EQ(plan->parts[1].position, "window 2026-01-02T00:00:00.000Z 2026-01-03T00:00:00.000Z");
    EXPECT_EQ(plan->parts.back().position, "window 2026-01-16T00:00:00.000Z -");
    EXPECT_THAT(plan->why, HasSubstr("in 16 stretches of createdon, 4 at a time"));

    std::vector<std::string> filters;
    org.client.answer_with(test::with_login([&](const http::Request& request) -> Answer {
        const std::string query = asked(request);
        const auto at = query.find("$filter=");
        filters.push_back(query.substr(at, query.find("&$orderby") - at));
        return {.body = R"({"value":[]})"};
    }));
    TextSink sink;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{15}})
        ASSERT_TRUE(org.connector->read(request(), plan->parts[i], sink, org.call));
    EXPECT_THAT(filters, ElementsAre("$filter=(createdon lt 2026-01-02T00:00:00Z or createdon eq null)",
                                     "$filter=(createdon ge 2026-01-02T00:00:00Z and createdon lt "
                                     "2026-01-03T00:00:00Z)",
                                     "$filter=(createdon ge 2026-01-16T00:00:00Z)"));
}

TEST(DynamicsConnector, AWindowOrAFilterIsNeverCutAndPlanningItCostsNothing) {
    Environment org{[](const http::Request&) -> Answer { return {.status = 500}; }};
    ReadRequest window = request();
    window.index_field = "modifiedon";
    window.from = *parse_instant("2026-11-01T10:00:00Z");
    EXPECT_EQ(org.connector->plan(window, org.call)->parts.size(), 1U);
    ReadRequest filtered = request();
    filtered.filter = "fullname eq 'a'";
    EXPECT_EQ(org.connector->plan(filtered, org.call)->parts.size(), 1U);
    filtered.filter = "fullname eq '" + std::string(32'000, 'x') + "'";
    EXPECT_THAT(org.connector->plan(filtered, org.call).error().message, HasSubstr("a URL of"));
    filtered.filter = "fullname eq 'x";
    EXPECT_FALSE(org.connector->plan(filtered, org.call));
    filtered.path = ReadPath::bulk;
    EXPECT_EQ(org.connector->plan(filtered, org.call).error().kind, ErrorKind::unsupported);
    EXPECT_TRUE(org.client.requests().empty());
}

TEST(DynamicsConnector, AFeedBeginsAndGoesOnFromItsMark) {
    Environment org{[](const http::Request& request) -> Answer {
        EXPECT_EQ(request.headers.find("Prefer"), "odata.track-changes,odata.maxpagesize=5000");
        EXPECT_EQ(asked(request), "contacts?$select=contactid,modifiedon");
        return {.body = fmt::format(R"({{"value":[{{"contactid":"{}","modifiedon":"2026-11-01T10:00:00Z"}}],
            "@odata.deltaLink":"{}contacts?$select=contactid&$deltatoken=919058%2108%2f22%2f2017"}})",
                                    key, test::root)};
    }};
    ReadRequest feed = request();
    feed.by_feed = true;
    const auto plan = org.connector->plan(feed, org.call);
    TextSink sink;
    auto end = org.connector->read(feed, plan->parts.front(), sink, org.call);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->feed_mark, "919058%2108%2f22%2f2017");
    EXPECT_THAT(sink.rows, ElementsAre(ElementsAre(key, "2026-11-01T10:00:00Z", "false")));
    EXPECT_EQ(org.connector->read(feed, sink.resumes.back(), sink, org.call)->feed_mark, end->feed_mark);

    feed.feed_mark = end->feed_mark;
    org.client.answer_with(test::with_login([&](const http::Request& request) -> Answer {
        EXPECT_TRUE(request.target.ends_with("&$deltatoken=919058%2108%2f22%2f2017")) << request.target;
        return {.body = fmt::format(
                    R"({{"value":[{{"@odata.context":"x/$deletedEntity","id":"{}","reason":"deleted"}}],
            "@odata.deltaLink":"{}contacts?$deltatoken=7"}})",
                    key, test::root)};
    }));
    sink.rows.clear();
    end = org.connector->read(feed, plan->parts.front(), sink, org.call);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->feed_mark, "7");
    EXPECT_THAT(sink.rows, ElementsAre(ElementsAre(key, "-", "true")));
}

TEST(DynamicsConnector, AFeedThatDynamicsHasForgottenIsToldSo) {
    for (const auto& [status, code] : std::vector<std::pair<int, std::string>>{
             {400, "0x80044352"}, {404, "0x0"}, {410, ""}, {400, "0x80040203"}}) {
        Environment org{[&](const http::Request&) -> Answer {
            return {.status = status,
                    .body = fmt::format(
                        R"({{"error":{{"code":"{}","message":"Version stamp has expired."}}}})", code)};
        }};
        ReadRequest feed = request();
        feed.by_feed = true;
        feed.feed_mark = "5";
        TextSink sink;
        const auto end = org.connector->read(feed, Part{.position = "rows"}, sink, org.call);
        ASSERT_FALSE(end);
        EXPECT_EQ(end.error().kind, ErrorKind::expired) << status << code;
        EXPECT_EQ(end.error().symbol, "FEED_EXPIRED");
    }
    Environment org{[](const http::Request&) -> Answer { return {.status = 500}; }};
    ReadRequest feed = request();
    feed.by_feed = true;
    feed.feed_mark = "5&$top=1";
    TextSink sink;
    EXPECT_EQ(org.connector->read(feed, Part{.position = "rows"}, sink, org.call).error().symbol,
              "FEED_EXPIRED");
    EXPECT_TRUE(org.client.requests().empty());
}

TEST(DynamicsConnector, WhatReferencesPointToIsAskedForWhereItIsWanted) {
    Environment org{[](const http::Request& request) -> Answer {
        EXPECT_EQ(
            request.headers.find("Prefer"),
            "odata.maxpagesize=5000,odata.include-annotations=\"Microsoft.Dynamics.CRM.lookuplogicalname\"");
        EXPECT_EQ(asked(request),
                  "contacts?$select=contactid,_parentcustomerid_value&$filter=modifiedon ge "
                  "2026-11-01T10:00:00Z&$orderby=modifiedon asc,contactid asc");
        return {.body = R"({"value":[]})"};
    }};
    ReadRequest of = request();
    of.fields = {"contactid", "parentcustomerid", "parentcustomeridtype"};
    of.index_field = "modifiedon";
    of.from = *parse_instant("2026-11-01T10:00:00.900Z");
    TextSink sink;
    ASSERT_TRUE(org.connector->read(of, Part{.position = "rows"}, sink, org.call));
}

}  // namespace
}  // namespace koppla::dynamics
