#include "crm/salesforce/bulk.h"

#include "crm/salesforce/test/org.h"
#include "crm/salesforce/tuning.h"

#include <stop_token>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {
namespace {

using nlohmann::json;
using test::Answer;
using test::Org;
using test::TextSink;

const model::ObjectSchema contact = test::contact_schema();
const std::string job_id = "750xx0000000001AAA";
const std::string jobs = "/services/data/v68.0/jobs/query";

ReadRequest request(ReadPath path = ReadPath::bulk) {
    return {.object = &contact, .fields = {"Id", "Name"}, .path = path};
}

std::string csv(int rows, int first = 0) {
    std::string page = "\"Id\",\"Name\"\n";
    for (int i = first; i < first + rows; ++i) page += fmt::format("\"001xx000003DGb2\",\"n{}\"\n", i);
    return page;
}

/// A result page with its two headers; an empty locator or count leaves the header out.
Answer result(std::string body, const std::string& locator, const std::string& count) {
    Answer answer{.body = std::move(body), .headers = {{"Content-Type", "text/csv"}}};
    if (!locator.empty()) answer.headers.add("Sforce-Locator", locator);
    if (!count.empty()) answer.headers.add("Sforce-NumberOfRecords", count);
    return answer;
}

/// A job that is done at the first look; the test answers its result pages, told their locators.
test::ScriptedClient::Script job(std::int64_t rows,
                                 std::function<Answer(const std::string& locator)> results) {
    return test::with_login([rows, results = std::move(results)](const http::Request& asked) -> Answer {
        const std::string path = asked.target.substr(test::server.size());
        if (asked.method == "POST" && path == jobs) {
            return {.body = json{{"id", job_id}, {"state", "UploadComplete"}}.dump()};
        }
        if (path == jobs + "/" + job_id) {
            return {
                .body =
                    json{{"id", job_id}, {"state", "JobComplete"}, {"numberRecordsProcessed", rows}}.dump()};
        }
        EXPECT_TRUE(path.starts_with(jobs + "/" + job_id + "/results?maxRecords=100000")) << path;
        return results(http::form_value(path.substr(path.find('?') + 1), "locator").value_or(""));
    });
}

Result<PartEnd> read(Org& org, TextSink& sink, const std::string& position = "bulk") {
    auto end = org.connector->read(request(), Part{.position = position}, sink, org.call);
    if (!end || end->next.size() != 1 || !end->next[0].position.starts_with("job ")) return end;
    return org.connector->read(request(), end->next[0], sink, org.call);
}

std::string fault(std::int64_t rows, const Answer& page) {
    Org org{job(rows, [&](const std::string&) { return page; })};
    TextSink sink;
    const auto end = read(org, sink);
    if (end) return "no fault";
    return std::string{name(end.error().kind)} + ": " + end.error().message;
}

TEST(Bulk, AJobIsMadeWaitedForAndReadToItsLastPage) {
    Org org{job(5, [](const std::string& locator) {
        return locator.empty() ? result(csv(3), "MTAw+/=", "3") : result(csv(2, 3), "null", "2");
    })};
    TextSink sink;
    const auto end = read(org, sink);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_TRUE(end->next.empty());
    ASSERT_EQ(sink.rows.size(), 5U);
    EXPECT_EQ(sink.rows[4], (std::vector<std::string>{"001xx000003DGb2AAG", "n4"}));
    EXPECT_EQ(sink.expected, 5);
    EXPECT_EQ(sink.resumes.back().position, "done");
    EXPECT_EQ(sink.resumes.back().rows, 5);
    EXPECT_EQ(org.connector->usage().charged_calls, 4);

    const auto created = json::parse(org.client.requests()[2].body);
    EXPECT_EQ(created, (json{{"operation", "queryAll"},
                             {"query", "SELECT Id,Name FROM Contact"},
                             {"contentType", "CSV"},
                             {"columnDelimiter", "COMMA"},
                             {"lineEnding", "LF"}}));
    EXPECT_EQ(org.client.count("DELETE"), 0);
}

TEST(Bulk, PollsGrowRarerAndSayWhatIsWaitedFor) {
    int polls = 0;
    Org org{test::with_login([&](const http::Request& asked) -> Answer {
        if (asked.target.find("/results") != std::string::npos) return result(csv(0), "null", "0");
        const bool is_done = asked.method == "GET" && ++polls == 14;
        return {.body = json{{"id", job_id},
                             {"state", is_done ? "JobComplete" : "InProgress"},
                             {"numberRecordsProcessed", is_done ? 0 : 70}}
                            .dump()};
    })};
    TextSink sink;
    ASSERT_TRUE(read(org, sink));
    ASSERT_EQ(org.clock.waits.size(), 14U);
    EXPECT_EQ(org.clock.waits[0].count(), 500);
    EXPECT_EQ(org.clock.waits[1].count(), 750);
    EXPECT_EQ(org.clock.waits[13].count(), 30'000);
    EXPECT_EQ(sink.notes.size(), 13U);
    EXPECT_NE(sink.notes[0].find("Contact: InProgress, 70 rows"), std::string::npos);
    EXPECT_TRUE(sink.rows.empty());
    EXPECT_EQ(sink.expected, 0);
}

TEST(Bulk, ReadingGoesOnFromAnyBatch) {
    // Rows of a kilobyte: several batches in each of the two pages.
    const auto page = [](int rows, int first) {
        std::string body = "\"Id\",\"Name\"\n";
        for (int i = first; i < first + rows; ++i) {
            body += fmt::format("\"001xx000003DGb2AAG\",\"{:05}{}\"\n", i, std::string(1'000, 'x'));
        }
        return body;
    };
    const auto results = [&](const std::string& locator) {
        return locator.empty() ? result(page(3'000, 0), "L2", "3000")
                               : result(page(1'500, 3'000), "null", "1500");
    };
    Org org{job(4'500, results)};
    org.client.chunk_bytes = 16'384;
    TextSink whole;
    ASSERT_TRUE(read(org, whole));
    ASSERT_EQ(whole.rows.size(), 4'500U);
    ASSERT_GE(whole.resumes.size(), 4U);

    for (const Part& resume : whole.resumes) {
        TextSink rest;
        const auto end = org.connector->read(request(), resume, rest, org.call);
        ASSERT_TRUE(end) << end.error().message;
        ASSERT_EQ(rest.rows.size(), 4'500U - static_cast<std::size_t>(resume.rows)) << resume.position;
        if (rest.rows.empty()) continue;
        EXPECT_EQ(std::stoll(rest.rows[0][1].substr(0, 5)), resume.rows);
    }
    EXPECT_EQ(org.client.count("POST " + test::server + jobs), 1);
}

TEST(Bulk, APageThatIsCutIsNamedWithJobPageAndRow) {
    const std::string page = csv(3);
    const std::string cut = fault(3, result(page.substr(0, page.size() - 4), "null", "3"));
    EXPECT_TRUE(cut.starts_with("corrupt: ")) << cut;
    EXPECT_NE(cut.find("job " + job_id + ", result page 1"), std::string::npos) << cut;
    EXPECT_NE(cut.find("row 3: the page is cut in its cell 2 of 2"), std::string::npos) << cut;

    const std::string at_row_end = fault(3, result(csv(2), "null", "3"));
    EXPECT_NE(at_row_end.find("row 2: the page ends here, but Salesforce announced 3 rows"),
              std::string::npos)
        << at_row_end;
    EXPECT_NE(fault(3, result("", "null", "3")).find("announced 3 rows"), std::string::npos);
}

TEST(Bulk, RowsOfAPageThatEndedEarlyAreNotHandedOver) {
    Org org{job(3, [](const std::string&) { return result(csv(2), "null", "3"); })};
    TextSink sink;
    EXPECT_FALSE(read(org, sink));
    EXPECT_TRUE(sink.rows.empty());
}

TEST(Bulk, FaultyPagesAreCorrupt) {
    const std::string head = "\"Id\",\"Name\"\n\"1\",\"a\"\n";
    EXPECT_NE(
        fault(2, result(head + "\"2\"\n", "null", "2")).find("row 2: it has 1 cells where the header has 2"),
        std::string::npos);
    EXPECT_NE(
        fault(2, result(head + "\"2\",\"b\"x\"\n", "null", "2")).find("row 2: text behind the closing quote"),
        std::string::npos);
    EXPECT_NE(fault(1, result("\"Id\",\"Nome\"\n\"1\",\"a\"\n", "null", "1")).find("no column 'Name'"),
              std::string::npos);
    EXPECT_NE(fault(1, result("<!DOCTYPE html>", "null", "1")).find("web page"), std::string::npos);
}

TEST(Bulk, TheEndHasToBeProved) {
    EXPECT_EQ(fault(3, result(csv(3), "null", "3")), "no fault");
    // Without a locator or a count only the job's own count tells that all came.
    EXPECT_EQ(fault(3, result(csv(3), "", "3")), "no fault");
    EXPECT_EQ(fault(3, result(csv(3), "null", "")), "no fault");
    EXPECT_NE(fault(5, result(csv(3), "", "3")).find("3 rows came and the job has 5"), std::string::npos);
    EXPECT_NE(fault(5, result(csv(3), "null", "")).find("3 rows came and the job has 5"), std::string::npos);
    EXPECT_NE(fault(5, result(csv(3), "null", "three")).find("3 rows came and the job has 5"),
              std::string::npos);
}

TEST(Bulk, ALocatorThatRepeatsEnds) {
    Org org{job(100, [](const std::string&) { return result(csv(1), "L2", "1"); })};
    TextSink sink;
    const auto end = read(org, sink);
    ASSERT_FALSE(end);
    EXPECT_NE(end.error().message.find("this page's own"), std::string::npos);
}

TEST(Bulk, JobsThatEndBadlySaySo) {
    for (const auto& [state, words, kind] : std::vector<std::tuple<std::string, std::string, ErrorKind>>{
             {"Failed", "too many rows", ErrorKind::expired},
             {"Aborted", "aborted by somebody", ErrorKind::expired}}) {
        Org org{test::with_login([&, job_state = state](const http::Request& asked) -> Answer {
            if (asked.method == "POST")
                return {.body = json{{"id", job_id}, {"state", "UploadComplete"}}.dump()};
            return {.body =
                        json{{"id", job_id}, {"state", job_state}, {"errorMessage", "too many rows"}}.dump()};
        })};
        TextSink sink;
        const auto end = read(org, sink);
        ASSERT_FALSE(end);
        EXPECT_EQ(end.error().kind, kind);
        EXPECT_NE(end.error().message.find(words), std::string::npos) << end.error().message;
        EXPECT_NE(end.error().message.find(job_id), std::string::npos);
    }
}

TEST(Bulk, AnAnswerThatDescribesNoJobIsRefused) {
    for (const std::string body :
         {"", "{}", "[]", R"({"id":"../x","state":"JobComplete"})", R"({"id":"750x"})"}) {
        Org org{test::with_login([&](const http::Request&) -> Answer { return {.body = body}; })};
        TextSink sink;
        EXPECT_FALSE(read(org, sink)) << body;
        EXPECT_EQ(org.connector->usage().charged_calls, 1);
    }
}

TEST(Bulk, AnObjectThatBulkDoesntKnowIsReadByPagesUnlessBulkWasAskedFor) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        return {.status = 400,
                .body = R"([{"errorCode":"INVALIDENTITY","message":"X is not supported by the Bulk API"}])"};
    })};
    TextSink sink;
    const auto end = read(org, sink, "bulk automatic");
    ASSERT_TRUE(end);
    ASSERT_EQ(end->next.size(), 1U);
    EXPECT_EQ(end->next[0].position, "pages");
    const auto forced = read(org, sink, "bulk");
    ASSERT_FALSE(forced);
    EXPECT_EQ(forced.error().kind, ErrorKind::unsupported);
}

TEST(Bulk, AStopWhileWaitingAbortsTheJob) {
    std::stop_source stop;
    Org org{test::with_login([](const http::Request& asked) -> Answer {
        EXPECT_EQ(asked.method == "PATCH", asked.body == R"({"state":"Aborted"})");
        return {.body = json{{"id", job_id}, {"state", "InProgress"}}.dump()};
    })};
    org.clock.on_wait = [&] {
        if (org.clock.waits.size() == 3) stop.request_stop();
    };
    org.call.stop = stop.get_token();
    TextSink sink;
    const auto end = read(org, sink);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, ErrorKind::cancelled);
    EXPECT_NE(end.error().message.find("was aborted"), std::string::npos);
    EXPECT_EQ(org.client.count("PATCH " + test::server + jobs + "/" + job_id), 1);
}

TEST(Bulk, AJobThatIsGoneHasToBeginAgain) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        return {.status = 404,
                .body = R"([{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}])"};
    })};
    TextSink sink;
    const auto end = read(org, sink, "job 68.0 " + job_id + " 0 L2");
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, ErrorKind::expired);
}

