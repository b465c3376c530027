#include "crm/salesforce/collections.h"

#include "crm/salesforce/ingest_results.h"
#include "crm/salesforce/test/writing.h"

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
const std::string collections = test::server + "/services/data/v68.0/composite/sobjects";

WriteRequest request(WriteOperation operation, std::string key, const std::vector<std::string>& names) {
    return test::request(contact, WritePath::rows, operation, std::move(key), names);
}

Result<void> write(Org& org, const WriteRequest& asked, TableRows& rows, TextResults& results) {
    auto writer = org.connector->writer(asked, static_cast<std::int64_t>(rows.rows.size()), org.call);
    if (!writer) return writer.error();
    return (*writer)->write(rows, "", results, org.call);
}

/// The one request that writes.
http::Request sent(Org& org) {
    for (const http::Request& each : org.client.requests())
        if (each.target.starts_with(collections)) return each;
    return {};
}

json success(const std::string& id, json more = json::object()) {
    json result = {{"id", id}, {"success", true}, {"errors", json::array()}};
    result.update(more);
    return result;
}

json failure(const std::string& symbol, const std::string& message, const json& fields = json::array()) {
    return {{"success", false},
            {"errors", {{{"statusCode", symbol}, {"message", message}, {"fields", fields}}}}};
}

TEST(Collections, AnInsertIsOneRequestWithEachRowForItself) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        return {.body = json{success("003xx000003DGb2"),
                             failure("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]",
                                     {"LastName"})}
                            .dump()};
    })};
    TableRows rows{{{"Müller", "12.50", "~"}, {"-", "-", "true"}}};
    TextResults results;
    const auto asked = request(WriteOperation::insert, "", {"LastName", "Amount__c", "Active__c"});
    const auto written = write(org, asked, rows, results);
    ASSERT_TRUE(written) << written.error().message;
    const auto http = sent(org);
    EXPECT_EQ(http.method, "POST");
    EXPECT_EQ(http.target, collections);
    EXPECT_EQ(http.body,
              R"({"allOrNone":false,"records":[)"
              R"({"attributes":{"type":"Contact"},"LastName":"Müller","Amount__c":12.50},)"
              R"({"attributes":{"type":"Contact"},"LastName":null,"Amount__c":null,"Active__c":true}]})");
    EXPECT_EQ(http.headers.find("Content-Type"), "application/json; charset=UTF-8");
    EXPECT_EQ(http.headers.find("Sforce-Auto-Assign"), "FALSE");
    EXPECT_EQ(http.headers.find("Sforce-Duplicate-Rule-Header"), std::nullopt);
    EXPECT_THAT(std::string{http.headers.find("Sforce-Call-Options").value_or("")},
                HasSubstr("client=koppla/"));
    EXPECT_EQ(
        results.rows,
        (Told{{100, "done 003xx000003DGb2AAG created"},
              {101, "refused REQUIRED_FIELD_MISSING: Required fields are missing: [LastName] [LastName]"}}));
    EXPECT_TRUE(results.names.empty());
}

TEST(Collections, AnUpdateNamesRecordsByTheirId) {
    Org org{test::with_login(
        [](const http::Request&) -> Answer { return {.body = json{success("003xx000003DGb2AAG")}.dump()}; })};
    TableRows rows{{{"x@y", "003xx000003DGb2AAG", "A1"}}};
    TextResults results;
    ASSERT_TRUE(write(org, request(WriteOperation::update, "Id", {"Email", "Id", "AccountId.Ext__c"}), rows,
                      results));
    EXPECT_EQ(sent(org).method, "PATCH");
    EXPECT_EQ(sent(org).body,
              R"({"allOrNone":false,"records":[{"attributes":{"type":"Contact"},"Email":"x@y",)"
              R"("id":"003xx000003DGb2AAG","Account":{"Ext__c":"A1"}}]})");
    EXPECT_EQ(results.rows, (Told{{100, "done 003xx000003DGb2AAG"}}));
}

