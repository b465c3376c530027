#include "crm/salesforce/pages.h"

#include "crm/salesforce/test/org.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {
namespace {

using nlohmann::json;
using test::Answer;
using test::Org;
using test::TextSink;

const model::ObjectSchema contact = test::contact_schema();

ReadRequest request(ReadPath path = ReadPath::automatic) {
    return {.object = &contact, .fields = {"Id", "Name", "AccountId"}, .path = path};
}

std::string page(std::int64_t total, int rows, const std::string& next = {}, int first = 0) {
    json records = json::array();
    for (int i = first; i < first + rows; ++i) {
        records.push_back({{"attributes", {{"type", "Contact"}}},
                           {"Id", "001xx000003DGb2"},
                           {"Name", "n" + std::to_string(i)},
                           {"AccountId", nullptr}});
    }
    json document = {{"totalSize", total}, {"done", next.empty()}, {"records", records}};
    if (!next.empty()) document["nextRecordsUrl"] = next;
    return document.dump();
}

Result<PartEnd> read(Org& org, const ReadRequest& asked, TextSink& sink, const std::string& position) {
    return org.connector->read(asked, Part{.position = position}, sink, org.call);
}

const std::string second = "/services/data/v68.0/query/01gxx0000000001AAA-2000";

TEST(Pages, ASmallIncrementCostsOneCall) {
    Org org{test::with_login([](const http::Request& asked) -> Answer {
        EXPECT_TRUE(asked.target.starts_with(test::server +
                                             "/services/data/v68.0/queryAll?q=SELECT+Id,Name,AccountId"));
        EXPECT_EQ(test::statement_of(asked), "SELECT Id,Name,AccountId FROM Contact ORDER BY Id ASC");
        EXPECT_EQ(asked.headers.find("Sforce-Query-Options"), "batchSize=2000");
        return {.body = page(2, 2)};
    })};
    TextSink sink;
    const auto end = read(org, request(), sink, "automatic");
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_TRUE(end->next.empty());
    EXPECT_EQ(sink.rows, (std::vector<std::vector<std::string>>{{"001xx000003DGb2AAG", "n0", "-"},
                                                                {"001xx000003DGb2AAG", "n1", "-"}}));
    EXPECT_EQ(sink.expected, 2);
    EXPECT_EQ(sink.resumes.back().position, "done");
    EXPECT_EQ(org.connector->usage().charged_calls, 1);
}

TEST(Pages, AreFollowedAndCanBeResumed) {
    Org org{test::with_login([](const http::Request& asked) -> Answer {
        return {.body = asked.target.ends_with(second) ? page(5, 2, {}, 3) : page(5, 3, second)};
    })};
    TextSink sink;
    ASSERT_TRUE(read(org, request(), sink, "automatic"));
    EXPECT_EQ(sink.rows.size(), 5U);
    ASSERT_EQ(sink.resumes.size(), 2U);
    EXPECT_EQ(sink.resumes[0].position, "page " + second);
    EXPECT_EQ(sink.resumes[0].rows, 3);
    EXPECT_EQ(sink.resumes[1].rows, 5);

    TextSink rest;
    ASSERT_TRUE(org.connector->read(request(), sink.resumes[0], rest, org.call));
    ASSERT_EQ(rest.rows.size(), 2U);
    EXPECT_EQ(rest.rows[0][1], "n3");
    EXPECT_EQ(rest.resumes[0].rows, 5);
    TextSink nothing;
    ASSERT_TRUE(org.connector->read(request(), sink.resumes[1], nothing, org.call));
    EXPECT_TRUE(nothing.rows.empty());
}

TEST(Pages, ManyRowsAreLeftToABulkJob) {
    Org org{
        test::with_login([](const http::Request&) -> Answer { return {.body = page(10'001, 2, second)}; })};
    TextSink sink;
    const auto end = read(org, request(), sink, "automatic");
    ASSERT_TRUE(end);
    ASSERT_EQ(end->next.size(), 1U);
    EXPECT_EQ(end->next[0].position, "bulk automatic");
    EXPECT_TRUE(sink.rows.empty());
    EXPECT_FALSE(sink.expected);
    EXPECT_EQ(org.connector->usage().charged_calls, 1);
}

TEST(Pages, PagesThatWereAskedForStayPages) {
    Org org{test::with_login([](const http::Request& asked) -> Answer {
        return {.body = asked.target.ends_with(second) ? page(10'001, 1) : page(10'001, 2, second)};
    })};
    TextSink sink;
    const auto end = read(org, request(ReadPath::pages), sink, "pages");
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->next.empty());
    EXPECT_EQ(sink.rows.size(), 3U);
    EXPECT_EQ(sink.expected, 10'001);
}

TEST(Pages, AQueryThatPagesCantCarryIsLeftToABulkJob) {
    for (const Answer& refusal :
         {Answer{.status = 414, .body = "<html></html>"}, Answer{.status = 431},
          Answer{.status = 400, .body = R"([{"errorCode":"QUERY_TIMEOUT","message":"x"}])"}}) {
        Org org{test::with_login([&](const http::Request&) -> Answer { return refusal; })};
        TextSink sink;
        const auto end = read(org, request(), sink, "automatic");
        ASSERT_TRUE(end);
        ASSERT_EQ(end->next.size(), 1U);
        EXPECT_FALSE(read(org, request(ReadPath::pages), sink, "pages"));
    }
}

TEST(Pages, FaultsOfThePagingAreErrors) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {page(5, 2, "https://evil.example/services/data/v68.0/query/x"), "leads elsewhere"},
        {page(5, 2, "/services/data/v68.0/../../evil"), "leads elsewhere"},
        {page(5, 2, "//evil.example/services/data/v68.0"), "leads elsewhere"},
        {page(5, 0, second), "an empty page"},
        {page(1, 2), "more rows came"},
        {page(5, 2).substr(0, 60), "no page of records"},
        {"<html>login</html>", "web page"},
        {"", "no page of records"},
    };
    for (const auto& [body, words] : cases) {
        Org org{test::with_login([&](const http::Request&) -> Answer { return {.body = body}; })};
        TextSink sink;
        const auto end = read(org, request(), sink, "automatic");
        ASSERT_FALSE(end) << body;
        EXPECT_NE(end.error().message.find("reading Contact"), std::string::npos) << end.error().message;
        EXPECT_NE(end.error().message.find(words), std::string::npos) << end.error().message;
        EXPECT_EQ(org.client.count("evil.example"), 0);
    }
}

TEST(Pages, APageThatLeadsToItselfEnds) {
    Org org{test::with_login([](const http::Request&) -> Answer { return {.body = page(50, 2, second)}; })};
    TextSink sink;
    const auto end = read(org, request(), sink, "automatic");
    ASSERT_FALSE(end);
    EXPECT_EQ(org.connector->usage().charged_calls, 2);
}

TEST(Pages, AnExpiredLocatorSaysToBeginAgain) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        return {.status = 400,
                .body = R"([{"errorCode":"INVALID_QUERY_LOCATOR","message":"invalid query locator"}])"};
    })};
    TextSink sink;
    const auto end = read(org, request(), sink, "page " + second);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, ErrorKind::expired);
}

TEST(Pages, AFilterThatTheCrmCantEvaluateIsSaid) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        return {.status = 400,
                .body = R"([{"errorCode":"MALFORMED_QUERY","message":"unexpected token: 'Wher'"}])"};
    })};
    TextSink sink;
    const auto end = read(org, request(), sink, "automatic");
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, ErrorKind::invalid);
    EXPECT_NE(end.error().message.find("unexpected token"), std::string::npos);
}

}  // namespace
}  // namespace koppla::salesforce
