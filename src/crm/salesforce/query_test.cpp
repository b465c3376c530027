#include "crm/salesforce/query.h"

#include "crm/salesforce/test/org.h"
#include "crm/salesforce/tuning.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::salesforce {
namespace {

const model::ObjectSchema contact = test::contact_schema();
const Instant ten = *parse_instant("2026-11-01T10:00:00Z");
const Instant eleven = *parse_instant("2026-11-01T11:00:00.250Z");

ReadRequest request() {
    return {.object = &contact, .fields = {"Id", "Name"}};
}

std::string statement(const ReadRequest& asked, ReadPath path = ReadPath::pages) {
    const auto result = soql(asked, path);
    return result ? *result : "refused: " + result.error().message;
}

TEST(Query, PutsARequestIntoOneStatement) {
    ReadRequest plain = request();
    EXPECT_EQ(statement(plain), "SELECT Id,Name FROM Contact ORDER BY Id ASC");
    EXPECT_EQ(statement(plain, ReadPath::bulk), "SELECT Id,Name FROM Contact");

    ReadRequest window = request();
    window.index_field = "SystemModstamp";
    window.from = ten;
    window.until = eleven;
    const std::string condition =
        " WHERE SystemModstamp >= 2026-11-01T10:00:00.000Z AND SystemModstamp <= 2026-11-01T11:00:00.250Z";
    EXPECT_EQ(statement(window),
              "SELECT Id,Name FROM Contact" + condition + " ORDER BY SystemModstamp ASC, Id ASC");
    EXPECT_EQ(statement(window, ReadPath::bulk), "SELECT Id,Name FROM Contact" + condition);

    ReadRequest filtered = window;
    filtered.until.reset();
    filtered.filter = "Name = 'x' OR Name = 'y'";
    EXPECT_EQ(statement(filtered, ReadPath::bulk),
              "SELECT Id,Name FROM Contact WHERE (Name = 'x' OR Name = 'y') AND SystemModstamp >= "
              "2026-11-01T10:00:00.000Z");
}

TEST(Query, ADateIndexIsComparedWithDates) {
    ReadRequest dated = request();
    dated.index_field = "Birthdate";
    dated.from = ten;
    EXPECT_EQ(statement(dated, ReadPath::bulk), "SELECT Id,Name FROM Contact WHERE Birthdate >= 2026-11-01");
}

TEST(Query, OrderAndLimitOfTheUserStandOnBothPaths) {
    ReadRequest ordered = request();
    ordered.order_by = " Name desc  nulls last,Account.Name ,birthdate asc";
    ordered.row_limit = 5;
    const std::string expected =
        "SELECT Id,Name FROM Contact ORDER BY Name DESC NULLS LAST, Account.Name, birthdate ASC LIMIT 5";
    EXPECT_EQ(statement(ordered), expected);
    EXPECT_EQ(statement(ordered, ReadPath::bulk), expected);
}

TEST(Query, AFilterCantLeaveItsParentheses) {
    const std::vector<std::string> bad = {"Name = 'x') OR (Name = 'y'",
                                          "Name = 'x",
                                          "(Name = 'x'",
                                          ")",
                                          "Name = 'x\\'",
                                          "Name = 'x' )--(",
                                          "a\x01"};
    for (const std::string& filter : bad) {
        ReadRequest asked = request();
        asked.filter = filter;
        EXPECT_TRUE(statement(asked).starts_with("refused: Contact: the filter")) << filter;
    }
    const std::vector<std::string> good = {"Name = ')'", "Name = 'it\\'s (' AND (Id = '1' OR Id = '2')",
                                           "Name = '\\\\'", "  "};
    for (const std::string& filter : good) {
        ReadRequest asked = request();
        asked.filter = filter;
        EXPECT_FALSE(statement(asked).starts_with("refused")) << statement(asked);
    }
}

TEST(Query, WhatIsNotOfTheObjectIsRefused) {
    ReadRequest asked = request();
    asked.fields.push_back("Nope__c");
    EXPECT_NE(statement(asked).find("no field 'Nope__c'"), std::string::npos);

    const std::vector<std::string> orders = {"Nope__c", "Name LIMIT 1", "Name; DROP", "Name DESC NULLS",
                                             "1",       "Name) x"};
    for (const std::string& order : orders) {
        ReadRequest ordered = request();
        ordered.order_by = order;
        EXPECT_TRUE(statement(ordered).starts_with("refused")) << order;
    }
    ReadRequest indexed = request();
    indexed.from = ten;
    EXPECT_NE(statement(indexed).find("needs an index field"), std::string::npos);
    indexed.index_field = "Name";
    EXPECT_NE(statement(indexed).find("neither a point in time nor a date"), std::string::npos);
    ReadRequest none = request();
    none.fields.clear();
    EXPECT_NE(statement(none).find("no field was asked for"), std::string::npos);
    ReadRequest limited = request();
    limited.row_limit = 0;
    EXPECT_NE(statement(limited).find("at least 1"), std::string::npos);
}

TEST(Query, AStatementBeyondWhatSalesforceTakesIsRefused) {
    ReadRequest asked = request();
    asked.filter = "Name = '" + std::string(tuning::soql_bytes_max, 'x') + "'";
    EXPECT_NE(statement(asked).find("Salesforce takes 100000"), std::string::npos);
}

TEST(Query, TheAddressCarriesTheStatementUnharmed) {
    const std::string soql_text = "SELECT Id FROM X WHERE a = '1+2 & ü%' AND d >= 2026-11-01T10:00:00+01:00";
    const std::string path = query_path("/services/data/v68.0/queryAll", soql_text);
    EXPECT_TRUE(path.starts_with("/services/data/v68.0/queryAll?q=SELECT+Id+FROM+X"));
    EXPECT_EQ(http::form_value(path.substr(path.find('?') + 1), "q"), soql_text);
    EXPECT_TRUE(http::parse_url("https://x.y" + path));
}

TEST(Positions, SurviveBeingStored) {
    using Stage = Position::Stage;
    const std::vector<Position> positions = {
        {.stage = Stage::automatic, .may_switch = true},
        {.stage = Stage::pages},
        {.stage = Stage::page, .next_path = "/services/data/v68.0/query/01gxx0000000001AAA-2000"},
        {.stage = Stage::job_wanted},
        {.stage = Stage::job_wanted, .may_switch = true},
        {.stage = Stage::job, .version = "68.0", .job = "750xx0000000001AAA"},
        {.stage = Stage::job,
         .version = "68.0",
         .job = "750xx0000000001AAA",
         .locator = "MTAw +/=",
         .rows_skipped = 7},
        {.stage = Stage::done}};
    for (const Position& position : positions) {
        const auto read = Position::of(position.text());
        ASSERT_TRUE(read) << position.text();
        EXPECT_EQ(*read, position) << position.text();
    }
}

TEST(Positions, ThatLeadAwayFromTheApiAreRefused) {
    for (const std::string text :
         {"", "x", "page", "page https://evil.example/", "page //evil.example/services/data/v1",
          "page @evil.example", "page /services/data/v68.0/../../evil", "page /services/data/v68.0/a\\b",
          "job 68.0", "job 68.0 a/b 0", "job ../x 750xx0000000001AAA 0", "job 68.0 750xx0000000001AAA -1",
          "job 68.0 750xx0000000001AAA 1x"}) {
        const auto read = Position::of(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
    }
}

}  // namespace
}  // namespace koppla::salesforce
