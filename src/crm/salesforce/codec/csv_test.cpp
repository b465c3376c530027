#include "crm/salesforce/codec/csv.h"

#include "crm/salesforce/test/plain_csv.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace koppla::salesforce {
namespace {

using test::in_quotes;
using test::Row;
using test::Rows;

/// Collects rows; a null cell is the empty text.
class Collector final : public BatchOutlet {
  public:
    model::Batch fresh() override { return {}; }
    Result<void> put(model::Batch batch) override {
        take(batch);
        ++batches;
        return {};
    }
    void take(const model::Batch& batch) {
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            Row cells;
            for (std::size_t column = 0; column < batch.column_count(); ++column) {
                const model::Cell& cell = batch.cell(column, row);
                EXPECT_NE(cell.state, model::Cell::State::absent);
                EXPECT_EQ(cell.is_text(), cell.size != 0);
                cells.emplace_back(cell.text());
            }
            rows.push_back(std::move(cells));
        }
    }
    Rows rows;
    int batches = 0;
};

struct Split {
    std::vector<std::string> fields;
    std::size_t chunk_bytes = 3;
    std::vector<std::size_t> chunks{};  ///< before those of `chunk_bytes`
    std::size_t batch_bytes = 16;
    std::size_t row_bytes_max = 1U << 20U;
    std::int64_t rows_skipped = 0;
};

Result<Rows> split(const std::string& page, const Split& how) {
    Collector collector;
    CsvSplitter splitter{{.fields = how.fields,
                          .rows_skipped = how.rows_skipped,
                          .batch_bytes = how.batch_bytes,
                          .row_bytes_max = how.row_bytes_max},
                         collector};
    std::string_view rest = page;
    for (std::size_t i = 0; !rest.empty(); ++i) {
        const auto bytes = std::min(i < how.chunks.size() ? how.chunks[i] : how.chunk_bytes, rest.size());
        TRY(splitter.put(rest.substr(0, bytes)));
        rest.remove_prefix(bytes);
    }
    const model::Batch last = TRY(splitter.finish());
    collector.take(last);
    EXPECT_EQ(splitter.rows(), static_cast<std::int64_t>(collector.rows.size()) + how.rows_skipped);
    return collector.rows;
}

std::string fault(const std::string& page, const Split& how) {
    const auto rows = split(page, how);
    return rows                                      ? "no fault"
           : rows.error().kind == ErrorKind::corrupt ? rows.error().message
                                                     : "another kind";
}

TEST(Csv, CutsQuotedCellsWithEverythingInThem) {
    const auto rows =
        split("\"Id\",\"Name\"\n\"1\",\"a, \"\"b\"\"\nc\r\nd\"\n\"2\",\"\"\n", {.fields = {"Id", "Name"}});
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(*rows, (Rows{{"1", "a, \"b\"\nc\r\nd"}, {"2", ""}}));
}

TEST(Csv, FindsColumnsByNameWhateverTheirOrder) {
    const auto rows = split("\"NAME\",\"Id\"\n\"a\",\"1\"\n", {.fields = {"Id", "Name"}});
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(*rows, (Rows{{"1", "a"}}));
}

TEST(Csv, NamesThatDifferByCaseAloneAreToldApart) {
    const auto rows = split("\"a\",\"A\"\n\"1\",\"2\"\n", {.fields = {"A", "a"}});
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(*rows, (Rows{{"2", "1"}}));
}

TEST(Csv, ToleratesAByteOrderMarkCrLfAndAMissingLastLineEnd) {
    const auto rows = split("\xef\xbb\xbf\"Id\",Name\r\n1,b\r\n\"2\",\"c\"", {.fields = {"Id", "Name"}});
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(*rows, (Rows{{"1", "b"}, {"2", "c"}}));
}

TEST(Csv, APageWithoutRowsHasAHeaderOrNothing) {
    EXPECT_TRUE(split("\"Id\"\n", {.fields = {"Id"}})->empty());
    EXPECT_TRUE(split("", {.fields = {"Id"}})->empty());
}

TEST(Csv, SaysWhichRowIsWrongAndWhatWasExpected) {
    const Split how{.fields = {"Id", "Name"}};
    const std::string head = "\"Id\",\"Name\"\n\"1\",\"a\"\n";
    EXPECT_EQ(fault(head + "\"2\"\n", how), "row 2: it has 1 cells where the header has 2");
    EXPECT_EQ(fault(head + "\"2\",\"b\",\"c\"\n", how), "row 2: it has more cells than the 2 of the header");
    EXPECT_EQ(fault(head + "\"2\",\"b\"c\n", how), "row 2: text behind the closing quote of cell 2");
    EXPECT_EQ(fault(head + "\"2\",b\"c\n", how), "row 2: a quote within the unquoted cell 2");
    EXPECT_EQ(fault(head + "\"2\",\"b", how), "row 2: the page is cut in its cell 2 of 2");
    EXPECT_EQ(fault(head + "\"2\",", how), "row 2: the page is cut in its cell 2 of 2");
    EXPECT_EQ(fault(head + "\"2\",b", how), "row 2: the page is cut in its cell 2 of 2");
    EXPECT_EQ(fault(head + "\"2\",\"b\"\r", how), "row 2: the page is cut in its cell 2 of 2");
    EXPECT_EQ(fault(head + "\"2\",\"b\"\rx", how),
              "row 2: a carriage return without a line feed behind cell 2");
    EXPECT_EQ(fault(head + "\n", how), "row 2: it has 1 cells where the header has 2");
}

