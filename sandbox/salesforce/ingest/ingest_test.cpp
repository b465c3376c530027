#include "http/pieces_test.h"
#include "sandbox/salesforce/ingest/fixture.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

using Ingest = IngestTest;

TEST_F(Ingest, GoesFromOpenToJobComplete) {
    const auto job = send("POST", "/jobs/ingest", {{"operation", "insert"}, {"object", "contact"}}, 200);
    const auto id = job["id"].get<std::string>();
    EXPECT_TRUE(id.starts_with("750"));
    EXPECT_EQ(job["state"], "Open");
    EXPECT_EQ(job["object"], "Contact");
    EXPECT_EQ(job["contentUrl"], "services/data/v68.0/jobs/ingest/" + id + "/batches");
    EXPECT_EQ(job["jobType"], "V2Ingest");
    EXPECT_EQ(job["apiVersion"], 68.0);
    EXPECT_EQ(job["lineEnding"], "LF");
    EXPECT_EQ(job["columnDelimiter"], "COMMA");
    EXPECT_EQ(ask("GET", path(id, "/successfulResults")).status, 400);
    EXPECT_EQ(upload(id, "LastName,Email\nJane,jane@example.com\nJoe,\n").status, 201);
    EXPECT_EQ(error_code(upload(id, "LastName\nAgain\n")), "INVALIDJOBSTATE") << "once for each job";
    const auto closed = send("PATCH", "/jobs/ingest/" + id, {{"state", "UploadComplete"}}, 200);
    EXPECT_EQ(closed["state"], "UploadComplete");
    EXPECT_FALSE(closed.contains("lineEnding"));
    const auto whole = over(id);
    EXPECT_EQ(whole["state"], "JobComplete");
    EXPECT_EQ(whole["numberRecordsProcessed"], 2);
    EXPECT_EQ(whole["numberRecordsFailed"], 0);
    EXPECT_EQ(whole["retries"], 0);
    const auto text = successful(id);
    EXPECT_THAT(text, StartsWith("\"sf__Id\",\"sf__Created\",LastName,Email\n"));
    EXPECT_THAT(text, HasSubstr("\",\"true\",\"Jane\",\"jane@example.com\"\n"));
    EXPECT_THAT(text, HasSubstr("\",\"true\",\"Joe\",\"\"\n"));
    EXPECT_EQ(failed(id), "\"sf__Id\",\"sf__Error\",LastName,Email\n");
    EXPECT_EQ(unprocessed(id), "LastName,Email\n");
    EXPECT_EQ(records("SELECT Id FROM Contact WHERE LastName = 'Jane' AND Email = 'jane@example.com'").size(),
              1U);
}

TEST_F(Ingest, TakesAnUploadAsItComes) {
    const auto put = [&](const std::string& id, http::Pieces& data) {
        const http::Request request{
            .method = "PUT",
            .target = path(id, "/batches"),
            .headers = {{"Authorization", "Bearer " + services_->credentials.access_token}},
            .source = &data};
        EXPECT_TRUE(face_->reads_as_it_comes(request));
        Recorder recorder;
        face_->answer(request, recorder);
        return recorder.response_.status;
    };
    std::string text = "LastName\n";
    for (int i = 0; i < 500; ++i) text += "Piece " + std::to_string(i) + "\n";
    const auto id = open("insert", "Contact");
    http::Pieces cut{text};
    cut.fails_at = 3'000;
    EXPECT_GE(put(id, cut), 400);
    http::Pieces whole{text};
    EXPECT_EQ(put(id, whole), 201) << "of the first nothing was kept";
    send("PATCH", "/jobs/ingest/" + id, {{"state", "UploadComplete"}}, 200);
    EXPECT_EQ(over(id)["numberRecordsProcessed"], 500);
    EXPECT_EQ(records("SELECT Id FROM Contact WHERE LastName LIKE 'Piece %'").size(), 500U);
    http::Pieces huge{text};
    huge.announced = 150'000'001;
    EXPECT_EQ(put(open("insert", "Contact"), huge), 413);
    EXPECT_FALSE(face_->reads_as_it_comes({.method = "PATCH", .target = path(id, "/batches")}));
}

