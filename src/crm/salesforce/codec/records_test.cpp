#include "crm/salesforce/codec/records.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace koppla::salesforce {
namespace {

using Rows = std::vector<std::vector<std::string>>;

struct Read {
    RecordPage page;
    Rows rows;
};

Result<Read> read(const std::string& body, const std::vector<std::string>& fields) {
    model::Batch batch;
    batch.page.reserve(body.size() + 1);
    std::memcpy(batch.page.bytes.get(), body.data(), body.size());
    batch.page.size = body.size();
    RecordReader reader{fields};
    Read result{.page = TRY(reader.read(batch)), .rows = {}};
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

std::string fault(const std::string& body) {
    const auto result = read(body, {"Id", "Name"});
    if (result) return "no fault";
    return result.error().kind == ErrorKind::corrupt ? result.error().message : "another kind";
}

TEST(Records, AreCutIntoCellsByName) {
    const auto result =
        read(R"({"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v68.0/query/01g-2000",
        "records":[
          {"attributes":{"type":"Contact","url":"/x"},"Id":"1","Name":"a\"b","Score":12.0,"Opt":false,"Gone":null},
          {"Opt":true,"Name":null , "Id" : "2" ,"Unknown":[1,{"Id":"no"}],"Score":1.6E13 }
        ]})",
             {"Id", "Name", "Score", "Opt", "Gone"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, (Rows{{"1", "a\"b", "12.0", "false", "-"}, {"2", "-", "1.6E13", "true", "~"}}));
    EXPECT_EQ(result->page.total, 3);
    EXPECT_FALSE(result->page.is_last);
    EXPECT_EQ(result->page.next_path, "/services/data/v68.0/query/01g-2000");
}

TEST(Records, ParentFieldsAreFoundInTheirParents) {
    const auto result = read(R"({"totalSize":2,"done":true,"records":[
        {"Id":"1","Account":{"attributes":{"type":"Account"},"Name":"Acme","Owner":{"Name":"Jo"}}},
        {"Id":"2","Account":null}]})",
                             {"Account.Owner.Name", "Id", "Account.Name"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, (Rows{{"Jo", "1", "Acme"}, {"-", "2", "-"}}));
}

TEST(Records, AnObjectWhereATextWasExpectedIsKeptAsItsJson) {
    const auto result =
        read(R"({"totalSize":1,"done":true,"records":[{"Id":{"a":[1, 2]},"Name":"x"}]})", {"Id", "Name"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, (Rows{{R"({"a":[1, 2]})", "x"}}));
}

TEST(Records, EscapesAreUndoneInPlace) {
    const auto result = read(
        R"({"totalSize":1,"done":true,"records":[{"Id":"\u00e9\ud83d\ude00\ud83dx\udc00\n\t\/\\\"\u0000","Name":"y"}]})",
        {"Id", "Name"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows[0][0], std::string("é😀\xEF\xBF\xBDx\xEF\xBF\xBD\n\t/\\\"\0", 19));
    EXPECT_EQ(result->rows[0][1], "y");
}

TEST(Records, WhatIsNoPageIsRefused) {
    EXPECT_NE(fault(""), "no fault");
    EXPECT_NE(fault("<html>"), "no fault");
    EXPECT_NE(fault("[]"), "no fault");
    EXPECT_NE(fault(R"({"totalSize":1,"done":true})").find("no 'records'"), std::string::npos);
    EXPECT_NE(fault(R"({"done":true,"records":[]})").find("no 'totalSize'"), std::string::npos);
    EXPECT_NE(fault(R"({"totalSize":1,"done":false,"records":[]})").find("contradict"), std::string::npos);
    EXPECT_NE(fault(R"({"totalSize":1,"done":true,"nextRecordsUrl":"/x","records":[]})").find("contradict"),
              std::string::npos);
    EXPECT_NE(fault(R"({"totalSize":0,"done":true,"records":[]} {"more":1})"), "no fault");
    EXPECT_NE(fault(R"({"totalSize":1,"done":true,"records":[{"Id":"1","Name":"\x"}]})").find("wrong escape"),
              std::string::npos);
    EXPECT_NE(fault(R"({"totalSize":1,"done":true,"records":[{"Id":1a,"Name":"x"}]})").find("no JSON"),
              std::string::npos);
    EXPECT_NE(fault(R"({"totalSize":1,"done":true,"records":[7]})").find("record 1"), std::string::npos);
    EXPECT_NE(fault("{\"totalSize\":1,\"done\":true,\"records\":[{\"Id\":\"\xff\"}]}"), "no fault");
}

TEST(Records, APageCutAnywhereIsRefused) {
    const std::string whole =
        R"({"totalSize":2,"done":true,"records":[{"Id":"1","Name":"a"},{"Id":"2","Name":"b\n"}]})";
    ASSERT_EQ(fault(whole), "no fault");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(fault(whole.substr(0, size)), "no fault") << size;
}

TEST(Records, NestingWithoutEndIsHarmless) {
    const std::string deep(200'000, '[');
    EXPECT_NE(fault(R"({"totalSize":1,"done":true,"records":[{"Id":"1","Deep":)" + deep), "no fault");
    EXPECT_NE(
        fault(R"({"totalSize":1,"done":true,"records":[{"Id":)" + deep + std::string(200'000, ']') + "}]}"),
        "another kind");
}

RC_GTEST_PROP(RecordsProperty, TextsComeBackAsTheyWereWritten, ()) {
    const auto text = rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
    const auto texts =
        *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(rc::gen::pair(text, text));
    nlohmann::json records = nlohmann::json::array();
    Rows expected;
    for (const auto& [id, name] : texts) {
        records.push_back({{"Id", id}, {"Name", name}, {"Other", name}});
        expected.push_back({id, name});
    }
    const nlohmann::json page = {{"totalSize", texts.size()}, {"done", true}, {"records", records}};
    const auto result =
        read(page.dump(*rc::gen::element(-1, 2), ' ', *rc::gen::arbitrary<bool>()), {"Id", "Name"});
    RC_ASSERT(result.has_value());
    RC_ASSERT(result->rows == expected);
}

}  // namespace
}  // namespace koppla::salesforce
