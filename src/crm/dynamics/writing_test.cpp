#include "crm/dynamics/writing.h"

#include "crm/dynamics/test/writing.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace koppla::dynamics {
namespace {

using koppla::test::Answer;
using test::asked;
using test::batch_answer;
using test::Environment;
using test::part;
using test::refused;
using test::TextResults;
using test::TextRows;
using testing::ElementsAre;
using testing::HasSubstr;

const model::ObjectSchema contact = test::writable_contact();
const std::string a = "5f0a1b2c-0000-0000-0000-00000000000a";
const std::string b = "5f0a1b2c-0000-0000-0000-00000000000b";
const std::string acme = "aaaaaaaa-0000-0000-0000-000000000001";

WriteColumn column(std::string_view name, std::string target = {}, std::string key = {}) {
    return {.field = contact.find(name), .target_object = std::move(target), .target_key = std::move(key)};
}

WriteRequest request(WriteOperation operation, std::string key, std::vector<WriteColumn> columns) {
    return {.object = &contact, .operation = operation, .key = std::move(key), .columns = std::move(columns)};
}

/// A writer, what it was answered and what it told.
struct Written {
    Written(WriteRequest wanted, std::vector<std::vector<std::string>> rows,
            koppla::test::ScriptedClient::Script script)
        : request{std::move(wanted)}, org{std::move(script)}, source{std::move(rows)} {
        auto made = org.connector->writer(request, 1'000, org.call);
        if (!made) {
            outcome = made.error();
            return;
        }
        writer = std::move(*made);
        outcome = writer->write(source, "", sink, org.call);
    }
    std::string body(std::size_t index = 0) {
        for (const http::Request& each : org.client.requests())
            if (each.target.ends_with("$batch") && index-- == 0) return each.body;
        return {};
    }

    WriteRequest request;
    Environment org;
    TextRows source;
    TextResults sink;
    std::unique_ptr<RecordWriter> writer;
    Result<void> outcome;
};

koppla::test::ScriptedClient::Script answering(std::string parts) {
    return [parts = std::move(parts)](const http::Request& request) -> Answer {
        if (asked(request).starts_with("RetrieveMetadataChanges")) return {.body = test::relations};
        return batch_answer(parts);
    };
}

std::string entity(const std::string& id) {
    return fmt::format("OData-EntityId: {}contacts({})\r\n", test::root, id);
}

const std::string good = part("204 No Content", entity(a));

TEST(DynamicsWriting, AnUpdateNeverMakesWhatWasDeleted) {
    Written written{
        request(WriteOperation::update, "contactid", {column("contactid"), column("lastname")}),
        {{"5F0A1B2C-0000-0000-0000-00000000000A", "O'Neill \"Jr\"\nÄ"}, {b, "-"}},
        answering(good + refused("404 Not Found", "0x80040217", "contact With Id = 5 Does Not Exist"))};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_EQ(written.body(),
              "--batch_koppla\r\n"
              "Content-Type: application/http\r\n"
              "Content-Transfer-Encoding: binary\r\n"
              "\r\n"
              "PATCH /api/data/v9.2/contacts(5f0a1b2c-0000-0000-0000-00000000000a) HTTP/1.1\r\n"
              "Content-Type: application/json\r\n"
              "If-Match: *\r\n"
              "MSCRM.SuppressDuplicateDetection: false\r\n"
              "\r\n"
              "{\"lastname\":\"O'Neill \\\"Jr\\\"\\nÄ\"}\r\n"
              "--batch_koppla\r\n"
              "Content-Type: application/http\r\n"
              "Content-Transfer-Encoding: binary\r\n"
              "\r\n"
              "PATCH /api/data/v9.2/contacts(5f0a1b2c-0000-0000-0000-00000000000b) HTTP/1.1\r\n"
              "Content-Type: application/json\r\n"
              "If-Match: *\r\n"
              "MSCRM.SuppressDuplicateDetection: false\r\n"
              "\r\n"
              "{\"lastname\":null}\r\n"
              "--batch_koppla--\r\n");
    const http::Request sent = written.org.client.requests().back();
    EXPECT_EQ(sent.method + " " + sent.target, "POST " + test::root + "$batch");
    EXPECT_EQ(sent.headers.find("Content-Type"), "multipart/mixed; boundary=batch_koppla");
    EXPECT_EQ(sent.headers.find("Prefer"), "odata.continue-on-error");
    EXPECT_THAT(written.sink.lines,
                ElementsAre("1 done " + a + "|||",
                            "2 refused " + b + "|0x80040217|contact With Id = 5 Does Not Exist|"));
    EXPECT_TRUE(written.sink.names.empty());
    EXPECT_TRUE(written.writer->plan().is_repeatable);
    EXPECT_EQ(written.writer->plan().rows_max, 100);
}

TEST(DynamicsWriting, EachTypeHasItsFormAndAbsentIsNotSent) {
    const std::vector<std::string> names = {"contactid",  "numberofchildren", "creditlimit",    "donotemail",
                                            "gendercode", "new_interests",    "lastonholdtime", "birthdate",
                                            "new_opens",  "new_token",        "lastname"};
    std::vector<WriteColumn> columns;
    for (const std::string& name : names) columns.push_back(column(name));
    Written written{request(WriteOperation::update, "contactid", columns),
                    {{a, "3", "12345678901234567.8901", "true", "2", "1;9", "2026-11-01T10:00:00.000Z",
                      "1980-05-17", "2026-11-01T08:30:00.000", "AAAAAAAA-0000-0000-0000-000000000001", "~"},
                     {a, "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"},
                     {a, "~", "~", "~", "~", "~", "2026-11-01T10:00:00.250Z", "~", "~", "~", "~"},
                     {a, "~", "~", "~", "~", "~", "~", "~", "~", "~", "~"}},
                    answering(good + good + good + good)};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(written.body(),
                HasSubstr(R"({"numberofchildren":3,"creditlimit":12345678901234567.8901,"donotemail":true,)"
                          R"("gendercode":2,"new_interests":"1,9","lastonholdtime":"2026-11-01T10:00:00Z",)"
                          R"("birthdate":"1980-05-17","new_opens":"2026-11-01T08:30:00Z",)"
                          R"("new_token":"aaaaaaaa-0000-0000-0000-000000000001"})"));
    EXPECT_THAT(
        written.body(),
        HasSubstr(R"({"numberofchildren":null,"creditlimit":null,"donotemail":null,"gendercode":null,)"
                  R"("new_interests":null,"lastonholdtime":null,"birthdate":null,"new_opens":null,)"
                  R"("new_token":null,"lastname":null})"));
    EXPECT_THAT(written.body(), HasSubstr("{\"lastonholdtime\":\"2026-11-01T10:00:00.250Z\"}\r\n"));
    EXPECT_THAT(written.body(), HasSubstr("\r\n{}\r\n--batch_koppla--"));
}

TEST(DynamicsWriting, AnInsertUnderOurIdentifierOnlyMakes) {
    WriteRequest wanted =
        request(WriteOperation::insert, "contactid", {column("contactid"), column("lastname")});
    wanted.duplicates = Duplicates::allow;
    Written written{wanted, {{a, "x"}}, answering(good)};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(written.body(),
                HasSubstr("PATCH /api/data/v9.2/contacts(" + a +
                          ") HTTP/1.1\r\nContent-Type: application/json\r\nIf-None-Match: *\r\n"
                          "MSCRM.SuppressDuplicateDetection: true\r\n\r\n{\"lastname\":\"x\"}"));
    EXPECT_THAT(written.sink.lines, ElementsAre("1 done created " + a + "|||"));
}

TEST(DynamicsWriting, AnIdentifierThatIsTakenIsOursWhereTheRecordIsThere) {
    const std::string taken =
        refused("412 Precondition Failed", "0x80040237", "A record with matching key values already exists.");
    Written written{request(WriteOperation::insert, "contactid", {column("contactid"), column("lastname")}),
                    {{a, "x"}, {b, "y"}},
                    [&](const http::Request& request) -> Answer {
                        if (request.body.find("GET ") == std::string::npos)
                            return batch_answer(taken + taken);
                        return batch_answer(part("200 OK", "", "{\"contactid\":\"" + a + "\"}") +
                                            refused("404 Not Found", "0x80040217", "Does Not Exist"));
                    }};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(written.body(1),
                HasSubstr("GET /api/data/v9.2/contacts(" + b + ")?$select=contactid HTTP/1.1\r\n"));
    EXPECT_THAT(written.sink.lines,
                ElementsAre("1 done created " + a + "|0x80040237|it was made by an earlier attempt|",
                            "2 postponed " + b +
                                "|0x80040237|there is a record of this identifier, or with another value "
                                "that has to be unique, and it can't be seen|"));
}

TEST(DynamicsWriting, AnInsertWithoutAKeyCantBeRepeated) {
    Written written{request(WriteOperation::insert, "", {column("lastname")}), {{"x"}}, answering(good)};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(written.body(), HasSubstr("POST /api/data/v9.2/contacts HTTP/1.1\r\n"));
    EXPECT_THAT(written.sink.lines, ElementsAre("1 done created " + a + "|||"));
    EXPECT_FALSE(written.writer->plan().is_repeatable);
}

TEST(DynamicsWriting, AnUpsertByAnAlternateKeyTellsTheRecordAndWhetherItWasMade) {
    const auto row = [](std::string_view status, const std::string& id) {
        return part(status, "Content-Type: application/json\r\n",
                    fmt::format(R"({{"@odata.etag":"W/\"5\"","contactid":"{}"}})", id));
    };
    Written written{
        request(WriteOperation::upsert, "new_externalkey", {column("lastname"), column("new_externalkey")}),
        {{"x", "it's a/b"}, {"y", "k2"}, {"z", "-"}},
        answering(row("201 Created", a) + row("200 OK", b))};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(
        written.body(),
        HasSubstr("PATCH /api/data/v9.2/contacts(new_externalkey='it%27%27s%20a%2Fb')?$select=contactid "
                  "HTTP/1.1\r\nContent-Type: application/json\r\nPrefer: return=representation\r\n"
                  "MSCRM.SuppressDuplicateDetection: false\r\n\r\n{\"lastname\":\"x\"}"));
    EXPECT_THAT(written.sink.lines,
                ElementsAre("3 refused |INVALID_VALUE|the key 'new_externalkey' is empty|new_externalkey",
                            "1 done created " + a + "|||", "2 done " + b + "|||"));
    EXPECT_EQ(written.org.client.count("RetrieveMetadataChanges"), 1);
}

TEST(DynamicsWriting, WhatIsGoneAlreadyIsDeleted) {
    Written written{request(WriteOperation::remove, "contactid", {column("contactid")}),
                    {{a}, {b}, {b}},
                    answering(part("204 No Content") +
                              refused("404 Not Found", "0x80040217", "contact With Id = 5 Does Not Exist") +
                              refused("405 Method Not Allowed", "0x80040227", "is associated"))};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(written.body(),
                HasSubstr("DELETE /api/data/v9.2/contacts(" + a + ") HTTP/1.1\r\n\r\n\r\n--"));
    EXPECT_THAT(
        written.sink.lines,
        ElementsAre("1 done " + a + "|||", "2 done " + b + "|0x80040217|contact With Id = 5 Does Not Exist|",
                    "3 refused " + b + "|0x80040227|is associated|"));
}

TEST(DynamicsWriting, LookupsAreBoundByTheirNavigationInItsOwnCase) {
    Written written{request(WriteOperation::update, "contactid",
                            {column("contactid"), column("parentcustomerid", "account"),
                             column("new_regionid"), column("ownerid", "SystemUser")}),
                    {{a, acme, acme, acme}, {a, "-", "-", "~"}, {a, "nobody", "~", "~"}},
                    answering(good + good)};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(written.body(),
                HasSubstr(fmt::format(R"x({{"parentcustomerid_account@odata.bind":"/accounts({0})",)x"
                                      R"x("new_RegionId@odata.bind":"/new_regions({0})",)x"
                                      R"x("ownerid@odata.bind":"/systemusers({0})"}})x",
                                      acme)));
    EXPECT_THAT(written.body(), HasSubstr(R"({"parentcustomerid_account":null,"new_RegionId":null})"));
    EXPECT_THAT(written.sink.lines[0],
                HasSubstr("3 refused |INVALID_VALUE|'nobody' is no GUID|parentcustomerid"));
    std::string question;
    for (const http::Request& each : written.org.client.requests())
        if (asked(each).starts_with("RetrieveMetadataChanges")) question = asked(each);
    EXPECT_THAT(question, HasSubstr(R"([\"account\",\"contact\",\"new_region\",\"systemuser\"])"));
    EXPECT_THAT(question, Not(HasSubstr("AttributeQuery")));
}

TEST(DynamicsWriting, ParentsAreNamedByTheirOwnAlternateKey) {
    Written written{request(WriteOperation::update, "contactid",
                            {column("contactid"), column("parentcustomerid", "account", "accountnumber")}),
                    {{a, "A-1 ü"}, {a, "-"}},
                    answering(good + good)};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(
        written.body(),
        HasSubstr(R"x({"parentcustomerid_account@odata.bind":"/accounts(accountnumber='A-1%20%C3%BC')"})x"));
    Written numbered{request(WriteOperation::update, "contactid",
                             {column("contactid"), column("parentcustomerid", "account", "new_erp")}),
                     {{a, "17"}, {a, "17) or (1"}},
                     answering(good)};
    ASSERT_TRUE(numbered.outcome) << numbered.outcome.error().message;
    EXPECT_THAT(numbered.body(), HasSubstr("\"/accounts(new_erp=17)\""));
    EXPECT_THAT(numbered.sink.lines[0], HasSubstr("2 refused |INVALID_VALUE|'17) or (1' is no number"));
}

TEST(DynamicsWriting, ACellThatCouldBreakTheBatchIsRefusedHere) {
    Written written{
        request(WriteOperation::update, "contactid",
                {column("contactid"), column("creditlimit"), column("lastname")}),
        {{a, "1}\r\n--batch_koppla", "x"}, {a, "1", "\xff"}, {"1) or (2", "1", "x"}, {a, "1", "y"}},
        answering(good)};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_EQ(written.body(),
              "--batch_koppla\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: "
              "binary\r\n\r\nPATCH /api/data/v9.2/contacts(" +
                  a +
                  ") HTTP/1.1\r\nContent-Type: application/json\r\nIf-Match: *\r\n"
                  "MSCRM.SuppressDuplicateDetection: false\r\n\r\n{\"creditlimit\":1,\"lastname\":\"y\"}\r\n"
                  "--batch_koppla--\r\n");
    EXPECT_EQ(written.sink.lines.size(), 4U);
    EXPECT_THAT(written.sink.lines[1],
                HasSubstr("2 refused |INVALID_VALUE|the text is not valid UTF-8|lastname"));
}

TEST(DynamicsWriting, LocksAndLimitsArePostponedAndFaultsRefusedWithTheirField) {
    Written written{
        request(WriteOperation::update, "contactid", {column("contactid"), column("lastname")}),
        {{a, "1"}, {a, "2"}, {a, "3"}, {a, "4"}, {a, "5"}},
        answering(good +
                  refused("400 Bad Request", "0x80044331",
                          "A validation error occurred.  The length of the 'lastname' attribute of the "
                          "'contact' entity exceeded the maximum allowed length of '50'.") +
                  refused("500 Internal Server Error", "-2147204784", "Sql error: 1205") +
                  refused("429 Too Many Requests", "0x80072322", "Number of requests exceeded") +
                  refused("500 Internal Server Error", "0x80040265", "the plug-in's words"))};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(written.sink.lines[1],
                "2 refused " + a +
                    "|0x80044331|A validation error occurred.  The length of the 'lastname' attribute of the "
                    "'contact' entity exceeded the maximum allowed length of '50'.|lastname");
    EXPECT_EQ(written.sink.lines[2], "3 postponed " + a + "|0x80044150|Sql error: 1205|");
    EXPECT_EQ(written.sink.lines[3], "4 postponed " + a + "|0x80072322|Number of requests exceeded|");
    EXPECT_EQ(written.sink.lines[4], "5 refused " + a + "|0x80040265|the plug-in's words|");
}

const WriteRequest plain_update =
    request(WriteOperation::update, "contactid", {column("contactid"), column("lastname")});

TEST(DynamicsWriting, AUserWhoMayNotWriteAnyMoreEndsItAndLosesNoRow) {
    Written written{
        plain_update,
        {{a, "1"}, {b, "2"}},
        answering(good + refused("403 Forbidden", "0x80040225", "The specified user is disabled"))};
    ASSERT_FALSE(written.outcome);
    EXPECT_EQ(written.outcome.error().kind, ErrorKind::denied);
    EXPECT_THAT(written.outcome.error().message, HasSubstr("the user is disabled in this environment"));
    EXPECT_THAT(written.sink.lines, ElementsAre("1 done " + a + "|||"));
}

TEST(DynamicsWriting, AMissingPrivilegeOnTheTableIsToldOnceAndNotRowByRow) {
    const std::string missing = refused(
        "403 Forbidden", "0x80040220", "Principal user (Id=1) is missing prvWriteContact privilege on OTC=2");
    Written all{plain_update, {{a, "1"}, {b, "2"}}, answering(missing + missing)};
    ASSERT_FALSE(all.outcome);
    EXPECT_EQ(all.outcome.error().kind, ErrorKind::denied);
    EXPECT_THAT(all.outcome.error().message, HasSubstr("prvWriteContact"));
    EXPECT_TRUE(all.sink.lines.empty());
    Written one{plain_update, {{a, "1"}, {b, "2"}}, answering(good + missing)};
    ASSERT_TRUE(one.outcome) << one.outcome.error().message;
    EXPECT_THAT(one.sink.lines[1], HasSubstr("2 refused " + b + "|0x80040220|"));
}

TEST(DynamicsWriting, WhereEveryPartIsTooMuchTheBatchWaits) {
    const std::string much = part("429 Too Many Requests", "Retry-After: 7\r\n",
                                  R"({"error":{"code":"0x80072322","message":"exceeded"}})");
    Written written{plain_update, {{a, "1"}, {b, "2"}}, answering(much + much)};
    ASSERT_FALSE(written.outcome);
    EXPECT_EQ(written.outcome.error().kind, ErrorKind::throttled);
    EXPECT_EQ(written.outcome.error().retry_after, std::chrono::seconds{7});
    EXPECT_TRUE(written.sink.lines.empty());
}

TEST(DynamicsWriting, OfABatchThatStoppedTheRestIsPostponed) {
    Written written{plain_update, {{a, "1"}, {a, "2"}, {a, "3"}}, [](const http::Request&) {
                        return batch_answer(good + refused("400 Bad Request", "0x80040203", "no"), 400);
                    }};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_THAT(written.sink.lines,
                ElementsAre("1 done " + a + "|||", "2 refused " + a + "|0x80040203|no|",
                            "3 postponed |NOT_REACHED|Dynamics ended the batch at an earlier record|"));
}

TEST(DynamicsWriting, OfAnAnswerThatWasCutTheRestIsInDoubt) {
    Written written{plain_update, {{a, "1"}, {a, "2"}}, [](const http::Request&) -> Answer {
                        return {
                            .body = good + "--batchresponse_1\r\nContent-Type: appl",
                            .headers = {{"Content-Type", "multipart/mixed; boundary=\"batchresponse_1\""}}};
                    }};
    ASSERT_FALSE(written.outcome);
    EXPECT_EQ(written.outcome.error().kind, ErrorKind::in_doubt);
    EXPECT_THAT(written.sink.lines, ElementsAre("1 done " + a + "|||"));
}

TEST(DynamicsWriting, AnswersThatAreOfOtherRecordsAreNotBelieved) {
    Written written{plain_update, {{b, "1"}, {a, "2"}}, answering(good + part("204 No Content", entity(b)))};
    ASSERT_FALSE(written.outcome);
    EXPECT_EQ(written.outcome.error().kind, ErrorKind::in_doubt);
    EXPECT_TRUE(written.sink.lines.empty());
}

TEST(DynamicsWriting, AnAnswerThatIsNoBatchsRefusesTheWholeOfIt) {
    const auto kind_of = [](Answer answer) {
        Written written{plain_update, {{a, "1"}}, [&](const http::Request&) { return answer; }};
        EXPECT_TRUE(written.sink.lines.empty());
        return written.outcome ? "none" : std::string{name(written.outcome.error().kind)};
    };
    const http::Headers json = {{"Content-Type", "application/json"}};
    EXPECT_EQ(kind_of({.status = 400,
                       .body = R"({"error":{"code":"0x80060888","message":"bad batch"}})",
                       .headers = json}),
              "invalid");
    EXPECT_EQ(kind_of({.status = 403, .body = R"({"error":{"code":"0x80040220"}})", .headers = json}),
              "denied");
    EXPECT_EQ(kind_of({.status = 413}), "invalid");
    EXPECT_EQ(kind_of({.status = 500, .body = "{}", .headers = json}), "in_doubt");
    EXPECT_EQ(kind_of({.status = 502, .body = "<html>", .headers = json}), "in_doubt");
    EXPECT_EQ(kind_of({.status = 200, .body = "<html>", .headers = {{"Content-Type", "text/html"}}}),
              "in_doubt");
    EXPECT_EQ(
        kind_of(
            {.status = 200, .body = "nothing", .headers = {{"Content-Type", "multipart/mixed; boundary=x"}}}),
        "in_doubt");
    EXPECT_EQ(kind_of({.failure = error(ErrorKind::in_doubt, "cut")}), "in_doubt");
}

TEST(DynamicsWriting, ManyRowsAreSentInSeveralBatches) {
    std::vector<std::vector<std::string>> rows(230, {a, "x"});
    int operations = 0;
    Written written{plain_update, rows, [&](const http::Request& request) {
                        std::string parts;
                        for (auto at = request.body.find("PATCH "); at != std::string::npos;
                             at = request.body.find("PATCH ", at + 1)) {
                            parts += good;
                            ++operations;
                        }
                        return batch_answer(parts);
                    }};
    ASSERT_TRUE(written.outcome) << written.outcome.error().message;
    EXPECT_EQ(operations, 230);
    EXPECT_EQ(written.org.client.count("$batch"), 3);
    EXPECT_EQ(written.sink.lines.size(), 230U);
}

}  // namespace
}  // namespace koppla::dynamics
