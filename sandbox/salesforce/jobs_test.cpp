#include "sandbox/base64.h"
#include "sandbox/fixture.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

class Jobs : public SandboxTest {
  protected:
    json create(std::string_view soql, json more = json::object()) {
        json body{{"operation", "query"}, {"query", soql}};
        body.update(more);
        return send("POST", "/jobs/query", body, 200);
    }
    std::string done(std::string_view soql, json more = json::object()) {
        auto id = create(soql, std::move(more))["id"].get<std::string>();
        EXPECT_EQ(finished_job(id)["state"], "JobComplete");
        return id;
    }
    http::Response results(const std::string& id, std::string query = {},
                           std::string_view version = "v68.0") {
        return ask("GET", "/services/data/" + std::string{version} + "/jobs/query/" + id + "/results" +
                              std::move(query));
    }
    std::string problem(const json& body) {
        const auto response = ask("POST", std::string{test_base} + "/jobs/query", body.dump());
        return std::to_string(response.status) + " " + error_code(response);
    }
};

TEST_F(Jobs, GoFromUploadCompleteToJobComplete) {
    const auto job = create("SELECT Id FROM Contact");
    const auto id = job["id"].get<std::string>();
    EXPECT_TRUE(id.starts_with("750"));
    EXPECT_EQ(id.size(), 18U);
    EXPECT_EQ(job["state"], "UploadComplete");
    EXPECT_EQ(job["object"], "Contact");
    EXPECT_EQ(job["operation"], "query");
    EXPECT_EQ(job["contentType"], "CSV");
    EXPECT_EQ(job["columnDelimiter"], "COMMA");
    EXPECT_EQ(job["lineEnding"], "LF");
    EXPECT_EQ(job["concurrencyMode"], "Parallel");
    EXPECT_TRUE(job["apiVersion"].is_number_float());
    EXPECT_EQ(job["createdDate"], "2026-11-01T10:00:00.000+0000");
    EXPECT_FALSE(job.contains("jobType"));
    EXPECT_FALSE(job.contains("query"));
    const auto whole = finished_job(id);
    EXPECT_EQ(whole["jobType"], "V2Query");
    EXPECT_EQ(whole["numberRecordsProcessed"], 2'500);
    EXPECT_EQ(whole["retries"], 0);
}

TEST_F(Jobs, GiveTheWholeResultInOnePageByDefault) {
    const auto id = done("SELECT Id, LastName FROM Contact");
    const auto page = results(id);
    ASSERT_EQ(page.status, 200);
    EXPECT_EQ(header(page, "Sforce-Locator"), "null");
    EXPECT_EQ(header(page, "Sforce-NumberOfRecords"), "2500");
    EXPECT_EQ(header(page, "Content-Type"), "text/csv; charset=UTF-8");
    EXPECT_EQ(header(page, "Content-Length"), std::to_string(page.body.size()));
    EXPECT_TRUE(page.body.starts_with("\"Id\",\"LastName\"\n"));
}

TEST_F(Jobs, CutPagesBetweenRowsWhereverTheyAreAsked) {
    const auto id = done("SELECT Id, MailingStreet, Description FROM Contact");
    const auto whole = results(id).body;
    const auto head = whole.substr(0, whole.find('\n') + 1);
    for (const int rows : {1'000, 999, 1'001, 7, 2'499, 2'500, 9'999}) {
        std::string joined = head;
        std::string query = "?maxRecords=" + std::to_string(rows);
        int pages = 0;
        int total = 0;
        while (true) {
            const auto page = results(id, query);
            ASSERT_EQ(page.status, 200) << query;
            ASSERT_TRUE(page.body.starts_with(head));
            joined += page.body.substr(head.size());
            total += std::stoi(header(page, "Sforce-NumberOfRecords"));
            ++pages;
            const auto locator = header(page, "Sforce-Locator");
            if (locator == "null") break;
            query = "?locator=" + locator + "&maxRecords=" + std::to_string(rows);
        }
        EXPECT_EQ(total, 2'500);
        EXPECT_EQ(pages, (2'500 + rows - 1) / rows);
        EXPECT_TRUE(joined == whole) << rows;
    }
}

TEST_F(Jobs, GivePagesAgainAndRefuseLocatorsThatAreNone) {
    const auto id = done("SELECT Id FROM Contact");
    const auto first = results(id, "?maxRecords=1000");
    EXPECT_EQ(header(first, "Sforce-Locator"), "MTAwMA");
    EXPECT_EQ(results(id, "?locator=MTAwMA&maxRecords=10").body,
              results(id, "/?locator=MTAwMA==&maxRecords=10").body);
    for (const auto* bad : {"?locator=x", "?locator=null", "?locator=OTk5OTk", "?locator=LTU"}) {
        EXPECT_EQ(results(id, bad).status, 400) << bad;
        EXPECT_EQ(error_code(results(id, bad)), "INVALID_QUERY_LOCATOR") << bad;
    }
    EXPECT_EQ(results(id, "?maxRecords=many").status, 400);
}

TEST_F(Jobs, TakeTheirPageSizeFromTheSwitch) {
    const auto id = done("SELECT Id FROM Contact");
    EXPECT_EQ(ask_bare("POST", "/sandbox/bulk", R"({"page_rows":2000})").status, 200);
    EXPECT_EQ(header(results(id), "Sforce-NumberOfRecords"), "2000");
    EXPECT_EQ(header(results(id, "?locator=MjAwMA"), "Sforce-NumberOfRecords"), "500");
}

TEST_F(Jobs, GiveAHeaderWhereNothingIsFound) {
    const auto id = done("SELECT Id, LastName FROM Contact WHERE LastName = 'nobody at all'");
    const auto page = results(id);
    EXPECT_EQ(page.body, "\"Id\",\"LastName\"\n");
    EXPECT_EQ(header(page, "Sforce-NumberOfRecords"), "0");
    EXPECT_EQ(header(page, "Sforce-Locator"), "null");
}

TEST_F(Jobs, HonourDelimiterAndLineEnding) {
    const auto id = done("SELECT Id, LastName FROM Contact LIMIT 1",
                         {{"columnDelimiter", "PIPE"}, {"lineEnding", "CRLF"}});
    const auto page = results(id);
    EXPECT_TRUE(page.body.starts_with("\"Id\"|\"LastName\"\r\n"));
    EXPECT_TRUE(page.body.ends_with("\"\r\n"));
    EXPECT_EQ(get("/jobs/query/" + id)["columnDelimiter"], "PIPE");
}

TEST_F(Jobs, KeepTheirSnapshotWhenRowsChange) {
    const auto id = done("SELECT Id FROM Contact");
    new_contact("Later");
    EXPECT_EQ(header(results(id), "Sforce-NumberOfRecords"), "2500");
}

TEST_F(Jobs, ReadDeletedRowsByQueryAll) {
    const auto id = new_contact("Binned");
    ask("DELETE", std::string{test_base} + "/sobjects/Contact/" + id);
    const auto soql = "SELECT Id, IsDeleted FROM Contact WHERE LastName = 'Binned'";
    EXPECT_EQ(header(results(done(soql)), "Sforce-NumberOfRecords"), "0");
    EXPECT_EQ(results(done(soql, {{"operation", "queryAll"}})).body,
              "\"Id\",\"IsDeleted\"\n\"" + id + "\",\"true\"\n");
}

TEST_F(Jobs, WantTheVersionTheyWereMadeWith) {
    const auto id = done("SELECT Id FROM Contact");
    EXPECT_EQ(results(id, {}, "v67.0").status, 409);
    EXPECT_EQ(results(id, {}, "v68.0").status, 200);
    EXPECT_EQ(ask("POST", "/services/data/v46.0/jobs/query",
                  R"({"operation":"query","query":"SELECT Id FROM Contact"})")
                  .status,
              404);
}

TEST_F(Jobs, RefuseWhatBulkQueriesCantDo) {
    const auto query = [](const char* soql) { return json{{"operation", "query"}, {"query", soql}}; };
    EXPECT_EQ(problem(query("SELECT FROM")), "400 MALFORMED_QUERY");
    EXPECT_EQ(problem(query("SELECT Nope__c FROM Contact")), "400 INVALID_FIELD");
    EXPECT_EQ(problem(query("SELECT Id FROM Nope__c")).substr(0, 4), "400 ");
    EXPECT_EQ(problem(query("SELECT Id, MailingAddress FROM Contact")).substr(0, 4), "400 ");
    EXPECT_EQ(problem(query("SELECT COUNT() FROM Contact")).substr(0, 4), "400 ");
    EXPECT_EQ(problem(query("SELECT COUNT(Id) c FROM Contact")).substr(0, 4), "400 ");
    EXPECT_EQ(problem({{"operation", "insert"}, {"query", "SELECT Id FROM Contact"}}), "400 API_ERROR");
    EXPECT_EQ(problem({{"operation", "query"}, {"query", 5}}), "400 JSON_PARSER_ERROR");
    EXPECT_EQ(
        problem({{"operation", "query"}, {"query", "SELECT Id FROM Contact"}, {"columnDelimiter", "DASH"}}),
        "400 API_ERROR");
    EXPECT_EQ(problem({{"operation", "query"}, {"query", "SELECT Id FROM Contact"}, {"contentType", "JSON"}}),
              "400 API_ERROR");
}

TEST_F(Jobs, AreListedAndDeleted) {
    const auto first = done("SELECT Id FROM Contact");
    const auto second = done("SELECT Id FROM Account");
    const auto list = get("/jobs/query?jobType=V2Query");
    EXPECT_EQ(list["done"], true);
    EXPECT_EQ(list["records"].size(), 2U);
    EXPECT_EQ(ask("DELETE", std::string{test_base} + "/jobs/query/" + first).status, 204);
    for (const auto* method : {"GET", "DELETE"})
        EXPECT_EQ(ask(method, std::string{test_base} + "/jobs/query/" + first).status, 404);
    EXPECT_EQ(results(first).status, 404);
    EXPECT_EQ(get("/jobs/query")["records"].size(), 1U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_ / "spool"}, {}), 1);
}

TEST_F(Jobs, AreKnownByTheirIdsOfFifteenCharactersToo) {
    const auto id = done("SELECT Id FROM Contact LIMIT 1");
    EXPECT_EQ(get("/jobs/query/" + id.substr(0, 15))["id"], id);
    for (const auto& other : {id.substr(0, 15) + "AAA", id + "x", std::string{"750"}})
        EXPECT_EQ(get("/jobs/query/" + other, 404)[0]["errorCode"], "NOT_FOUND") << other;
}

TEST_F(Jobs, CantBeAbortedOnceTheyAreOver) {
    const auto id = done("SELECT Id FROM Contact");
    EXPECT_EQ(send("PATCH", "/jobs/query/" + id, {{"state", "Aborted"}}, 400)[0]["errorCode"], "API_ERROR");
    send("PATCH", "/jobs/query/" + id, {{"state", "Odd"}}, 400);
    send("PATCH", "/jobs/query/750000000000000AAA", {{"state", "Aborted"}}, 404);
}

TEST_F(Jobs, GiveNothingOnceTheyAreAborted) {
    // The one worker is kept busy, so that the last job still waits when it is aborted.
    for (int i = 0; i < 20; ++i)
        create("SELECT Id, Description, MailingStreet FROM Contact ORDER BY LastName");
    const auto id = create("SELECT Id FROM Contact")["id"].get<std::string>();
    EXPECT_EQ(ask("DELETE", std::string{test_base} + "/jobs/query/" + id).status, 400);
    EXPECT_EQ(error_code(results(id)), "INVALIDJOBSTATE");
    const auto aborted = send("PATCH", "/jobs/query/" + id, {{"state", "Aborted"}}, 200);
    EXPECT_EQ(aborted["state"], "Aborted");
    EXPECT_FALSE(aborted.contains("lineEnding"));
    EXPECT_EQ(results(id).status, 400);
    EXPECT_EQ(get("/jobs/query/" + id)["state"], "Aborted");
    EXPECT_EQ(ask("DELETE", std::string{test_base} + "/jobs/query/" + id).status, 204);
}

using ResultPages = SandboxTest;

TEST_F(ResultPages, ListsThePagesOfAResultFiveByFive) {
    services_->jobs.set_page_rows(400);
    const auto path = completed_job("SELECT Id FROM Contact");
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

TEST_F(ResultPages, KeepsToVersionAndSize) {
    const auto path = completed_job("SELECT Id FROM Contact");
    EXPECT_EQ(get(path + "/resultPages?maxRecords=1000")["resultPages"].size(), 3U);
    EXPECT_EQ(ask("GET", "/services/data/v60.0" + path + "/resultPages").status, 409);
    EXPECT_EQ(ask("GET", "/services/data/v57.0" + path + "/resultPages").status, 404);
    get("/jobs/query/750000000000000AAA/resultPages", 404);
}

}  // namespace
}  // namespace koppla::sandbox
