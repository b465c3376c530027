#include "sandbox/fixture.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class FaultsTest : public SandboxTest {
  protected:
    void next(const json& fault) {
        const auto response = ask_bare("POST", "/sandbox/faults", json{{"next", {fault}}}.dump());
        EXPECT_EQ(response.status, 200) << response.body;
    }
    json state() { return read_body(ask_bare("GET", "/sandbox/faults")); }
    http::Response limits() { return ask("GET", "/services/data/v68.0/limits"); }
    Recorder record(const std::string& target, http::Headers headers = {}) {
        headers.add("Authorization", "Bearer " + services_->credentials.access_token);
        Recorder recorder;
        face_->answer(http::Request{.target = target, .headers = std::move(headers)}, recorder);
        return recorder;
    }
    static std::string query(std::string_view soql) {
        return std::string{test_base} + "/query?q=" + http::percent_encode(soql);
    }
};

TEST_F(FaultsTest, AnswersWhatAnOverloadedServerAnswers) {
    next({{"kind", "429"}, {"retry_after", 7}, {"times", 2}});
    next({{"kind", "503"}});
    next({{"kind", "REQUEST_LIMIT_EXCEEDED"}});
    next({{"kind", "html"}});
    for (int i = 0; i < 2; ++i) {
        const auto throttled = limits();
        EXPECT_EQ(throttled.status, 429);
        EXPECT_EQ(header(throttled, "Retry-After"), "7");
    }
    const auto unavailable = limits();
    EXPECT_EQ(unavailable.status, 503);
    EXPECT_EQ(header(unavailable, "Retry-After"), "(absent)");
    const auto refused = limits();
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(error_code(refused), "REQUEST_LIMIT_EXCEEDED");
    const auto proxy = limits();
    EXPECT_EQ(proxy.status, 200);
    EXPECT_THAT(header(proxy, "Content-Type"), HasSubstr("text/html"));
    EXPECT_EQ(limits().status, 200);
    EXPECT_EQ(state()["done"].size(), 5U);
    EXPECT_TRUE(state()["next"].empty());
    EXPECT_EQ(services_->allowance.figures().used, 1);
}

TEST(Faults, ForgetsWhatIsStillUnderWayToo) {
    Faults faults;
    faults.add({Fault{.match = "*", .times = 2}});
    const http::Request request{.target = "/services/data"};
    const auto before = faults.draw(request, {});
    ASSERT_EQ(before.size(), 1U);
    faults.clear();
    faults.record({.fault = before.front()});
    EXPECT_TRUE(faults.figures().done.empty());
    faults.add({Fault{.match = "*"}});
    const auto after = faults.draw(request, {});
    ASSERT_EQ(after.size(), 1U);
    faults.record({.fault = after.front()});
    EXPECT_EQ(faults.figures().done.size(), 1U);
}

TEST_F(FaultsTest, StrikesOnlyWhatFitsItsPattern) {
    next({{"kind", "503"}, {"method", "GET"}, {"match", "/services/data/*/sobjects/Contact*"}, {"skip", 1}});
    EXPECT_EQ(limits().status, 200);
    EXPECT_EQ(ask("GET", "//services/data/v60.0/sobjects/Contact").status, 200);
    EXPECT_EQ(ask("POST", "/services/data/v60.0/sobjects/Contact", R"({"LastName":"x"})").status, 201);
    EXPECT_EQ(state()["next"][0]["skip"], 0);
    EXPECT_EQ(ask("GET", "//services/data/v60.0/sobjects/Contact/describe?x=1").status, 503);
    EXPECT_EQ(ask("GET", "/services/data/v60.0/sobjects/Contact").status, 200);
}

TEST_F(FaultsTest, RefusesFaultsThatItDoesNotUnderstand) {
    const auto refusal = [&](const json& body) {
        const auto response = ask_bare("POST", "/sandbox/faults", body.dump());
        EXPECT_EQ(response.status, 400) << body;
        return response.body;
    };
    EXPECT_THAT(refusal({{"next", {{{"kind", "fire"}}}}}), HasSubstr("latency, 429, 503"));
    EXPECT_THAT(refusal({{"next", {{{"kind", "cut"}, {"bites", 3}}}}}), HasSubstr("bites"));
    EXPECT_THAT(refusal({{"next", {{{"kind", "cut"}, {"bytes", -1}}}}}), HasSubstr("bytes"));
    EXPECT_THAT(refusal({{"next", {{{"kind", "cut"}, {"times", 0}}}}}), HasSubstr("times"));
    EXPECT_THAT(refusal({{"plan", {{"rate", 2}}}}), HasSubstr("rate"));
    EXPECT_THAT(refusal({{"faults", json::array()}}), HasSubstr("next"));
    EXPECT_TRUE(state()["next"].empty());
}

