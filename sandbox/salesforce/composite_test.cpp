#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

class Composite : public SandboxTest {
  protected:
    static json part(std::string_view method, std::string_view path, std::string_view reference,
                     json body = nullptr) {
        json one{{"method", method},
                 {"url", std::string{test_base} + std::string{path}},
                 {"referenceId", reference}};
        if (!body.is_null()) one["body"] = std::move(body);
        return one;
    }
    json composite(json parts, int status = 200, bool is_atomic = false) {
        const auto answer = send("POST", "/composite",
                                 {{"allOrNone", is_atomic}, {"compositeRequest", std::move(parts)}}, status);
        return status == 200 ? answer["compositeResponse"] : answer;
    }
};

TEST_F(Composite, DescribesTwentyFiveObjectsForOneCall) {
    json parts;
    for (int i = 0; i < 25; ++i)
        parts.push_back(part("GET", "/sobjects/Contact/describe", "d" + std::to_string(i)));
    const auto responses = composite(parts);
    ASSERT_EQ(responses.size(), 25U);
    EXPECT_EQ(responses[24]["referenceId"], "d24");
    EXPECT_EQ(responses[24]["httpStatusCode"], 200);
    EXPECT_EQ(responses[24]["body"]["name"], "Contact");
    EXPECT_EQ(services_->allowance.figures().used, 1);
    const auto entry = services_->journal.since(0).back();
    EXPECT_EQ(entry.subrequests.size(), 25U);
    EXPECT_EQ(entry.subrequests[0], "GET /services/data/v68.0/sobjects/Contact/describe 200");
    parts.push_back(part("GET", "/limits", "one_more"));
    composite(parts, 400);
}

TEST_F(Composite, PassesIfModifiedSinceOn) {
    auto first = part("GET", "/sobjects/Contact/describe", "a");
    const auto changed = composite({first})[0]["httpHeaders"]["Last-Modified"];
    ASSERT_TRUE(changed.is_string());
    first["httpHeaders"] = {{"If-Modified-Since", changed}};
    const auto responses = composite({first, part("GET", "/sobjects/Nothing__c/describe", "b")});
    EXPECT_EQ(responses[0]["httpStatusCode"], 304);
    EXPECT_TRUE(responses[0]["body"].is_null());
    EXPECT_EQ(responses[1]["httpStatusCode"], 404);
    EXPECT_EQ(responses[1]["body"][0]["errorCode"], "NOT_FOUND");
}

TEST_F(Composite, PutsEarlierAnswersIntoLaterRequests) {
    const auto responses = composite({
        part("POST", "/sobjects/Account", "acc", {{"Name", "Ref"}}),
        part("POST", "/sobjects/Contact", "con", {{"LastName", "of @{acc.id}"}, {"AccountId", "@{acc.id}"}}),
        part("GET", "/query?q=SELECT+Id+FROM+Contact+WHERE+AccountId='@{acc.id}'", "q"),
        part("GET", "/sobjects/Contact/@{q.records[0].Id}?fields=LastName", "r"),
    });
    const auto account = responses[0]["body"]["id"].get<std::string>();
    EXPECT_EQ(responses[0]["httpStatusCode"], 201);
    EXPECT_EQ(responses[0]["httpHeaders"]["Location"],
              std::string{test_base} + "/sobjects/Account/" + account);
    EXPECT_EQ(responses[2]["body"]["totalSize"], 1);
    EXPECT_EQ(responses[3]["body"]["LastName"], "of " + account);
}

TEST_F(Composite, HaltsWhatDependsOnAFailure) {
    const auto responses = composite({
        part("POST", "/sobjects/Account", "acc", {{"Nope__c", 1}}),
        part("POST", "/sobjects/Contact", "con", {{"LastName", "x"}, {"AccountId", "@{acc.id}"}}),
        part("POST", "/sobjects/Contact", "free", {{"LastName", "y"}}),
    });
    EXPECT_EQ(responses[0]["httpStatusCode"], 400);
    EXPECT_EQ(responses[1]["httpStatusCode"], 400);
    EXPECT_EQ(responses[1]["body"][0]["errorCode"], "PROCESSING_HALTED");
    EXPECT_EQ(responses[2]["httpStatusCode"], 201);
}

TEST_F(Composite, FailsAllOrNone) {
    const auto responses = composite({part("GET", "/limits", "a"), part("GET", "/sobjects/Nothing__c", "b"),
                                      part("POST", "/sobjects/Contact", "c", {{"LastName", "Never"}})},
                                     200, true);
    EXPECT_EQ(responses[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    EXPECT_EQ(responses[1]["body"][0]["errorCode"], "NOT_FOUND");
    EXPECT_EQ(responses[2]["httpStatusCode"], 400);
    EXPECT_TRUE(records("SELECT Id FROM Contact WHERE LastName = 'Never'").empty());
    composite({part("POST", "/sobjects/Contact", "c", {{"LastName", "Never"}}), part("GET", "/limits", "a")},
              400, true);
    EXPECT_TRUE(records("SELECT Id FROM Contact WHERE LastName = 'Never'").empty());
}

TEST_F(Composite, RefusesWhatItCantTake) {
    const auto good = part("GET", "/limits", "a");
    const auto with = [&](const char* name, const json& value) {
        auto changed = good;
        changed[name] = value;
        return json::array({changed});
    };
    composite(json::array(), 400);
    composite("x", 400);
    composite({good, good}, 400);
    composite({1}, 400);
    composite(with("method", "get"), 400);
    composite(with("method", 5), 400);
    composite(with("url", "https://elsewhere.test/services/data/v68.0"), 400);
    composite(with("referenceId", "a-b"), 400);
    composite(with("referenceId", ""), 400);
    composite(with("httpHeaders", {{"authorization", "x"}}), 400);
    json queries;
    for (int i = 0; i < 6; ++i) queries.push_back(part("GET", "/query?q=x", "q" + std::to_string(i)));
    composite(queries, 400);
    EXPECT_EQ(composite(with("url", std::string{test_base} + "/composite"))[0]["httpStatusCode"], 400);
    EXPECT_EQ(composite(with("url", "/services/data/v30.0/sobjects"))[0]["httpStatusCode"], 410);
}

}  // namespace
}  // namespace koppla::sandbox
