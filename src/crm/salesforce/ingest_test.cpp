#include "crm/salesforce/ingest.h"

#include "crm/salesforce/csv_shipment.h"
#include "crm/salesforce/ingest_results.h"
#include "crm/salesforce/test/writing.h"

#include <stop_token>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {
namespace {

using nlohmann::json;
using test::Answer;
using test::Org;
using test::TableRows;
using test::TextResults;
using test::Told;
using testing::HasSubstr;

const model::ObjectSchema contact = test::writable_contact();
const std::string jobs = test::server + "/services/data/v68.0/jobs/ingest";
const std::string job_id = "750xx0000000001AAA";
const std::string success_head = "\"sf__Id\",\"sf__Created\",";
const std::string failure_head = "\"sf__Id\",\"sf__Error\",";

WriteRequest request(WriteOperation operation, std::string key, const std::vector<std::string>& names) {
    return test::request(contact, WritePath::bulk, operation, std::move(key), names);
}
const WriteRequest upsert = request(WriteOperation::upsert, "Ext__c", {"Ext__c", "LastName"});

/// A job as Salesforce keeps it; the test says what its files hold, and spoils what it likes.
struct Job {
    std::string state = "none";
    std::string end_state = "JobComplete";
    std::string error_message{};
    int polls_until_end = 1;
    std::string data{};
    std::string successful, failed, unprocessed;
    std::int64_t processed = 0;
    /// Asked first; nothing: the job answers.
    std::function<std::optional<Answer>(const http::Request&)> instead{};

    Answer answer(const http::Request& asked) {
        if (instead) {
            if (auto other = instead(asked)) return *other;
        }
        const std::string job = jobs + "/" + job_id;
        if (asked.method == "POST" && asked.target == jobs) return show("Open");
        if (asked.method == "PUT" && asked.target == job + "/batches") {
            if (!data.empty()) {
                return {
                    .status = 400,
                    .body =
                        R"([{"errorCode":"INVALIDJOBSTATE","message":"Found multiple contents for job"}])"};
            }
            data = asked.body;
            return {.status = 201};
        }
        if (asked.method == "PATCH" && asked.target == job) {
            EXPECT_EQ(asked.body, R"({"state":"UploadComplete"})");
            return show("UploadComplete");
        }
        if (asked.target == job) {
            if ((state == "UploadComplete" || state == "InProgress") && polls_until_end-- <= 0)
                return show(end_state);
            return show(state == "UploadComplete" ? "InProgress" : state);
        }
        if (asked.target == job + "/successfulResults/") return {.body = successful};
        if (asked.target == job + "/failedResults/") return {.body = failed};
        if (asked.target == job + "/unprocessedrecords/") return {.body = unprocessed};
        ADD_FAILURE() << asked.method << " " << asked.target;
        return {.status = 404};
    }

    Answer show(std::string now) {
        state = std::move(now);
        return {.body = json{{"id", job_id},
                             {"state", state},
                             {"numberRecordsProcessed", processed},
                             {"errorMessage", error_message}}
                            .dump()};
    }
};

struct Scene {
    explicit Scene(Job made) : job{std::move(made)} {}
    Result<void> write(const WriteRequest& asked, TableRows& rows, const std::string& reference = "") {
        auto writer = org.connector->writer(asked, static_cast<std::int64_t>(rows.rows.size()), org.call);
        if (!writer) return writer.error();
        return (*writer)->write(rows, reference, results, org.call);
    }
    http::Request sent(const std::string& method) {
        for (const http::Request& each : org.client.requests())
            if (each.method == method && each.target.starts_with(jobs)) return each;
        return {};
    }