TEST(Csv, AHeaderThatIsNotTheOneAskedForIsRefused) {
    const Split how{.fields = {"Id", "Name"}};
    EXPECT_EQ(fault("\"Id\"\n", how),
              "the header row: there is no column 'Name', which was asked for; there are: Id");
    EXPECT_EQ(fault("\"Id\",\"Name\",\"Other\"\n", how),
              "the header row: it has 3 columns where 2 were asked for: Id, Name, Other");
    EXPECT_EQ(fault("\"Id\",\"Name\",\"Id\"\n", how), "the header row: there are two columns 'Id'");
    EXPECT_NE(fault("\"Id\",\"B\"\n", {.fields = {"Id", "ID"}}).find("from one column"), std::string::npos);
}

TEST(Csv, AHugeCellGrowsThePageAndAQuoteThatIsNeverClosedEnds) {
    const std::string huge(100'000, 'x');
    const auto rows = split("\"Id\"\n\"" + huge + "\"\n\"2\"\n", {.fields = {"Id"}, .chunk_bytes = 1'000});
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(*rows, (Rows{{huge}, {"2"}}));
    EXPECT_NE(fault("\"Id\"\n\"" + huge, {.fields = {"Id"}, .chunk_bytes = 1'000, .row_bytes_max = 4'096})
                  .find("row 1: it has more than 4096 bytes; an opening quote is probably never closed"),
              std::string::npos);
}

TEST(Csv, SkippedRowsAreReadButNotHandedOver) {
    const auto rows = split("\"Id\"\n\"1\"\n\"2\"\n\"3\"\n", {.fields = {"Id"}, .rows_skipped = 2});
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(*rows, (Rows{{"3"}}));
}

RC_GTEST_PROP(CsvProperty, WhatWasWrittenIsReadBackWhateverTheChunks, ()) {
    const auto width = *rc::gen::inRange<std::size_t>(1, 6);
    const auto cell =
        rc::gen::container<std::string>(rc::gen::element('"', ',', '\n', '\r', 'a', '\0', '\xff', ' '));
    const auto rows = *rc::gen::container<Rows>(rc::gen::container<Row>(width, cell));
    const std::string line_end = *rc::gen::element(std::string{"\n"}, std::string{"\r\n"});
    Split how{.chunk_bytes = *rc::gen::inRange<std::size_t>(1, 40),
              .batch_bytes = *rc::gen::inRange<std::size_t>(1, 60)};
    std::string page;
    for (std::size_t column = 0; column < width; ++column) {
        how.fields.push_back("f" + std::to_string(column));
        page += (column == 0 ? "" : ",") + in_quotes(how.fields.back());
    }
    page += line_end;
    for (const Row& row : rows) {
        for (std::size_t column = 0; column < width; ++column)
            page += (column == 0 ? "" : ",") + in_quotes(row[column]);
        page += line_end;
    }
    const auto read = split(page, how);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == rows);
}

/// Pieces that mean something to the dialect, and some that only look so.
rc::Gen<std::string> hostile_text() {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(
                            rc::gen::weightedElement<std::string>({{6, "\""},
                                                                   {5, ","},
                                                                   {4, "\n"},
                                                                   {3, "\r\n"},
                                                                   {1, "\r"},
                                                                   {4, "a"},
                                                                   {2, "\"\""},
                                                                   {2, "\",\""},
                                                                   {2, "\"\n"},
                                                                   {2, "\xF0\x9F\x98\x80"},
                                                                   {1, "\xEF\xBB\xBF"},
                                                                   {1, "\xE2\x80\xA8"},
                                                                   {1, std::string(1, '\0')},
                                                                   {1, "\xFF"},
                                                                   {1, "a long plain text"}})),
                        [](const std::vector<std::string>& pieces) {
                            std::string text;
                            for (const std::string& piece : pieces) text += piece;
                            return text;
                        });
}

RC_GTEST_PROP(CsvProperty, HostileBytesAreReadAsTheReferenceReadsThemOrRefused, ()) {
    const std::string page = "a,b\n" + *hostile_text();
    const Split how{
        .fields = {"a", "b"},
        .chunks = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 30)),
        .batch_bytes = *rc::gen::inRange<std::size_t>(1, 40)};
    const auto read = split(page, how);
    auto expected = test::plain_csv(page, 2);
    RC_ASSERT(read.has_value() == expected.has_value());
    RC_CLASSIFY(expected.has_value(), "well formed");
    if (!expected) return;
    expected->erase(expected->begin());
    RC_ASSERT(*read == *expected);
}

}  // namespace
}  // namespace koppla::salesforce
