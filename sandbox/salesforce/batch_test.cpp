#include "sandbox/fixture.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using BatchTest = SandboxTest;

TEST_F(BatchTest, AnswersEachPartAndChargesEachPart) {
    const auto answer = send("POST", "/composite/batch",
                             {{"batchRequests",
                               {{{"method", "GET"}, {"url", "v68.0/sobjects/Account/describe"}},
                                {{"method", "GET"}, {"url", "/services/data/v60.0/sobjects/Nothing"}},
                                {{"method", "POST"},
                                 {"url", "v68.0/sobjects/Contact"},
                                 {"richInput", {{"LastName", "Batched"}}}}}}},
                             200);
    EXPECT_EQ(answer["hasErrors"], true);
    ASSERT_EQ(answer["results"].size(), 3U);
    EXPECT_EQ(answer["results"][0]["result"]["name"], "Account");
    EXPECT_EQ(answer["results"][1]["statusCode"], 404);
    EXPECT_EQ(answer["results"][1]["result"][0]["errorCode"], "NOT_FOUND");
    EXPECT_EQ(answer["results"][2]["statusCode"], 201);
    EXPECT_EQ(services_->allowance.figures().used, 3);
    const auto journal = read_body(ask_bare("GET", "/sandbox/journal"))["requests"];
    EXPECT_EQ(journal.back()["calls"], 3);
    EXPECT_EQ(records("SELECT Id FROM Contact WHERE LastName = 'Batched'").size(), 1U);
}

TEST_F(BatchTest, StopsWhereTheAllowanceEnds) {
    services_->allowance.set({.used = 0, .daily_max = 2});
    const json limits{{"method", "GET"}, {"url", "v68.0/limits"}};
    const auto results =
        send("POST", "/composite/batch", {{"batchRequests", {limits, limits, limits}}}, 200)["results"];
    EXPECT_EQ(results[1]["statusCode"], 200);
    EXPECT_EQ(results[2]["statusCode"], 403);
    EXPECT_EQ(results[2]["result"][0]["errorCode"], "REQUEST_LIMIT_EXCEEDED");
    EXPECT_EQ(services_->journal.since(1).back().calls, 2);
}

TEST_F(BatchTest, HaltsWhenAsked) {
    const auto results = send("POST", "/composite/batch",
                              {{"haltOnError", true},
                               {"batchRequests",
                                {{{"method", "GET"}, {"url", "v68.0/sobjects/Nothing"}},
                                 {{"method", "POST"},
                                  {"url", "v68.0/sobjects/Contact"},
                                  {"richInput", {{"LastName", "Halted"}}}}}}},
                              200)["results"];
    EXPECT_EQ(results[1]["statusCode"], 412);
    EXPECT_EQ(results[1]["result"][0]["errorCode"], "BATCH_PROCESSING_HALTED");
    EXPECT_EQ(services_->journal.since(1).back().calls, 1);
    EXPECT_TRUE(records("SELECT Id FROM Contact WHERE LastName = 'Halted'").empty());
}

TEST_F(BatchTest, RefusesWhatIsNoBatch) {
    const json one{{"method", "GET"}, {"url", "v68.0/limits"}};
    send("POST", "/composite/batch", {{"batchRequests", json::array()}}, 400);
    send("POST", "/composite/batch", {{"batchRequests", std::vector<json>(26, one)}}, 400);
    send("POST", "/composite/batch", {{"batchRequests", {{{"method", "LOOK"}, {"url", "v68.0/limits"}}}}},
         400);
    send("POST", "/composite/batch", {{"batchRequests", {3}}}, 400);
    const auto answer =
        read_body(ask("POST", "/services/data/v60.0/composite/batch", json{{"batchRequests", {one}}}.dump()));
    EXPECT_THAT(answer["results"][0].dump(), HasSubstr("newer"));
    const json nested{{"method", "POST"}, {"url", "v68.0/composite/batch"}};
    EXPECT_EQ(
        send("POST", "/composite/batch", {{"batchRequests", {nested}}}, 200)["results"][0]["statusCode"],
        400);
}

}  // namespace
}  // namespace koppla::sandbox
