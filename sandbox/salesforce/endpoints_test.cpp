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

class ReplicationTest : public SandboxTest {
  protected:
    static std::string span(std::string_view kind, std::string_view start, std::string_view end) {
        return "/sobjects/Contact/" + std::string{kind} + "/?start=" + http::percent_encode(start) +
               "&end=" + http::percent_encode(end);
    }
    json refused(const std::string& path) { return get(path, 400)[0]["errorCode"]; }
};

TEST_F(ReplicationTest, ListsWhatWasChangedInWholeMinutes) {
    clock_.advance(std::chrono::seconds{150});
    const auto id = new_contact("Changed");
    clock_.advance(std::chrono::minutes{10});
    const auto found = get(span("updated", "2026-11-01T10:02:59Z", "2026-11-01T10:06:30Z"));
    EXPECT_EQ(found["ids"], json::array({id}));
    EXPECT_EQ(found["latestDateCovered"], "2026-11-01T10:06:00.000+0000");
    EXPECT_EQ(get(span("updated", "2026-11-01T10:03:00Z", "2026-11-01T10:06:30Z"))["ids"], json::array());
    EXPECT_EQ(get(span("updated", "2026-11-01T12:00:00+02:00", "2026-11-01T23:00:00Z"))["latestDateCovered"],
              "2026-11-01T10:12:00.000+0000");
}

TEST_F(ReplicationTest, ListsWhatWasDeleted) {
    const auto id = new_contact("Deleted");
    clock_.advance(std::chrono::minutes{5});
    ask("DELETE", std::string{test_base} + "/sobjects/Contact/" + id);
    clock_.advance(std::chrono::minutes{5});
    const auto found = get(span("deleted", "2026-11-01T10:00:00Z", "2026-11-01T10:10:00Z"));
    EXPECT_EQ(found["deletedRecords"],
              json::array({{{"id", id}, {"deletedDate", "2026-11-01T10:05:00.000+0000"}}}));
    EXPECT_EQ(found["earliestDateAvailable"], "2026-10-17T10:10:00.000+0000");
    EXPECT_FALSE(get(span("updated", "2026-11-01T10:01:00Z", "2026-11-01T10:10:00Z"))["ids"].size() > 0);
}

TEST_F(ReplicationTest, CoversNoMoreThanCanBeSeen) {
    ask_bare("POST", "/sandbox/late", R"({"max_ms":3600000,"seed":1})");
    clock_.advance(std::chrono::minutes{3});
    new_contact("Late");
    clock_.advance(std::chrono::minutes{4});
    EXPECT_EQ(get(span("updated", "2026-11-01T10:00:00Z", "2026-11-01T10:07:00Z"))["latestDateCovered"],
              "2026-11-01T10:03:00.000+0000");
}

TEST_F(ReplicationTest, RefusesSpansThatItDoesNotKeep) {
    EXPECT_EQ(refused(span("updated", "2026-11-01T10:00:00Z", "2026-11-01T10:01:30Z")),
              "INVALID_REPLICATION_DATE");
    EXPECT_EQ(refused(span("deleted", "2026-10-17T09:00:00Z", "2026-11-01T10:00:00Z")),
              "INVALID_REPLICATION_DATE");
    get(span("updated", "2026-10-17T09:00:00Z", "2026-11-01T10:00:00Z"));
    EXPECT_EQ(refused(span("updated", "2026-10-01T10:00:00Z", "2026-11-01T10:00:00Z")),
              "INVALID_REPLICATION_DATE");
    EXPECT_EQ(refused(span("updated", "2026-12-01T10:00:00Z", "2026-12-02T10:00:00Z")),
              "INVALID_REPLICATION_DATE");
    EXPECT_EQ(refused(span("updated", "soon", "later")), "INVALID_REPLICATION_DATE");
    EXPECT_EQ(refused("/sobjects/Contact/updated"), "MISSING_ARGUMENT");
    get("/sobjects/Nothing/updated?start=2026-11-01T10:00:00Z&end=2026-11-01T10:05:00Z", 404);
}