TEST_F(Ingest, UpdatesWhatIsThereAndLeavesEmptyCellsAlone) {
    const auto id =
        send("POST", "/sobjects/Contact",
             {{"LastName", "Old"}, {"Email", "a@b.example"}, {"Phone", "1"}, {"Vip__c", true}}, 201)
            .value("id", "");
    done("update", "Contact", "Id,LastName,Email,Phone,Vip__c\n" + id + ",,#N/A,2,#N/A\n");
    EXPECT_EQ(last()["numberRecordsFailed"], 0);
    const auto row = get("/sobjects/Contact/" + id);
    EXPECT_EQ(row["LastName"], "Old");
    EXPECT_EQ(row["Email"], nullptr);
    EXPECT_EQ(row["Phone"], "2");
    EXPECT_EQ(row["Vip__c"], false);
}

TEST_F(Ingest, UpsertsByAnExternalIdAndSaysWhatItCreated) {
    const auto id =
        send("POST", "/sobjects/Account", {{"Name", "One"}, {"ExtKey__c", "U1"}}, 201).value("id", "");
    const auto job = done("upsert", "Account", "ExtKey__c,Name\nU1,Changed\nU2,Made\n",
                          {{"externalIdFieldName", "extkey__c"}});
    EXPECT_EQ(get("/jobs/ingest/" + job)["externalIdFieldName"], "ExtKey__c");
    EXPECT_THAT(successful(job), HasSubstr("\"" + id + "\",\"false\",\"U1\",\"Changed\"\n"));
    EXPECT_THAT(successful(job), HasSubstr("\"true\",\"U2\",\"Made\"\n"));
    EXPECT_EQ(get("/sobjects/Account/" + id)["Name"], "Changed");
    const auto twice = done("upsert", "Account", "ExtKey__c,Name\nU3,First\nu3,Second\n,None\n",
                            {{"externalIdFieldName", "ExtKey__c"}});
    EXPECT_EQ(last()["numberRecordsFailed"], 2);
    EXPECT_THAT(failed(twice), HasSubstr("DUPLICATE_VALUE:Duplicate external id specified: u3:ExtKey__c --"));
    EXPECT_THAT(failed(twice), HasSubstr("MISSING_ARGUMENT:ExtKey__c not specified:ExtKey__c --"));
}

TEST_F(Ingest, UpsertsById) {
    const auto id = new_contact("Known");
    const auto job = done("upsert", "Contact", "Id,LastName\n" + id + ",Changed\n,Made\n",
                          {{"externalIdFieldName", "Id"}});
    EXPECT_EQ(last()["numberRecordsFailed"], 0) << failed(job);
    EXPECT_THAT(successful(job), HasSubstr("\"" + id + "\",\"false\""));
    EXPECT_THAT(successful(job), HasSubstr("\"true\",\"\",\"Made\""));
}

TEST_F(Ingest, DeletesIntoTheBinOrPastIt) {
    const auto binned = new_contact("Binned");
    const auto gone = new_contact("Gone");
    done("delete", "Contact", "Id\n" + binned + "\n");
    done("hardDelete", "Contact", "Id\n" + gone + "\n");
    EXPECT_EQ(last()["operation"], "hardDelete");
    const auto all = get("/queryAll?q=" + http::percent_encode("SELECT Id FROM Contact WHERE LastName IN "
                                                               "('Binned', 'Gone')"));
    ASSERT_EQ(all["totalSize"], 1);
    EXPECT_EQ(all["records"][0]["Id"], binned);
    const auto again = done("delete", "Contact", "Id\n" + binned + "\n");
    EXPECT_THAT(failed(again), HasSubstr("ENTITY_IS_DELETED:entity is deleted:--"));
    EXPECT_THAT(failed(done("hardDelete", "Contact", "Id\n" + gone + "\n")),
                HasSubstr("INVALID_CROSS_REFERENCE_KEY:"));
}

TEST_F(Ingest, FindsParentsByTheirKeys) {
    const auto account =
        send("POST", "/sobjects/Account", {{"Name", "Parent"}, {"ExtKey__c", "P1"}}, 201).value("id", "");
    const auto chief =
        send("POST", "/sobjects/Contact", {{"LastName", "Chief"}, {"Email", "chief@x.example"}}, 201)
            .value("id", "");
    const auto job = done("insert", "Contact",
                          "LastName,Account.ExtKey__c,ReportsTo.Email\nChild,P1,chief@x.example\nOrphan,P9,\n"
                          "Free,#N/A,\n");
    EXPECT_EQ(last()["numberRecordsFailed"], 1);
    EXPECT_THAT(failed(job), HasSubstr("INVALID_FIELD:Foreign key external ID: P9 not found for field "
                                       "ExtKey__c in entity Account:--"));
    const auto child = records("SELECT AccountId, ReportsToId FROM Contact WHERE LastName = 'Child'")[0];
    EXPECT_EQ(child["AccountId"], account);
    EXPECT_EQ(child["ReportsToId"], chief);
}