TEST(Bulk, ResultsAreReadWithTheVersionThatMadeTheJob) {
    Org org{test::with_login([](const http::Request& asked) -> Answer {
        EXPECT_NE(asked.target.find("/services/data/v60.0/jobs/query/"), std::string::npos) << asked.target;
        if (asked.target.find("/results") != std::string::npos) return result(csv(2, 1), "null", "2");
        return {.body = json{{"id", job_id}, {"state", "JobComplete"}, {"numberRecordsProcessed", 3}}.dump()};
    })};
    TextSink sink;
    const auto end = org.connector->read(
        request(), Part{.position = "job 60.0 " + job_id + " 0 L2", .rows = 1}, sink, org.call);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(sink.rows.size(), 2U);
    EXPECT_TRUE(org.clock.waits.empty());
}

TEST(Bulk, AnErrorOfTheSinkEndsTheRead) {
    Org org{job(2, [](const std::string&) { return result(csv(2), "null", "2"); })};
    TextSink sink;
    sink.on_put = []() -> Result<void> { return error(ErrorKind::cancelled, "reading was given up"); };
    const auto end = read(org, sink);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, ErrorKind::cancelled);
}

TEST(Bulk, ATransferThatBreaksIsReportedAsTheClientSaysIt) {
    Org org{job(2, [](const std::string&) {
        return Answer{.failure = error(ErrorKind::in_doubt, "the connection was cut")};
    })};
    TextSink sink;
    const auto end = read(org, sink);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, ErrorKind::in_doubt);
    EXPECT_NE(end.error().message.find("result page 1"), std::string::npos);
    // The job, a poll, and the page as often as it was asked for.
    EXPECT_EQ(org.connector->usage().charged_calls, 2 + tuning::retries.attempts_max);
}

}  // namespace
}  // namespace koppla::salesforce
