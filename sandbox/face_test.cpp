#include "sandbox/face.h"

#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using FaceTest = SandboxTest;

TEST_F(FaceTest, ListsVersionsWithoutASessionAndWithoutCost) {
    const auto response = ask_bare("GET", "//services/data");
    ASSERT_EQ(response.status, 200);
    const auto list = read_body(response);
    ASSERT_EQ(list.size(), 38U);
    EXPECT_EQ(
        list.front(),
        (nlohmann::json{{"label", "Summer '14"}, {"url", "/services/data/v31.0"}, {"version", "31.0"}}));
    EXPECT_EQ(
        list.back(),
        (nlohmann::json{{"label", "Winter '27"}, {"url", "/services/data/v68.0"}, {"version", "68.0"}}));
    EXPECT_EQ(list[1]["label"], "Winter '15");
    EXPECT_EQ(header(response, "Sforce-Limit-Info"), "(absent)");
    EXPECT_EQ(services_->allowance.figures().used, 0);
}

TEST_F(FaceTest, AnswersVersionsFrom31To68) {
    EXPECT_EQ(ask("GET", "/services/data/v31.0").status, 200);
    EXPECT_EQ(ask("GET", "/services/data/v68.0/").status, 200);
    const auto retired = ask("GET", "/services/data/v30.0/sobjects");
    EXPECT_EQ(retired.status, 410);
    EXPECT_EQ(error_code(retired), "GONE");
    for (const auto* unknown :
         {"/services/data/v69.0", "/services/data/v99.0/query", "/services/data/latest", "/elsewhere"}) {
        const auto response = ask("GET", unknown);
        EXPECT_EQ(response.status, 404) << unknown;
        EXPECT_EQ(error_code(response), "NOT_FOUND") << unknown;
    }
}

TEST_F(FaceTest, AsksForALiveSession) {
    const std::string target = "/services/data/v68.0/sobjects";
    for (const auto* value : {"Bearer 00Dsomething!else", "Bearer ", "nonsense", "Basic abc"}) {
        const auto response = ask_bare("GET", target, {}, {{"Authorization", value}});
        EXPECT_EQ(response.status, 401) << value;
        EXPECT_EQ(response.body,
                  R"([{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}])");
    }
    EXPECT_EQ(ask_bare("GET", target).status, 401);
    EXPECT_EQ(services_->allowance.figures().used, 0);
    EXPECT_EQ(ask_bare("GET", target, {}, {{"authorization", "OAuth " + services_->credentials.access_token}})
                  .status,
              200);
}

TEST_F(FaceTest, CountsEveryCallAndStopsAtTheLimit) {
    EXPECT_EQ(ask_bare("POST", "/sandbox/limits", R"({"daily_max":3})").status, 200);
    EXPECT_EQ(header(ask("GET", "/services/data/v68.0"), "Sforce-Limit-Info"), "api-usage=1/3");
    EXPECT_EQ(header(ask("GET", "/services/data/v68.0/sobjects/Nothing/describe"), "Sforce-Limit-Info"),
              "api-usage=2/3");
    EXPECT_EQ(ask("GET", "/services/data/v68.0/limits").status, 200);
    const auto refused = ask("GET", "/services/data/v68.0/limits");
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.body,
              R"([{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}])");
    EXPECT_EQ(header(refused, "Sforce-Limit-Info"), "api-usage=3/3");
}

TEST_F(FaceTest, TellsTheAllowance) {
    services_->allowance.set({.used = 10, .daily_max = 50});
    const auto limits = get("/limits");
    EXPECT_EQ(limits["DailyApiRequests"], (nlohmann::json{{"Max", 50}, {"Remaining", 39}}));
    EXPECT_TRUE(limits.contains("DailyBulkV2QueryJobs"));
}

TEST_F(FaceTest, NamesTheMethodsThatAPathTakes) {
    const auto response = ask("PUT", "/services/data/v68.0/sobjects/Contact");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(error_code(response), "METHOD_NOT_ALLOWED");
    EXPECT_EQ(header(response, "Allow"), "GET,POST");
}

TEST_F(FaceTest, TakesJsonOnly) {
    EXPECT_EQ(ask("POST", "/services/data/v68.0/sobjects/Contact", "LastName=x",
                  {{"Content-Type", "application/x-www-form-urlencoded"}})
                  .status,
              415);
    EXPECT_EQ(ask("POST", "/services/data/v68.0/sobjects/Contact", R"({"LastName":"x"})",
                  {{"Content-Type", "application/JSON; charset=UTF-8"}})
                  .status,
              201);
}

TEST_F(FaceTest, RefusesHeadsThatAreTooLong) {
    EXPECT_EQ(ask("GET", "/services/data/v68.0/query?q=" + std::string(16'400, 'x')).status, 414);
    EXPECT_EQ(ask("GET", "/services/data/v68.0/query?q=" + std::string(10'000, 'x'), {},
                  {{"X", std::string(7'000, 'y')}})
                  .status,
              431);
}

TEST_F(FaceTest, KeepsAJournalWithoutSecrets) {
    ask_bare("DELETE", "/sandbox/journal");
    const auto& access = services_->credentials.access_token;
    ask("GET", "/services/data/v68.0/sobjects");
    ask_bare("GET", "/services/data");
    ask_bare("GET", "/id/a/b?oauth_token=" + access);
    ask_bare("POST", "/services/oauth2/token", "grant_type=password&password=hunter2",
             {{"Content-Type", "application/x-www-form-urlencoded"}});
    const auto response = ask_bare("GET", "/sandbox/journal?from=1");
    const auto requests = read_body(response)["requests"];
    ASSERT_EQ(requests.size(), 4U);
    EXPECT_EQ(requests[0]["path"], "/services/data/v68.0/sobjects");
    EXPECT_EQ(requests[0]["status"], 200);
    EXPECT_EQ(requests[0]["charged"], true);
    EXPECT_GT(requests[0]["response_bytes"], 1'000);
    EXPECT_EQ(requests[1]["charged"], false);
    EXPECT_EQ(requests[3]["request_bytes"], 36);
    EXPECT_EQ(response.body.find("hunter2"), std::string::npos);
    EXPECT_EQ(response.body.find(access.substr(16)), std::string::npos);
    const auto number = requests[3]["number"].get<int>();
    EXPECT_EQ(
        read_body(ask_bare("GET", "/sandbox/journal?from=" + std::to_string(number)))["requests"].size(), 1U);
}

TEST_F(FaceTest, HidesItsSwitchesWhereOthersCouldAsk) {
    Face face{*services_, Control::hidden};
    Recorder recorder;
    face.answer(http::Request{.target = "/sandbox/journal"}, recorder);
    EXPECT_EQ(recorder.response_.status, 404);
}

}  // namespace
}  // namespace koppla::sandbox
