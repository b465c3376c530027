#include "sandbox/salesforce/ingest/csv.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::sandbox {
namespace {

using Cells = std::vector<std::string>;

/// Every row's cells; of one that is none, its problem.
std::vector<Cells> read(std::string_view upload, const BulkFormat& format = {}) {
    CsvReader reader{upload, format, first_row_offset(upload)};
    std::vector<Cells> rows;
    CsvRow row;
    while (reader.next(row)) {
        if (row.problem.empty())
            rows.emplace_back(row.cells.begin(), row.cells.end());
        else
            rows.push_back({"!", std::string{row.problem}});
    }
    return rows;
}

TEST(IngestCsv, ReadsQuotedAndBareCells) {
    EXPECT_EQ(read("a,b\n1,\"2\"\n"), (std::vector<Cells>{{"a", "b"}, {"1", "2"}}));
    EXPECT_EQ(read("a,b\n,"), (std::vector<Cells>{{"a", "b"}, {"", ""}}));
    EXPECT_EQ(read("a\n\"x,\ny \"\"z\"\"\"\n"), (std::vector<Cells>{{"a"}, {"x,\ny \"z\""}}));
    EXPECT_EQ(read("\"\",\"\"\"\"\n"), (std::vector<Cells>{{"", "\""}}));
    EXPECT_EQ(read(" a , b\n"), (std::vector<Cells>{{" a ", " b"}})) << "nothing is trimmed";
}

TEST(IngestCsv, PassesOverMarkAndBlankLines) {
    EXPECT_EQ(read("\xEF\xBB\xBF"
                   "a\n\n1\n\n"),
              (std::vector<Cells>{{"a"}, {"1"}}));
    EXPECT_TRUE(read("").empty());
    EXPECT_TRUE(read("\n\n").empty());
}

TEST(IngestCsv, KnowsEveryDelimiterAndLineEnding) {
    for (const char delimiter : std::string{",`^|;\t"}) {
        const std::string text = std::string{"a"} + delimiter + "\"b" + delimiter + "\"\n";
        EXPECT_EQ(read(text, {.delimiter = delimiter}),
                  (std::vector<Cells>{{"a", std::string{"b"} + delimiter}}));
    }
    const BulkFormat crlf{.line_ending = LineEnding::crlf};
    EXPECT_EQ(read("a,b\r\n\"1\",\"2\"\r\n3,4\r\n", crlf),
              (std::vector<Cells>{{"a", "b"}, {"1", "2"}, {"3", "4"}}));
    EXPECT_EQ(read("a\r\n"), (std::vector<Cells>{{"a\r"}})) << "LF alone ends a line where that is said";
}

TEST(IngestCsv, GoesOnBehindARowThatIsNone) {
    const auto rows = read("a,b\n \"x\",1\n2,5\" wide\n\"x\" ,3\n4,5\n");
    ASSERT_EQ(rows.size(), 5U);
    for (const std::size_t bad : {1U, 2U, 3U}) EXPECT_EQ(rows[bad][0], "!") << bad;
    EXPECT_EQ(rows[4], (Cells{"4", "5"}));
    EXPECT_EQ(read("a\n\"open\n1\n").back()[0], "!");
}

TEST(IngestCsv, BoundsWhatItReads) {
    EXPECT_EQ(read(std::string(131'072, 'x')).front().size(), 1U);
    EXPECT_EQ(read(std::string(131'073, 'x')).front()[0], "!");
    EXPECT_EQ(read(std::string(5'000, ',')).front()[0], "!");
    EXPECT_EQ(read("\xC3\x28\n").front()[0], "!");
}

TEST(IngestCsv, TellsWhereARowLies) {
    const std::string upload = "a,b\n\"1\n\",2\n3,4";
    CsvReader reader{upload, {}};
    CsvRow row;
    ASSERT_TRUE(reader.next(row));
    ASSERT_TRUE(reader.next(row));
    EXPECT_EQ(row.raw, "\"1\n\",2");
    EXPECT_EQ(row.offset, 4U);
    CsvReader again{upload, {}, row.offset};
    ASSERT_TRUE(again.next(row));
    EXPECT_EQ(row.cells[1], "2");
    ASSERT_TRUE(again.next(row));
    EXPECT_EQ(row.raw, "3,4");
    EXPECT_FALSE(again.next(row));
}

TEST(IngestCsv, QuotesEveryCellOfAResult) {
    CsvReader reader{"say \"\"x\"\",\"a\"\"b\"\n", {}};
    CsvRow row;
    ASSERT_TRUE(reader.next(row));
    std::string out;
    append_quoted_row(out, row, 3, ';');
    EXPECT_EQ(out, "\"say \"\"\"\"x\"\"\"\"\";\"a\"\"b\";\"\"");
}

}  // namespace
}  // namespace koppla::sandbox