TEST(Collections, AnUpsertGoesToItsKeyAndHeadersSayWhatIsAllowed) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        return {.body = json{success("003xx000003DGb2AAG", {{"created", true}}),
                             success("003xx000003DGb2AAG", {{"created", false}})}
                            .dump()};
    })};
    TableRows rows{{{"k1", "a"}, {"k2", "b"}}};
    TextResults results;
    auto asked = request(WriteOperation::upsert, "Ext__c", {"Ext__c", "LastName"});
    asked.duplicates = Duplicates::allow;
    asked.assignment_rule = "01Qxx0000000001";
    ASSERT_TRUE(write(org, asked, rows, results));
    EXPECT_EQ(sent(org).method, "PATCH");
    EXPECT_EQ(sent(org).target, collections + "/Contact/Ext__c");
    EXPECT_EQ(sent(org).headers.find("Sforce-Duplicate-Rule-Header"), "allowSave=true");
    EXPECT_EQ(sent(org).headers.find("Sforce-Auto-Assign"), "01Qxx0000000001");
    EXPECT_EQ(results.rows,
              (Told{{100, "done 003xx000003DGb2AAG created"}, {101, "done 003xx000003DGb2AAG"}}));
}

TEST(Collections, DeletingWhatIsGoneAlreadyIsDone) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        return {.body = json{success("003xx000003DGb2AAG"), failure("ENTITY_IS_DELETED", "entity is deleted"),
                             failure("DELETE_FAILED", "it is needed")}
                            .dump()};
    })};
    TableRows rows{{{"003xx000003DGb2AAG"}, {"003xx000003DGb3"}, {"a,b&c"}, {"003xx000003DGb4"}}};
    TextResults results;
    ASSERT_TRUE(write(org, request(WriteOperation::remove, "Id", {"Id"}), rows, results));
    EXPECT_EQ(sent(org).method, "DELETE");
    EXPECT_EQ(sent(org).target,
              collections + "?ids=003xx000003DGb2AAG,003xx000003DGb3,003xx000003DGb4&allOrNone=false");
    EXPECT_EQ(sent(org).body, "");
    EXPECT_EQ(results.rows, (Told{{100, "done 003xx000003DGb2AAG"},
                                  {101, "done ENTITY_IS_DELETED: entity is deleted"},
                                  {102, "refused MALFORMED_ID: an id has 15 or 18 letters and digits [Id]"},
                                  {103, "refused DELETE_FAILED: it is needed"}}));
}

TEST(Collections, LocksAndLimitsPassAndTheRestStays) {
    const std::vector<std::pair<std::string, std::string>> passing = {
        {"UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"},
        {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "MyTrigger: UNABLE_TO_LOCK_ROW, unable to obtain"},
        {"REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."},
        {"SERVER_UNAVAILABLE", ""},
        {"STORAGE_LIMIT_EXCEEDED", ""},
        {"PROCESSING_HALTED", ""},
        {"ALL_OR_NONE_OPERATION_ROLLED_BACK", ""},
        {"FUNCTIONALITY_TEMPORARILY_UNAVAILABLE", ""},
        {"UNKNOWN_EXCEPTION", "ErrorId: 12"}};
    const std::vector<std::pair<std::string, std::string>> lasting = {
        {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "MyTrigger: no"},
        {"DUPLICATE_VALUE", "duplicate value found: UNABLE_TO_LOCK_ROW"},
        {"DUPLICATES_DETECTED", "Use one of these records?"},
        {"STRING_TOO_LONG", ""},
        {"ENTITY_IS_DELETED", ""},
        {"SOMETHING_NEW", ""}};
    for (const auto& [symbol, message] : passing)
        EXPECT_EQ(outcome_of(WriteOperation::update, symbol, message), WriteResult::Outcome::postponed)
            << symbol;
    for (const auto& [symbol, message] : lasting)
        EXPECT_EQ(outcome_of(WriteOperation::update, symbol, message), WriteResult::Outcome::refused)
            << symbol;
}

TEST(Collections, ManyRowsAreSeveralRequests) {
    Org org{test::with_login([](const http::Request& asked) -> Answer {
        json results = json::array();
        const json body = json::parse(asked.body);
        for (const json& each : body["records"])
            results.push_back(failure("STRING_TOO_LONG", each["LastName"]));
        return {.body = results.dump()};
    })};
    std::vector<std::vector<std::string>> many;
    for (int i = 0; i < 450; ++i) many.push_back({fmt::format("n{}", i)});
    TableRows rows{many, 70};
    TextResults results;
    ASSERT_TRUE(write(org, request(WriteOperation::insert, "", {"LastName"}), rows, results));
    EXPECT_EQ(org.client.count("POST " + collections), 3);
    ASSERT_EQ(results.rows.size(), 450U);
    for (int i = 0; i < 450; ++i)
        EXPECT_EQ(results.rows[100 + i], fmt::format("refused STRING_TOO_LONG: n{}", i));
}