class PagesTest : public SandboxTest {
  protected:
    std::string job() {
        const auto id = send("POST", "/jobs/query",
                             {{"operation", "query"}, {"query", "SELECT Id FROM Contact"}}, 200)["id"];
        const auto path = "/jobs/query/" + id.get<std::string>();
        for (int i = 0; i < 2'000 && get(path)["state"] != "JobComplete"; ++i)
            (void)SystemClock{}.wait(std::chrono::milliseconds{5}, {});
        return path;
    }
};

TEST_F(PagesTest, ListsThePagesOfAResultFiveByFive) {
    services_->jobs.set_page_rows(400);
    const auto path = job();
    const auto first = get(path + "/resultPages");
    EXPECT_EQ(first["done"], false);
    ASSERT_EQ(first["resultPages"].size(), 5U);
    const auto second = read_body(ask("GET", first["nextRecordsUrl"]));
    EXPECT_EQ(second["done"], true);
    EXPECT_EQ(second["nextRecordsUrl"], nullptr);
    ASSERT_EQ(second["resultPages"].size(), 2U);
    std::string parallel;
    for (const auto& list : {first, second})
        for (const auto& page : list["resultPages"]) {
            const auto body = ask("GET", page["resultUrl"]).body;
            parallel += body.substr(body.find('\n') + 1);
        }
    services_->jobs.set_page_rows(0);
    const auto whole = ask("GET", std::string{test_base} + path + "/results").body;
    EXPECT_EQ(parallel, whole.substr(whole.find('\n') + 1));
}

TEST_F(PagesTest, KeepsToVersionAndSize) {
    const auto path = job();
    EXPECT_EQ(get(path + "/resultPages?maxRecords=1000")["resultPages"].size(), 3U);
    EXPECT_EQ(ask("GET", "/services/data/v60.0" + path + "/resultPages").status, 409);
    EXPECT_EQ(ask("GET", "/services/data/v57.0" + path + "/resultPages").status, 404);
    get("/jobs/query/750000000000000AAA/resultPages", 404);
}

class TreeTest : public SandboxTest {
  protected:
    static json record(const char* type, const char* reference, json fields) {
        fields["attributes"] = {{"type", type}, {"referenceId", reference}};
        return fields;
    }
    static json family(const json& child_name) {
        auto account = record("Account", "a1", {{"Name", "Tree"}});
        account["Contacts"]["records"] = json::array({record("Contact", "c1", {{"LastName", child_name}}),
                                                      record("Contact", "c2", {{"LastName", "Second"}})});
        return {{"records", json::array({account})}};
    }
};

TEST_F(TreeTest, CreatesParentsWithTheirChildren) {
    const auto made = send("POST", "/composite/tree/Account", family("First"), 201);
    EXPECT_EQ(made["hasErrors"], false);
    ASSERT_EQ(made["results"].size(), 3U);
    EXPECT_EQ(made["results"][1]["referenceId"], "c1");
    const auto child = get("/sobjects/Contact/" + made["results"][1]["id"].get<std::string>());
    EXPECT_EQ(child["LastName"], "First");
    EXPECT_EQ(child["AccountId"], made["results"][0]["id"]);
}

TEST_F(TreeTest, SavesNothingWhereOneRecordFails) {
    const auto failed = send("POST", "/composite/tree/Account", family(nullptr), 400);
    EXPECT_EQ(failed["hasErrors"], true);
    ASSERT_EQ(failed["results"].size(), 1U) << failed;
    EXPECT_EQ(failed["results"][0]["referenceId"], "c1");
    EXPECT_EQ(failed["results"][0]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    EXPECT_TRUE(records("SELECT Id FROM Account WHERE Name = 'Tree'").empty());
}

TEST_F(TreeTest, RefusesWhatIsNoTree) {
    const auto refused = [&](const json& body) {
        return send("POST", "/composite/tree/Account", body, 400)["results"][0]["errors"][0]["message"]
            .get<std::string>();
    };
    EXPECT_THAT(refused(json::object()), HasSubstr("records"));
    EXPECT_THAT(refused({{"records", {{{"Name", "x"}}}}}), HasSubstr("attributes"));
    EXPECT_THAT(refused({{"records", {record("Contact", "a", {{"LastName", "x"}})}}}), HasSubstr("type"));
    EXPECT_THAT(
        refused({{"records",
                  {record("Account", "a", {{"Name", "x"}}), record("Account", "a", {{"Name", "y"}})}}}),
        HasSubstr("Duplicate"));
    auto lost = record("Account", "a", {{"Name", "x"}});
    lost["Nothings"]["records"] = json::array();
    EXPECT_THAT(refused({{"records", {lost}}}), HasSubstr("Nothings"));
    json many = json::array();
    for (int i = 0; i < 201; ++i)
        many.push_back(record("Account", ("a" + std::to_string(i)).c_str(), {{"Name", "x"}}));
    EXPECT_THAT(refused({{"records", many}}), HasSubstr("200"));
}

using ToolingTest = SandboxTest;

TEST_F(ToolingTest, HasNoCodeAndKnowsNoOtherMetadata) {
    const auto empty = get("/tooling/query?q=SELECT+Id,Name+FROM+ApexClass");
    EXPECT_EQ(empty["totalSize"], 0);
    EXPECT_EQ(empty["done"], true);
    EXPECT_EQ(get("/tooling/query?q=SELECT+Id+FROM+SandboxProcess", 400)[0]["errorCode"], "INVALID_TYPE");
    EXPECT_EQ(get("/tooling/query?q=SELECT", 400)[0]["errorCode"], "MALFORMED_QUERY");
}

}  // namespace
}  // namespace koppla::sandbox