    Job job;
    Org org{test::with_login([this](const http::Request& asked) { return job.answer(asked); })};
    TextResults results;
};

TEST(Ingest, AJobIsMadeFilledStartedWaitedForAndReadWhateverTheOrder) {
    Scene scene{{.polls_until_end = 2,
                 .successful = success_head + "Ext__c,LastName\n"
                                              "\"003xx000003DGb3AAG\",\"false\",\"k3\",\"c\"\n"
                                              "\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a, \"\"x\"\"\"\n",
                 .failed = failure_head +
                           "Ext__c,LastName\n\"\",\"REQUIRED_FIELD_MISSING:Required fields are missing: "
                           "[LastName]:LastName --\",\"k2\",\"#N/A\"\n",
                 .unprocessed = "Ext__c,LastName\n\"k4\",\"\"\n"}};
    scene.results.on_named = [&] { EXPECT_EQ(scene.org.client.count("PUT"), 0); };
    TableRows rows{{{"k1", "a, \"x\""}, {"k2", "-"}, {"k3", "c"}, {"k4", "~"}}};
    const auto written = scene.write(upsert, rows);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(json::parse(scene.sent("POST").body), (json{{"object", "Contact"},
                                                          {"operation", "upsert"},
                                                          {"externalIdFieldName", "Ext__c"},
                                                          {"contentType", "CSV"},
                                                          {"columnDelimiter", "COMMA"},
                                                          {"lineEnding", "LF"}}));
    EXPECT_EQ(scene.results.names, std::vector<std::string>{job_id});
    EXPECT_EQ(scene.sent("PUT").headers.find("Content-Type"), "text/csv");
    EXPECT_EQ(scene.job.data, "Ext__c,LastName\nk1,\"a, \"\"x\"\"\"\nk2,#N/A\nk3,c\nk4,\n");
    EXPECT_EQ(
        scene.results.rows,
        (Told{{100, "done 003xx000003DGb1AAG created"},
              {101, "refused REQUIRED_FIELD_MISSING: Required fields are missing: [LastName] [LastName]"},
              {102, "done 003xx000003DGb3AAG"},
              {103, "postponed UNPROCESSED: the job ended before this row's turn"}}));
    EXPECT_EQ(scene.org.clock.waits.size(), 3U);
    EXPECT_THAT(scene.results.notes.at(0), HasSubstr("Salesforce writes Contact: InProgress, 0 of 4 rows"));
}

TEST(Ingest, WhenAllSucceededTheOtherFilesArentAskedFor) {
    Scene scene{
        {.successful = success_head + "Ext__c,LastName\n\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n"}};
    TableRows rows{{{"k1", "a"}}};
    ASSERT_TRUE(scene.write(upsert, rows));
    EXPECT_EQ(scene.org.client.count("Results"), 1);
    EXPECT_EQ(scene.org.connector->usage().charged_calls, 6);
}

TEST(Ingest, RowsWithoutAKeyAreJoinedByAllTheirCells) {
    Scene scene{
        {.successful = success_head + "LastName,Email\n"
                                      "\"003xx000003DGb1AAG\",\"true\",\"a\",\"\"\n"
                                      "\"003xx000003DGb2AAG\",\"true\",\"b\",\"x\ny\"\n",
         .failed = failure_head + "LastName,Email\n\"\",\"STRING_TOO_LONG:too long:Email --\",\"a\",\"\"\n",
         .unprocessed = "LastName,Email\n"}};
    TableRows rows{{{"a", "~"}, {"b", "x\ny"}, {"a", "-"}}};
    ASSERT_TRUE(scene.write(request(WriteOperation::insert, "", {"LastName", "Email"}), rows));
    EXPECT_EQ(scene.job.data, "LastName,Email\na,\nb,\"x\ny\"\na,#N/A\n");
    // Row 100 and 102 are the same record to Salesforce: which of them is which doesn't matter.
    EXPECT_EQ(scene.results.rows, (Told{{100, "done 003xx000003DGb1AAG created"},
                                        {101, "done 003xx000003DGb2AAG created"},
                                        {102, "refused STRING_TOO_LONG: too long [Email]"}}));
}

TEST(Ingest, AnUpdateIsJoinedByIdsInEitherForm) {
    Scene scene{{.successful = success_head + "Id,LastName\n\"003xx000003DGb2AAG\",\"false\","
                                              "\"003xx000003DGb2\",\"a\"\n",
                 .failed = failure_head +
                           "Id,LastName\n\"003xx000003DGb4\",\"UNABLE_TO_LOCK_ROW:unable to obtain "
                           "exclusive access to this record or 1 records: 001xx000003DGb2:--\","
                           "\"003xx000003DGb4\",\"b\"\n"}};
    TableRows rows{{{"003xx000003DGb2", "a"}, {"003xx000003DGb4", "b"}}};
    ASSERT_TRUE(scene.write(request(WriteOperation::update, "Id", {"Id", "LastName"}), rows));
    EXPECT_EQ(scene.results.rows.at(100), "done 003xx000003DGb2AAG");
    EXPECT_THAT(
        scene.results.rows.at(101),
        HasSubstr("postponed 003xx000003DGb4AAG UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to "
                  "this record or 1 records: 001xx000003DGb2"));
}

TEST(Ingest, DeletesAreOfTheirOwnKindAndWhatIsGoneIsDone) {
    Scene scene{{.successful = success_head + "Id\n",
                 .failed = failure_head +
                           "Id\n\"003xx000003DGb2AAG\",\"ENTITY_IS_DELETED:entity is deleted:--\","
                           "\"003xx000003DGb2AAG\"\n"}};
    TableRows rows{{{"003xx000003DGb2AAG"}}};
    ASSERT_TRUE(scene.write(request(WriteOperation::erase, "Id", {"Id"}), rows));
    EXPECT_EQ(json::parse(scene.sent("POST").body)["operation"], "hardDelete");
    EXPECT_EQ(scene.job.data, "Id\n003xx000003DGb2AAG\n");
    EXPECT_EQ(scene.results.rows,
              (Told{{100, "done 003xx000003DGb2AAG ENTITY_IS_DELETED: entity is deleted"}}));
}

TEST(Ingest, ParentsAreNamedInTheHeaderAndTheRuleInTheJob) {
    Scene scene{{.successful = success_head + "Account.Ext__c,User:Owner.Username\n"
                                              "\"003xx000003DGb2AAG\",\"true\",\"A1\",\"jo@x\"\n"}};
    TableRows rows{{{"A1", "jo@x"}}};
    auto asked = request(WriteOperation::insert, "", {"AccountId.Ext__c", "OwnerId:User.Username"});
    asked.assignment_rule = "01Qxx0000000001";
    const auto written = scene.write(asked, rows);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(scene.job.data, "Account.Ext__c,User:Owner.Username\nA1,jo@x\n");
    EXPECT_EQ(json::parse(scene.sent("POST").body)["assignmentRuleId"], "01Qxx0000000001");
}

TEST(Ingest, ATextThatMeansNullToAJobIsNotSent) {
    Scene scene{
        {.successful = success_head + "Ext__c,LastName\n\"003xx000003DGb1AAG\",\"true\",\"k2\",\"b\"\n"}};
    TableRows rows{{{"k1", "#N/A"}, {"k2", "b"}}};
    ASSERT_TRUE(scene.write(upsert, rows));
    EXPECT_EQ(scene.job.data, "Ext__c,LastName\nk2,b\n");
    EXPECT_THAT(scene.results.rows.at(100),
                HasSubstr("refused NULL_IN_A_JOB: the text #N/A empties a field"));
    TableRows none{{{"k1", "#N/A"}}};
    Scene idle{{}};
    ASSERT_TRUE(idle.write(upsert, none));
    EXPECT_EQ(idle.org.client.count(jobs), 0);
}

TEST(Ingest, AnAnswerLostWhileAJobIsMadeLeavesAnEmptyOneBehind) {
    int made = 0;
    Scene scene{
        {.successful = success_head + "Ext__c,LastName\n\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n"}};
    scene.job.instead = [&](const http::Request& asked) -> std::optional<Answer> {
        if (asked.method == "POST" && asked.target == jobs && ++made == 1)
            return Answer{.failure = error(ErrorKind::in_doubt, "cut")};
        return std::nullopt;
    };
    TableRows rows{{{"k1", "a"}}};
    ASSERT_TRUE(scene.write(upsert, rows));
    EXPECT_EQ(made, 2);

    Scene dead{{}};
    dead.job.instead = [](const http::Request&) {
        return Answer{.failure = error(ErrorKind::in_doubt, "cut")};
    };
    const auto failed = dead.write(upsert, rows);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::unavailable) << "no row was sent";
    EXPECT_TRUE(dead.results.names.empty());
}