TEST_F(Ingest, WantsAPrefixWhereAParentCanBeOfSeveralObjects) {
    const auto chief =
        send("POST", "/sobjects/Contact", {{"LastName", "Who"}, {"Email", "who@x.example"}}, 201)
            .value("id", "");
    done("insert", "Task", "Subject,Contact:Who.Email\nCall,who@x.example\n");
    EXPECT_EQ(last()["numberRecordsFailed"], 0);
    EXPECT_EQ(records("SELECT WhoId FROM Task")[0]["WhoId"], chief);
    for (const auto* header : {"Subject,Who.Email", "Subject,Account:Who.Name", "Subject,Lead:Who.Company"}) {
        done("insert", "Task", std::string{header} + "\nCall,x\n");
        EXPECT_EQ(last()["state"], "Failed") << header;
    }
    done("insert", "Contact", "LastName,Account:Account.ExtKey__c\nx,y\n");
    EXPECT_EQ(last()["state"], "Failed") << "a prefix where there is but one object";
}

TEST_F(Ingest, HasEveryRowsErrorInItsOwnWords) {
    const auto one = [&](const std::string& data, const char* operation = "insert") {
        return only_error(done(operation, "Contact", data));
    };
    EXPECT_EQ(one("LastName,FirstName\n,x\n"),
              "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --");
    EXPECT_THAT(one("LastName\n" + std::string(81, 'x') + "\n"), StartsWith("STRING_TOO_LONG:"));
    EXPECT_THAT(one("LastName,Level__c\nx,Nope\n"),
                StartsWith("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:Level: bad value for restricted picklist "
                           "field: Nope:Level__c --"));
    EXPECT_THAT(one("LastName,AccountId\nx,nothing\n"), StartsWith("MALFORMED_ID:"));
    EXPECT_THAT(one("LastName,AccountId\nx,001000000000000AAA\n"),
                StartsWith("INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:AccountId --"));
    EXPECT_THAT(one("LastName,Score__c\nx,123456\n"), StartsWith("NUMBER_OUTSIDE_VALID_RANGE:"));
    EXPECT_THAT(one("LastName,Email\nx,nobody\n"),
                StartsWith("INVALID_EMAIL_ADDRESS:Email: invalid email address: nobody:Email --"));
    EXPECT_EQ(
        one("LastName,Birthdate\nx,31.12.2026\n"),
        "INVALID_TYPE_ON_FIELD_IN_RECORD:Birthdate: value not of required type: 31.12.2026:Birthdate --");
    EXPECT_THAT(one("LastName,Vip__c\nx,maybe\n"), StartsWith("INVALID_TYPE_ON_FIELD_IN_RECORD:VIP: "));
    EXPECT_THAT(one("LastName,CreatedDate\nx,2026-11-01T10:00:00Z\n"),
                StartsWith("INVALID_FIELD_FOR_INSERT_UPDATE:"));
    EXPECT_THAT(one("Id,LastName\n003000000000000AAA,x\n", "update"),
                StartsWith("INVALID_CROSS_REFERENCE_KEY:"));
    EXPECT_THAT(one("Id,LastName\nnothing,x\n", "update"), StartsWith("MALFORMED_ID:"));
    EXPECT_EQ(one("LastName,FirstName\nx\n"),
              "INVALID_FIELD:Number of fields in header is different from the row. header = 2 row = 1:--");
    EXPECT_THAT(one("LastName,FirstName\n \"\"x\"\",y\n"), StartsWith("INVALID_FIELD:The row can't be read"));
    const auto taken = send("POST", "/sobjects/Contact", {{"LastName", "T"}, {"ExtKey__c", "taken"}}, 201);
    EXPECT_EQ(one("LastName,ExtKey__c\nx,TAKEN\n"),
              "DUPLICATE_VALUE:duplicate value found: ExtKey__c duplicates value on record with id: " +
                  taken.value("id", "") + ":--");
    EXPECT_EQ(last()["state"], "JobComplete") << "a job whose rows fail is complete all the same";
}