TEST_F(FaultsTest, MakesAnAnswerLate) {
    next({{"kind", "latency"}, {"ms", 2'500}});
    const auto before = clock_.now();
    EXPECT_EQ(limits().status, 200);
    EXPECT_EQ(clock_.now() - before, std::chrono::milliseconds{2'500});
}

TEST_F(FaultsTest, CutsAnAnswerAfterSomeBytes) {
    const auto target = query("SELECT Id, Name FROM Account");
    const auto whole = ask("GET", target).body;
    next({{"kind", "cut"}, {"bytes", 1'234}});
    const auto cut = record(target);
    EXPECT_TRUE(cut.was_cut_);
    EXPECT_EQ(cut.response_.body, whole.substr(0, 1'234));
    EXPECT_EQ(header(cut.response_, "Content-Length"), std::to_string(whole.size()));
    next({{"kind", "cut"}});
    EXPECT_EQ(record(target).response_.body.size(), whole.size() / 2);
}

TEST_F(FaultsTest, LosesTheAnswerOfARequestOrTheRequestItself) {
    for (const auto& [kind, made] : {std::pair{"no-answer", 1U}, std::pair{"lost", 0U}}) {
        next({{"kind", kind}, {"method", "POST"}});
        Recorder recorder;
        face_->answer(
            http::Request{.method = "POST",
                          .target = "/services/data/v68.0/sobjects/Contact",
                          .headers = {{"Authorization", "Bearer " + services_->credentials.access_token}},
                          .body = fmt::format(R"({{"LastName":"{}"}})", kind)},
            recorder);
        EXPECT_TRUE(recorder.was_cut_) << kind;
        EXPECT_EQ(recorder.response_.status, 0) << kind;
        EXPECT_EQ(records(fmt::format("SELECT Id FROM Contact WHERE LastName = '{}'", kind)).size(), made);
    }
}

TEST_F(FaultsTest, StallsInTheMiddleOfAnAnswer) {
    next({{"kind", "stall"}, {"ms", 60'000}, {"bytes", 10}});
    const auto before = clock_.now();
    const auto stalled = record("/services/data/v68.0/limits");
    EXPECT_EQ(clock_.now() - before, std::chrono::minutes{1});
    EXPECT_FALSE(stalled.was_cut_);
    EXPECT_TRUE(read_body(stalled.response_).contains("DailyApiRequests"));
}

TEST_F(FaultsTest, TruncatesGzipOnlyWhereItIsAccepted) {
    next({{"kind", "truncated-gzip"}});
    EXPECT_EQ(header(limits(), "Content-Encoding"), "(absent)");
    const auto broken = record("/services/data/v68.0/limits", {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(header(broken.response_, "Content-Encoding"), "gzip");
    EXPECT_TRUE(broken.response_.body.starts_with("\x1f\x8b"));
    EXPECT_FALSE(broken.was_cut_);
}

TEST_F(FaultsTest, EndsTheSessionInTheMiddleOfADownload) {
    const auto path = query("SELECT Id FROM Contact");
    next({{"kind", "session-expired"}, {"match", "*/query"}});
    const auto first = ask("GET", path);
    EXPECT_EQ(first.status, 200);
    const auto refused = ask("GET", read_body(first)["nextRecordsUrl"]);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(error_code(refused), "INVALID_SESSION_ID");
}

TEST_F(FaultsTest, RefusesATokenForGood) {
    next({{"kind", "401"}});
    EXPECT_EQ(error_code(limits()), "INVALID_SESSION_ID");
    EXPECT_EQ(limits().status, 401);
}

TEST_F(FaultsTest, EndsJobs) {
    const auto failed = completed_job("SELECT Id FROM Account");
    next({{"kind", "job-failed"}});
    EXPECT_EQ(get(failed)["state"], "Failed");
    EXPECT_EQ(ask("GET", std::string{test_base} + failed + "/results").status, 400);
    const auto aborted = completed_job("SELECT Id FROM Account");
    next({{"kind", "job-aborted"}});
    EXPECT_EQ(get(aborted)["state"], "Aborted");
    const auto gone = completed_job("SELECT Id FROM Account");
    next({{"kind", "job-gone"}});
    get(gone + "/results", 404);
}

TEST_F(FaultsTest, ForgetsLocators) {
    const auto first = read_body(ask("GET", query("SELECT Id FROM Contact")));
    const auto next_url = first["nextRecordsUrl"].get<std::string>();
    next({{"kind", "locator-gone"}});
    EXPECT_EQ(error_code(ask("GET", next_url)), "INVALID_QUERY_LOCATOR");
    EXPECT_EQ(error_code(ask("GET", next_url)), "INVALID_QUERY_LOCATOR");
    services_->jobs.set_page_rows(10);
    const auto results = std::string{test_base} + completed_job("SELECT Id FROM Account") + "/results";
    const auto locator = header(ask("GET", results), "Sforce-Locator");
    next({{"kind", "locator-gone"}});
    EXPECT_EQ(error_code(ask("GET", results + "?locator=" + locator)), "INVALID_QUERY_LOCATOR");
}

TEST_F(FaultsTest, TakesAColumnOutOfTheFollowingPages) {
    services_->jobs.set_page_rows(10);
    const auto results =
        std::string{test_base} + completed_job("SELECT Id, Name, Phone FROM Account") + "/results";
    next({{"kind", "column-gone"}, {"field", "Name"}});
    const auto first = ask("GET", results);
    EXPECT_TRUE(first.body.starts_with("\"Id\",\"Name\",\"Phone\"\n"));
    const auto locator = header(first, "Sforce-Locator");
    const auto second = ask("GET", results + "?locator=" + locator);
    EXPECT_TRUE(second.body.starts_with("\"Id\",\"Phone\"\n")) << second.body;
    EXPECT_EQ(std::ranges::count(second.body, '\n'), 11) << second.body;
    const auto third = ask("GET", results + "?locator=" + header(second, "Sforce-Locator"));
    EXPECT_TRUE(third.body.starts_with("\"Id\",\"Phone\"\n"));
}

TEST_F(FaultsTest, KeepsASecondColumnFaultForAnotherStream) {
    const auto soql = query("SELECT Id, LastName, Email FROM Contact");
    next({{"kind", "column-gone"}, {"field", "LastName"}});
    next({{"kind", "column-gone"}, {"field", "Email"}});
    const auto second = [&] {
        return read_body(ask("GET", read_body(ask("GET", soql))["nextRecordsUrl"]))["records"][0];
    };
    const auto first_page = read_body(ask("GET", soql));
    for (int i = 0; i < 2; ++i) {
        const auto page = read_body(ask("GET", first_page["nextRecordsUrl"]));
        EXPECT_FALSE(page["records"][0].contains("LastName"));
        EXPECT_TRUE(page["records"][0].contains("Email"));
    }
    EXPECT_EQ(state()["next"].size(), 1U);
    const auto other = second();
    EXPECT_TRUE(other.contains("LastName"));
    EXPECT_FALSE(other.contains("Email"));
    EXPECT_TRUE(state()["next"].empty());
}

TEST_F(FaultsTest, AddsAColumnToTheFollowingPages) {
    const auto first = read_body(ask("GET", query("SELECT Id, LastName FROM Contact")));
    next({{"kind", "column-added"}, {"field", "Fresh__c"}});
    const auto second = read_body(ask("GET", first["nextRecordsUrl"]));
    EXPECT_EQ(second["records"].size(), 500U);
    for (const auto& record : second["records"]) EXPECT_EQ(record["Fresh__c"], "new");
}

TEST_F(FaultsTest, PutsANulIntoOneCell) {
    const auto id = new_contact("Nül");
    const auto soql = "SELECT Id, LastName FROM Contact WHERE Id = '" + id + "'";
    next({{"kind", "nul"}, {"field", "LastName"}});
    EXPECT_EQ(records(soql)[0]["LastName"], (std::string{"N\xC3\xBC\0l", 5}));
    const auto results = std::string{test_base} + completed_job(soql) + "/results";
    next({{"kind", "nul"}});
    const auto page = ask("GET", results).body;
    EXPECT_THAT(page, HasSubstr(std::string{"\"N\xC3\xBC\0l\"\n", 8}));
    EXPECT_EQ(state()["done"][1]["struck"], true);
}

TEST_F(FaultsTest, WritesNumbersInExponentForm) {
    const auto made =
        send("POST", "/sobjects/Account", {{"Name", "Rich"}, {"AnnualRevenue", 16'147'805}}, 201);
    const auto soql = "SELECT Id, Name, AnnualRevenue FROM Account WHERE Name = 'Rich'";
    next({{"kind", "exponent"}});
    EXPECT_THAT(ask("GET", query(soql)).body, HasSubstr(R"("AnnualRevenue":1.6147805E7})"));
    next({{"kind", "exponent"}});
    const auto results = std::string{test_base} + completed_job(soql) + "/results";
    EXPECT_THAT(ask("GET", results).body, HasSubstr(R"("Rich","1.6147805E7")"));
}

TEST_F(FaultsTest, SaysWhenAnAnswerHadNothingToSpoil) {
    next({{"kind", "exponent"}});
    EXPECT_EQ(records("SELECT Id, LastName FROM Contact LIMIT 3").size(), 3U);
    EXPECT_EQ(state()["done"][0]["struck"], false);
}

TEST_F(FaultsTest, RepeatsAPlanFromItsSeed) {
    const auto run = [&](int seed) {
        ask_bare("DELETE", "/sandbox/faults");
        const json plan{{"seed", seed}, {"rate", 0.3}, {"kinds", {"503", "429", "html"}}, {"times", 20}};
        EXPECT_EQ(ask_bare("POST", "/sandbox/faults", json{{"plan", plan}}.dump()).status, 200);
        std::string trace;
        for (int i = 0; i < 60; ++i) trace += std::to_string(limits().status) + " ";
        return trace;
    };
    const auto first = run(1);
    EXPECT_EQ(run(1), first);
    EXPECT_NE(run(2), first);
    EXPECT_THAT(first, HasSubstr("503"));
    EXPECT_THAT(first, HasSubstr("200"));
    ask_bare("DELETE", "/sandbox/faults");
    EXPECT_EQ(state()["plan"], nullptr);
    EXPECT_EQ(limits().status, 200);
}

}  // namespace
}  // namespace koppla::sandbox