TEST(Ingest, AnUploadWhoseAnswerIsLostIsAskedForAndSentOnlyOnce) {
    for (const bool arrived : {true, false}) {
        int uploads = 0;
        Scene scene{
            {.successful = success_head + "Ext__c,LastName\n\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n"}};
        scene.job.instead = [&](const http::Request& asked) -> std::optional<Answer> {
            if (asked.method != "PUT" || ++uploads > 1) return std::nullopt;
            if (arrived) scene.job.data = asked.body;
            return Answer{.failure = error(ErrorKind::in_doubt, "cut")};
        };
        TableRows rows{{{"k1", "a"}}};
        const auto lost = scene.write(upsert, rows);
        ASSERT_FALSE(lost);
        EXPECT_EQ(lost.error().kind, ErrorKind::in_doubt);
        EXPECT_TRUE(scene.results.rows.empty());

        const auto resumed = scene.write(upsert, rows, job_id);
        ASSERT_TRUE(resumed) << resumed.error().message;
        EXPECT_EQ(scene.org.client.count("POST " + jobs), 1);
        EXPECT_EQ(uploads, 2);
        EXPECT_EQ(scene.job.data, "Ext__c,LastName\nk1,a\n");
        EXPECT_EQ(scene.results.rows, (Told{{100, "done 003xx000003DGb1AAG created"}}));
        EXPECT_EQ(scene.results.names.size(), 1U);
    }
}