TEST_F(Ingest, FailsAsAWholeForWhatItsHeaderSays) {
    const auto failure = [&](const char* operation, const std::string& data,
                             const json& more = json::object()) {
        const auto id = done(operation, "Contact", data, more);
        EXPECT_EQ(last()["state"], "Failed") << data;
        EXPECT_EQ(last()["numberRecordsProcessed"], 0);
        EXPECT_EQ(lines(unprocessed(id)), lines(data)) << "every row is left over";
        return last().value("errorMessage", "");
    };
    EXPECT_EQ(failure("insert", "LastName,Nope__c\nx,y\n"), "InvalidBatch : Field name not found : Nope__c");
    EXPECT_EQ(failure("update", "LastName\nx\n"), "InvalidBatch : Field name not found : Id");
    EXPECT_EQ(failure("upsert", "LastName\nx\n", {{"externalIdFieldName", "ExtKey__c"}}),
              "InvalidBatch : Field name not found : ExtKey__c");
    EXPECT_THAT(failure("insert", "LastName,lastname\nx,y\n"), StartsWith("InvalidBatch : "));
    EXPECT_THAT(failure("delete", "Id,LastName\nx,y\n"), StartsWith("InvalidBatch : "));
    EXPECT_THAT(failure("insert", "LastName,Account.Parent.Name\nx,y\n"), StartsWith("InvalidBatch : "));
    EXPECT_THAT(failure("insert", "LastName,Account.Phone\nx,y\n"), StartsWith("InvalidBatch : "));
    EXPECT_EQ(failure("insert", "LastName\r\nx\r\n"),
              "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF");
    EXPECT_EQ(failure("insert", "LastName\nx\n", {{"lineEnding", "CRLF"}}),
              "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF");
    done("insert", "Contact", "");
    EXPECT_EQ(last()["state"], "Failed");
}

TEST_F(Ingest, KnowsDelimitersLineEndingsAndTheMark) {
    const std::vector<std::pair<const char*, char>> delimiters{
        {"COMMA", ','}, {"BACKQUOTE", '`'}, {"CARET", '^'}, {"PIPE", '|'}, {"SEMICOLON", ';'}, {"TAB", '\t'}};
    for (const auto& [name, sign] : delimiters) {
        const std::string cut{sign};
        const auto job = done("insert", "Contact",
                              "\xEF\xBB\xBFLastName" + cut + "FirstName\r\n\"A" + cut + "B\"" + cut + "x\r\n",
                              {{"columnDelimiter", name}, {"lineEnding", "CRLF"}});
        EXPECT_EQ(last()["numberRecordsFailed"], 0) << name;
        EXPECT_THAT(successful(job), StartsWith("\"sf__Id\"" + cut + "\"sf__Created\"" + cut + "LastName" +
                                                cut + "FirstName\r\n"));
        EXPECT_THAT(successful(job), HasSubstr("\"true\"" + cut + "\"A" + cut + "B\"" + cut + "\"x\"\r\n"));
    }
}

TEST_F(Ingest, TellsResultsInAnotherOrderThanTheUpload) {
    std::string data = "LastName\n";
    std::vector<std::string> sent;
    for (int i = 0; i < 1'300; ++i) {
        sent.push_back("Row " + std::to_string(i));
        data += sent.back() + "\n";
    }
    const auto text = successful(done("insert", "Contact", data));
    std::vector<std::string> told;
    for (auto at = text.find("\"true\",\""); at != std::string::npos; at = text.find("\"true\",\"", at + 1))
        told.push_back(text.substr(at + 8, text.find('"', at + 8) - at - 8));
    EXPECT_NE(told, sent);
    std::sort(told.begin(), told.end());
    std::sort(sent.begin(), sent.end());
    EXPECT_EQ(told, sent);
}

