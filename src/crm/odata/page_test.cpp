#include "crm/odata/page.h"

#include "crm/odata/dialect.h"
#include "crm/odata/test/contact.h"
#include "crm/odata/test/shared_data.h"

#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>

namespace koppla::odata {
namespace {

using testing::HasSubstr;
using Rows = std::vector<std::vector<std::string>>;

struct Read {
    PageEnd end;
    Rows rows;
};

const model::ObjectSchema contact = test::contact_schema();

Result<Read> read(const std::string& body, const std::vector<std::string>& fields,
                  std::optional<PageReader::Feed> feed = {}) {
    const ReadRequest request{.object = &contact, .fields = fields};
    model::Batch batch;
    batch.page.reserve(body.size() + 1);
    std::memcpy(batch.page.bytes.get(), body.data(), body.size());
    batch.page.size = body.size();
    PageReader reader{page_columns(request), feed};
    Read result{.end = TRY(reader.read(batch)), .rows = {}};
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
        std::vector<std::string> cells;
        for (std::size_t column = 0; column < batch.column_count(); ++column) {
            const model::Cell& cell = batch.cell(column, row);
            cells.push_back(cell.is_text()                             ? std::string{cell.text()}
                            : cell.state == model::Cell::State::absent ? "~"
                                                                       : "-");
        }
        result.rows.push_back(std::move(cells));
    }
    return result;
}

std::string fault(const std::string& body,
                  const std::vector<std::string>& fields = {"contactid", "fullname"}) {
    const auto result = read(body, fields);
    return result ? "no fault" : result.error().message;
}

TEST(PageOData, RecordsAreCutIntoCellsByName) {
    const auto result = read(
        R"({"@odata.context":"x","@odata.count":2,"value":[
          {"@odata.etag":"W/\"1\"","fullname":"a\"b","revenue":20000.0000,"contactid":"5F0A1B2C-0000-0000-0000-00000000000A","donotemail":false},
          {"@odata.etag":"W/\"2\"","contactid":"5f0a1b2c-0000-0000-0000-00000000000b","revenue":null,"extra":[{"fullname":"no"}],"donotemail":true,"fullname":null}
        ],"@odata.nextLink":"https://x.example/contacts?$skiptoken=%3Ccookie"})",
        {"contactid", "fullname", "revenue", "donotemail", "isdeleted"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows,
              (Rows{{"5f0a1b2c-0000-0000-0000-00000000000a", "a\"b", "20000.0000", "false", "false"},
                    {"5f0a1b2c-0000-0000-0000-00000000000b", "-", "-", "true", "false"}}));
    EXPECT_EQ(result->end.next_link, "https://x.example/contacts?$skiptoken=%3Ccookie");
    EXPECT_EQ(result->end.delta_link, "");
}

TEST(PageOData, AReferenceIsToldWithItsTarget) {
    const std::string annotation = R"("_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname")";
    const auto result =
        read(R"({"value":[{)" + annotation + R"(:"account","_parentcustomerid_value":"AA"},)" +
                 R"({"_parentcustomerid_value":null}]})",
             {"parentcustomerid", "parentcustomeridtype"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, (Rows{{"aa", "account"}, {"-", "-"}}));
    EXPECT_THAT(fault(R"({"value":[{"_parentcustomerid_value":"aa"}]})",
                      {"parentcustomerid", "parentcustomeridtype"}),
                HasSubstr("without the field parentcustomeridtype"));
}

TEST(PageOData, CodesOfAChoiceOfSeveralStandWithSemicolons) {
    const auto result = read(R"({"value":[{"new_interests":"1,9"},{"new_interests":"1, 9, 10"},)"
                             R"({"new_interests":null},{"new_interests":"3"}]})",
                             {"new_interests"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, (Rows{{"1;9"}, {"1;9;10"}, {"-"}, {"3"}}));
}

TEST(PageOData, AFeedTellsDeletionsInAnyOfTheirForms) {
    const auto result = read(
        R"x({"@odata.context":"x/$delta","value":[
          {"@odata.etag":"W/\"9\"","contactid":"a1","fullname":"New","modifiedon":"2026-11-01T10:00:00Z"},
          {"@odata.context":"https://x.example/$metadata#contacts/$deletedEntity","id":"A2","reason":"deleted"},
          {"@removed":{"reason":"changed"},"@odata.id":"https://x.example/contacts(a3)"},
          {"id":"contacts('a''4')","reason":"deleted"}
        ],"@odata.deltaLink":"https://x.example/contacts?$deltatoken=5"
})x",
        {"contactid", "fullname", "modifiedon", "isdeleted"}, PageReader::Feed{.key = 0, .stamp = 2});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, (Rows{{"a1", "New", "2026-11-01T10:00:00Z", "false"},
                                  {"a2", "~", "-", "true"},
                                  {"a3", "~", "-", "true"},
                                  {"a'4", "~", "-", "true"}}));
    EXPECT_EQ(result->end.delta_link, "https://x.example/contacts?$deltatoken=5");
    const auto keyless = read(R"({"value":[{"reason":"deleted"}]})", {"contactid"}, PageReader::Feed{});
    ASSERT_FALSE(keyless);
    EXPECT_THAT(keyless.error().message, HasSubstr("without its key"));
}