TEST(Ingest, AStartWhoseAnswerIsLostIsAskedFor) {
    int starts = 0;
    Scene scene{
        {.successful = success_head + "Ext__c,LastName\n\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n"}};
    scene.job.instead = [&](const http::Request& asked) -> std::optional<Answer> {
        if (asked.method != "PATCH" || ++starts > 1) return std::nullopt;
        (void)scene.job.show("UploadComplete");
        return Answer{.failure = error(ErrorKind::in_doubt, "cut")};
    };
    TableRows rows{{{"k1", "a"}}};
    const auto lost = scene.write(upsert, rows);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, ErrorKind::in_doubt);
    ASSERT_TRUE(scene.write(upsert, rows, job_id));
    EXPECT_EQ(starts, 1);
    EXPECT_EQ(scene.org.client.count("PUT"), 1);
}

TEST(Ingest, AJobIsTakenUpWhereverItIs) {
    for (const std::string state : {"Open", "UploadComplete", "InProgress", "JobComplete"}) {
        Scene scene{
            {.state = state,
             .successful = success_head + "Ext__c,LastName\n\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n"}};
        TableRows rows{{{"k1", "a"}}};
        const auto written = scene.write(upsert, rows, job_id);
        ASSERT_TRUE(written) << state << ": " << written.error().message;
        EXPECT_EQ(scene.results.rows, (Told{{100, "done 003xx000003DGb1AAG created"}})) << state;
        EXPECT_EQ(scene.org.client.count("POST " + jobs), 0) << state;
        EXPECT_EQ(scene.org.client.count("PUT"), state == "Open" ? 1 : 0) << state;
    }
}

TEST(Ingest, AJobThatNobodyKnowsAnyMoreIsExpired) {
    Scene scene{{}};
    scene.job.instead = [](const http::Request&) -> std::optional<Answer> {
        return Answer{.status = 404, .body = R"([{"errorCode":"NOT_FOUND","message":"no job"}])"};
    };
    TableRows rows{{{"k1", "a"}}};
    const auto gone = scene.write(upsert, rows, job_id);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().kind, ErrorKind::expired);
    const auto nonsense = scene.write(upsert, rows, "../../x");
    ASSERT_FALSE(nonsense);
    EXPECT_EQ(nonsense.error().kind, ErrorKind::expired);
}

TEST(Ingest, WhatAJobThatEndedBadlyNeverCameToIsPostponed) {
    for (const std::string end : {"Failed", "Aborted"}) {
        Scene scene{
            {.end_state = end,
             .error_message = "TooManyLockFailure : Too many lock failure",
             .successful = success_head + "Ext__c,LastName\n\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n",
             .failed = failure_head + "Ext__c,LastName\n",
             .unprocessed = "Ext__c,LastName\n",
             .processed = 1}};
        TableRows rows{{{"k1", "a"}, {"k2", "b"}}};
        const auto written = scene.write(upsert, rows);
        ASSERT_TRUE(written) << written.error().message;
        EXPECT_EQ(scene.results.rows.at(100), "done 003xx000003DGb1AAG created");
        EXPECT_THAT(scene.results.rows.at(101), HasSubstr("postponed UNPROCESSED: the job was"));
    }
}