TEST(Collections, WhatCantBeSentIsRefusedAndTheOthersGo) {
    Org org{test::with_login([](const http::Request& asked) -> Answer {
        EXPECT_EQ(json::parse(asked.body)["records"].size(), 2U);
        return {.body = json{success("003xx000003DGb2AAG"), success("003xx000003DGb2AAG")}.dump()};
    })};
    TableRows rows{{{"k1", "a", "1"},
                    {"~", "a", "1"},
                    {"k3", "\xff", "1"},
                    {"k4", std::string{"a\0b", 3}, "1"},
                    {"k5", "a", "twelve"},
                    {"k6", "#N/A", "2"}}};
    TextResults results;
    ASSERT_TRUE(write(org, request(WriteOperation::upsert, "Ext__c", {"Ext__c", "LastName", "Amount__c"}),
                      rows, results));
    EXPECT_THAT(results.rows[101], HasSubstr("refused KEY_MISSING"));
    EXPECT_THAT(results.rows[102], HasSubstr("refused NOT_TEXT"));
    EXPECT_THAT(results.rows[103], HasSubstr("refused NOT_TEXT"));
    EXPECT_EQ(results.rows[104], "refused NOT_A_NUMBER: the value is no number [Amount__c]");
    EXPECT_EQ(results.rows[105], "done 003xx000003DGb2AAG");
}

TEST(Collections, AnAnswerThatIsLostOrTellsNothingLeavesItsRowsInDoubt) {
    const std::vector<std::pair<Answer, ErrorKind>> answers = {
        {{.failure = error(ErrorKind::in_doubt, "the connection was cut")}, ErrorKind::in_doubt},
        {{.status = 500, .body = R"([{"errorCode":"UNKNOWN_EXCEPTION","message":"x"}])"},
         ErrorKind::in_doubt},
        {{.status = 502}, ErrorKind::in_doubt},
        {{.status = 503}, ErrorKind::unavailable},
        {{.failure = error(ErrorKind::unavailable, "no route")}, ErrorKind::unavailable},
        {{.status = 403, .body = R"([{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests"}])"},
         ErrorKind::throttled},
        {{.status = 400, .body = R"([{"errorCode":"JSON_PARSER_ERROR","message":"x"}])"}, ErrorKind::invalid},
        {{.body = "[]"}, ErrorKind::in_doubt},
        {{.body = R"([{"id":"003xx000003DGb2AAG","succ)"}, ErrorKind::in_doubt},
        {{.body = R"([{"id":"003xx000003DGb2AAG"}])"}, ErrorKind::in_doubt},
        {{.body = R"([{"success":false,"errors":[]}])"}, ErrorKind::in_doubt},
        {{.body = R"({"success":true})"}, ErrorKind::in_doubt},
        {{.body = "<html>"}, ErrorKind::in_doubt}};
    for (const auto& [answer, kind] : answers) {
        Org org{test::with_login([&, scripted = answer](const http::Request&) { return scripted; })};
        TableRows rows{{{"a"}}};
        TextResults results;
        const auto written = write(org, request(WriteOperation::insert, "", {"LastName"}), rows, results);
        ASSERT_FALSE(written) << answer.body;
        EXPECT_EQ(written.error().kind, kind) << answer.status << " " << answer.body;
        EXPECT_TRUE(results.rows.empty());
    }
}

TEST(Collections, WhatWasToldBeforeAFailureStays) {
    int requests = 0;
    Org org{test::with_login([&](const http::Request&) -> Answer {
        if (++requests == 2) return {.failure = error(ErrorKind::in_doubt, "cut")};
        json results = json::array();
        for (int i = 0; i < 200; ++i) results.push_back(success("003xx000003DGb2AAG"));
        return {.body = results.dump()};
    })};
    TableRows rows{std::vector<std::vector<std::string>>(300, {"a"}), 100};
    TextResults results;
    const auto written = write(org, request(WriteOperation::insert, "", {"LastName"}), rows, results);
    ASSERT_FALSE(written);
    EXPECT_EQ(results.rows.size(), 200U);
}

}  // namespace
}  // namespace koppla::salesforce