TEST_F(Ingest, CanBeMadeInOneRequest) {
    const std::string body =
        "--B x\r\nContent-Disposition: form-data; name=\"job\"\r\nContent-Type: application/json\r\n\r\n"
        "{\"object\":\"Contact\",\"operation\":\"insert\"}\r\n--B x\r\nContent-Type: text/csv\r\n"
        "Content-Disposition: form-data; name=\"content\"; "
        "filename=\"content\"\r\n\r\nLastName\nAtOnce\n\r\n--B x--\r\n";
    const http::Headers form{{"Content-Type", "multipart/form-data; boundary=\"B x\""}};
    const auto made = ask("POST", std::string{test_base} + "/jobs/ingest", body, form);
    ASSERT_EQ(made.status, 200) << made.body;
    const auto job = over(read_body(made).value("id", ""));
    EXPECT_EQ(job["state"], "JobComplete");
    EXPECT_EQ(job["numberRecordsProcessed"], 1);
    EXPECT_EQ(records("SELECT Id FROM Contact WHERE LastName = 'AtOnce'").size(), 1U);
    for (const auto& bad : {std::string{}, std::string{"--B x"}, std::string{"--B x\r\n\r\n--B x--"},
                            body.substr(0, 150), body + std::string(100'001, 'x')})
        EXPECT_EQ(ask("POST", std::string{test_base} + "/jobs/ingest", bad, form).status, 400) << bad.size();
}

TEST_F(Ingest, IsAbortedListedAndDeleted) {
    const auto id = open("insert", "Contact");
    upload(id, "LastName\nNever\n");
    EXPECT_EQ(ask("DELETE", path(id)).status, 400);
    EXPECT_EQ(send("PATCH", "/jobs/ingest/" + id, {{"state", "Aborted"}}, 200)["state"], "Aborted");
    send("PATCH", "/jobs/ingest/" + id, {{"state", "UploadComplete"}}, 400);
    send("PATCH", "/jobs/ingest/" + id, {{"state", "Aborted"}}, 400);
    send("PATCH", "/jobs/ingest/" + id, {{"state", "Odd"}}, 400);
    done("insert", "Contact", "LastName\nOther\n");
    EXPECT_EQ(unprocessed(id), "LastName\nNever\n");
    EXPECT_TRUE(records("SELECT Id FROM Contact WHERE LastName = 'Never'").empty());
    EXPECT_EQ(get("/jobs/ingest")["records"].size(), 2U);
    EXPECT_EQ(ask("DELETE", path(id)).status, 204);
    for (const auto* method : {"GET", "DELETE"}) EXPECT_EQ(ask(method, path(id)).status, 404);
    EXPECT_EQ(upload(id, "x").status, 404);
    EXPECT_EQ(ask("GET", path(id, "/failedResults")).status, 404);
    const auto bare = open("insert", "Contact");
    send("PATCH", "/jobs/ingest/" + bare, {{"state", "UploadComplete"}}, 400);
}

TEST_F(Ingest, RefusesJobsThatCantBe) {
    const auto code = [&](const json& body) {
        return send("POST", "/jobs/ingest", body, 400)[0]["errorCode"];
    };
    EXPECT_EQ(code({{"operation", "insert"}, {"object", "Nope__c"}}), "INVALIDENTITY");
    EXPECT_EQ(code({{"operation", "query"}, {"object", "Contact"}}), "API_ERROR");
    EXPECT_EQ(code({{"operation", "upsert"}, {"object", "Contact"}}), "INVALIDJOB");
    EXPECT_EQ(code({{"operation", "upsert"}, {"object", "Contact"}, {"externalIdFieldName", "Phone"}}),
              "INVALIDJOB");
    EXPECT_EQ(code({{"operation", "insert"}, {"object", "Contact"}, {"lineEnding", "CR"}}), "API_ERROR");
    EXPECT_EQ(code({{"operation", "insert"}, {"object", "Contact"}, {"contentType", "JSON"}}), "API_ERROR");
    EXPECT_EQ(ask("POST", "/services/data/v40.0/jobs/ingest", R"({"operation":"insert","object":"Contact"})")
                  .status,
              404);
    EXPECT_EQ(upload(open("insert", "Contact"), std::string(150'000'001, 'x')).status, 413);
}

TEST_F(Ingest, IsChargedAsAnyOtherRequest) {
    const auto before = services_->allowance.figures().used;
    const auto id = done("insert", "Contact", "LastName\nCounted\n");
    EXPECT_GE(services_->allowance.figures().used, before + 4);
    const auto after = services_->allowance.figures().used;
    successful(id);
    EXPECT_EQ(services_->allowance.figures().used, after + 1);
}

TEST_F(Ingest, EndsWhereAFaultEndsIt) {
    const auto id = open("insert", "Contact");
    upload(id, "LastName\nx\n");
    ask_bare("POST", "/sandbox/faults", R"({"next":[{"kind":"job-gone"}]})");
    get("/jobs/ingest/" + id, 404);
}

}  // namespace
}  // namespace koppla::sandbox