TEST(Ingest, RowsOfAJobThatFailedForItsFileAreRefused) {
    Scene scene{{.end_state = "Failed",
                 .error_message = "InvalidBatch : Field name not found : Nope__c",
                 .successful = success_head + "Ext__c,LastName\n",
                 .failed = failure_head + "Ext__c,LastName\n",
                 .unprocessed = "Ext__c,LastName\n"}};
    TableRows rows{{{"k1", "a"}}};
    const auto written = scene.write(upsert, rows);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(scene.results.rows, (Told{{100,
                                         "refused JOB_FAILED: the job was given up by Salesforce: "
                                         "InvalidBatch : Field name not found : Nope__c"}}));
}

TEST(Ingest, TheRowsAreGoneThroughToTheirEndBeforeAnythingIsWaitedFor) {
    for (const int count : {1, 2, 3, 4, 1'000, 4'096}) {
        std::vector<std::vector<std::string>> table;
        for (int i = 0; i < count; ++i) table.push_back({fmt::format("k{:03}", i), std::string(124, 'x')});
        const WriteForm form = write_form(upsert).value();
        TableRows rows{table, 1};
        TextResults results;
        CsvShipment shipment{form, rows};
        ASSERT_TRUE(shipment.survey(results));
        EXPECT_TRUE(rows.is_at_end());
        ASSERT_TRUE(shipment.rewind());
        std::string room(shipment.size(), '\0');
        std::size_t filled = 0;
        while (filled < room.size())
            filled += shipment.read(std::span<char>{room.data() + filled, room.size() - filled}).value();
        EXPECT_TRUE(rows.is_at_end()) << count;
    }
}

TEST(Ingest, FiguresThatNeverAddUpLeaveTheRestUnknown) {
    const std::string head = success_head + "Ext__c,LastName\n";
    const std::string first = "\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n";
    const std::string stranger = "\"003xx000003DGb9AAG\",\"true\",\"k9\",\"z\"\n";
    const std::vector<Job> spoilt = {
        {.successful = head + first,
         .failed = failure_head + "Ext__c,LastName\n",
         .unprocessed = "Ext__c,LastName\n"},
        {.successful = head + first + first, .failed = "", .unprocessed = ""},
        {.successful = head + first + stranger, .failed = "", .unprocessed = ""},
        {.successful = head + first + "\"003xx0000", .failed = "", .unprocessed = ""},
        {.successful = head + "\"003xx000003DGb1AAG\",\"true\"\n"},
        {.successful = "\"sf__Id\",\"sf__Created\",\"Other__c\"\n"},
        {.end_state = "Aborted", .successful = head + first, .processed = 2}};
    for (const Job& job : spoilt) {
        Scene scene{job};
        TableRows rows{{{"k1", "a"}, {"k2", "b"}}};
        const auto written = scene.write(upsert, rows);
        ASSERT_FALSE(written) << job.successful;
        EXPECT_EQ(written.error().kind, ErrorKind::expired) << written.error().message;
        EXPECT_EQ(written.error().symbol, "RESULTS_DIFFER");
        EXPECT_THAT(written.error().message, HasSubstr("job " + job_id));
        EXPECT_EQ(scene.org.client.count("successfulResults"), 3);
        EXPECT_FALSE(scene.results.rows.contains(101));
    }
    Scene scene{spoilt.front()};
    TableRows rows{{{"k1", "a"}, {"k2", "b"}}};
    EXPECT_THAT(scene.write(upsert, rows).error().message,
                HasSubstr("of 2 rows 1 were told to be written, 0 refused and 0 not worked on"));
}