TEST(PageOData, WhatIsNoPageIsRefusedAndNeverGuessedAt) {
    EXPECT_THAT(fault(R"({"value":[{"contactid":"1","FullName":"x"}]})"),
                HasSubstr("without the field fullname"));
    EXPECT_THAT(fault(R"({"value":[{"contactid":"1","fullname":"x","fullname":"y"}]})"),
                HasSubstr("holds 'fullname' twice"));
    EXPECT_THAT(fault(R"({"value":[{"contactid":"1","fullname":null,"fullname":"y"}]})"),
                HasSubstr("holds 'fullname' twice"));
    EXPECT_THAT(fault(R"({"value":[],"value":[]})"), HasSubstr("'value' twice"));
    EXPECT_THAT(fault(R"({"value":[],"@odata.nextLink":"a","@odata.nextLink":"b"})"),
                HasSubstr("link twice"));
    EXPECT_THAT(fault(R"({"value":[],"@odata.nextLink":"a","@odata.deltaLink":"b"})"),
                HasSubstr("is the last"));
    EXPECT_THAT(fault(R"({"value":[],"error":{"code":"x"}})"), HasSubstr("failed while it sent"));
    EXPECT_THAT(fault(R"({"values":[]})"), HasSubstr("no 'value'"));
    EXPECT_THAT(fault(R"({"value":[{"contactid":1a,"fullname":"x"}]})"), HasSubstr("no JSON"));
    EXPECT_THAT(fault(R"({"value":[7]})"), HasSubstr("record 1"));
    for (const std::string body : {"", "<html>", "[]", "{\"value\":[{\"contactid\":\"\xff\"}]}"})
        EXPECT_NE(fault(body), "no fault") << body;
    EXPECT_EQ(fault(R"({"value":[],"@odata.nextLink":null})"), "no fault");
}

TEST(PageOData, APageCutAnywhereIsRefused) {
    const std::string whole =
        R"({"value":[{"contactid":"1","fullname":"a"},{"contactid":"2","fullname":"b\n"}]})";
    ASSERT_EQ(fault(whole), "no fault");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(fault(whole.substr(0, size)), "no fault") << size;
}

TEST(PageOData, NestingWithoutEndIsHarmless) {
    const std::string deep(10'000, '[');
    EXPECT_NE(fault(R"({"value":[{"contactid":"1","deep":)" + deep), "no fault");
    EXPECT_THAT(fault(R"({"value":[{"deep":)" + deep + std::string(10'000, ']') + R"(,"contactid":"1"}]})"),
                HasSubstr("without the field fullname"));
}

TEST(PageOData, ANumberBeyondAnyTypeStaysAsItWasWritten) {
    const auto result = read(
        R"({"value":[{"revenue":1e999},{"revenue":0.1000000000000000055511151231257827}]})", {"revenue"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, (Rows{{"1e999"}, {"0.1000000000000000055511151231257827"}}));
}

/// The documentation's own examples, where this checkout stands beside them.
TEST(PageOData, TheExamplesOfTheDocumentationAreRead) {
    const std::filesystem::path folder = test::shared_data("doc-examples");
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data beside this checkout";
    model::ObjectSchema account{.name = "account", .wire_name = "accounts", .key = "accountid"};
    for (const std::string name : {"accountid", "name", "telephone1", "fax", "fullname", "jobtitle",
                                   "annualincome", "contactid", "isdeleted"})
        account.fields.push_back({.name = name, .type = {.kind = model::Kind::text}});
    account.fields.back().remote_type = removal_type;
    const auto read_example = [&](const std::string& file, const std::vector<std::string>& fields) {
        const std::string body = test::content(folder / file);
        const ReadRequest request{.object = &account, .fields = fields};
        model::Batch batch;
        batch.page.reserve(body.size() + 1);
        std::memcpy(batch.page.bytes.get(), body.data(), body.size());
        batch.page.size = body.size();
        PageReader reader{page_columns(request), PageReader::Feed{}};
        auto end = reader.read(batch);
        if (!end) throw std::runtime_error{file + ": " + end.error().message};
        std::string line = std::to_string(batch.row_count());
        for (std::size_t column = 0; column < fields.size(); ++column) {
            const model::Cell& cell = batch.cell(column, batch.row_count() - 1);
            line += '|';
            line += cell.text();
        }
        return line + '|' + (end->next_link + end->delta_link).substr(0, 52);
    };
    EXPECT_EQ(read_example("annotated-page.json", {"fullname", "annualincome"}),
              "1|Susanna Stubberod (sample)|52000.0|");
    EXPECT_EQ(read_example("paged-nextlink.json", {"accountid", "name"}),
              "3|8151925c-cde2-e411-80db-00155d2a68cb|Adventure Works (sample)|"
              "https://yourorg.crm.dynamics.com/api/data/v9.1/accou");
    EXPECT_EQ(read_example("change-tracking-initial.json", {"accountid", "telephone1", "isdeleted"}),
              "1|60c4e274-0d87-e711-80e5-00155db19e6d|555000|false|"
              "https://yourorg.crm.dynamics.com/api/data/v9.0/accou");
    EXPECT_EQ(
        read_example("change-tracking-delta.json", {"accountid", "telephone1", "isdeleted"}),
        "2|2e451703-c686-e711-80e5-00155db19e6d||true|https://yourorg.crm.dynamics.com/api/data/v9.0/accou");
}

}  // namespace
}  // namespace koppla::odata