TEST(Ingest, ResultsThatWereCutAreReadAgainAndNoRowIsToldOfTwice) {
    const std::string head = success_head + "Ext__c,LastName\n";
    const std::string first = "\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n";
    for (const std::string& cut : {head + first, head + first + "\"003xx0", head, std::string{}}) {
        int readings = 0;
        Scene scene{{.successful = head + first + "\"003xx000003DGb2AAG\",\"true\",\"k2\",\"b\"\n"}};
        scene.job.instead = [&](const http::Request& asked) -> std::optional<Answer> {
            if (!asked.target.ends_with("/successfulResults/") || ++readings > 1) return std::nullopt;
            return Answer{.body = cut};
        };
        TableRows rows{{{"k1", "a"}, {"k2", "b"}}};
        const auto written = scene.write(upsert, rows);
        ASSERT_TRUE(written) << written.error().message;
        EXPECT_EQ(scene.results.rows,
                  (Told{{100, "done 003xx000003DGb1AAG created"}, {101, "done 003xx000003DGb2AAG created"}}));
    }
}

TEST(Ingest, AWebPageInsteadOfResultsTellsNothing) {
    Scene scene{{.successful = "<html>maintenance</html>"}};
    TableRows rows{{{"k1", "a"}}};
    const auto written = scene.write(upsert, rows);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, ErrorKind::in_doubt);
}

TEST(Ingest, OnceRowsMayBeWrittenNoFailureClaimsThatNothingHappened) {
    for (const int status : {401, 403, 429, 500, 503}) {
        Scene scene{{}};
        scene.job.instead = [&](const http::Request& asked) -> std::optional<Answer> {
            if (asked.method == "GET") return Answer{.status = status};
            return std::nullopt;
        };
        TableRows rows{{{"k1", "a"}}};
        const auto written = scene.write(upsert, rows);
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().kind, ErrorKind::in_doubt) << status;
    }
}

TEST(Ingest, AStopLeavesTheJobRunning) {
    std::stop_source stop;
    Scene scene{{.polls_until_end = 1'000}};
    scene.org.clock.on_wait = [&] {
        if (scene.org.clock.waits.size() == 3) stop.request_stop();
    };
    scene.org.call.stop = stop.get_token();
    TableRows rows{{{"k1", "a"}}};
    const auto written = scene.write(upsert, rows);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, ErrorKind::cancelled);
    EXPECT_EQ(scene.org.client.count("PATCH"), 1) << "nothing aborts it";
}

TEST(Ingest, FailuresOfTheCallersOwnComeThrough) {
    Scene scene{
        {.successful = success_head + "Ext__c,LastName\n\"003xx000003DGb1AAG\",\"true\",\"k1\",\"a\"\n"}};
    scene.results.failure = error(ErrorKind::conflict, "the store is another's now");
    TableRows rows{{{"k1", "a"}}};
    const auto refused = scene.write(upsert, rows);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_EQ(refused.error().message, "the store is another's now");

    Scene other{{}};
    other.results.on_named = [&] { rows.rows.push_back({"k2", "came meanwhile"}); };
    const auto changed = other.write(upsert, rows);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().kind, ErrorKind::conflict);
    EXPECT_THAT(changed.error().message, HasSubstr("the rows changed while they were being sent"));
    EXPECT_EQ(other.org.client.count("PATCH"), 0);
}

TEST(RowComplaint, IsTakenApartWhateverItHolds) {
    const auto parts = [](std::string_view text) {
        const auto complaint = row_complaint(text);
        return fmt::format("{}|{}|{}", complaint.symbol, complaint.message, complaint.fields);
    };
    EXPECT_EQ(parts("REQUIRED_FIELD_MISSING:Required fields are missing: [A, B]:A B --"),
              "REQUIRED_FIELD_MISSING|Required fields are missing: [A, B]|A,B");
    EXPECT_EQ(
        parts("INVALID_FIELD:Number of fields in header is different from the row. header = 4 row = 3:--"),
        "INVALID_FIELD|Number of fields in header is different from the row. header = 4 row = 3|");
    EXPECT_EQ(parts("X:no fields at all--"), "X|no fields at all|");
    EXPECT_EQ(parts("X:at 10:30 (local time)"), "X|at 10:30 (local time)|");
    EXPECT_EQ(parts("just words"), "|just words|");
    EXPECT_EQ(parts(""), "||");
    EXPECT_EQ(parts(":::"), "|:|");
}

}  // namespace
}  // namespace koppla::salesforce
