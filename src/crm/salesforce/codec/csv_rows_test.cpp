#include "crm/salesforce/codec/csv_rows.h"

#include "crm/salesforce/test/plain_csv.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace koppla::salesforce {
namespace {

using model::Cell;

std::string line(const std::vector<Cell>& cells) {
    model::Batch batch;
    batch.recycle(cells.size());
    for (const Cell& cell : cells) batch.push(cell);
    std::string csv;
    append_csv_row(csv, batch, 0);
    return csv;
}

TEST(CsvRows, AbsentIsEmptyAndNullIsSaid) {
    EXPECT_EQ(line({Cell::of("a"), Cell{}, Cell::null(), Cell::of("b c")}), "a,,#N/A,b c\n");
    EXPECT_EQ(line({Cell::of("a"), Cell::of("")}), "a,#N/A\n") << "Salesforce keeps the empty text as null";
    EXPECT_EQ(line({Cell{}}), "\"\"\n") << "an empty line would be no row";
    EXPECT_EQ(line({Cell{}, Cell{}}), ",\n");
}

TEST(CsvRows, WhatCouldBeReadAsAnythingElseStandsInQuotes) {
    EXPECT_EQ(line({Cell::of("a,b"), Cell::of("say \"hi\""), Cell::of("two\nlines"), Cell::of("\r")}),
              "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"\r\"\n");
    EXPECT_EQ(line({Cell::of(" a"), Cell::of("b\t"), Cell::of("\"")}), "\" a\",\"b\t\",\"\"\"\"\n");
}

RC_GTEST_PROP(CsvRowsProperty, CellsAreReadBackAsTheyAre, ()) {
    const auto width = *rc::gen::inRange<std::size_t>(1, 6);
    const auto text = rc::gen::container<std::string>(
        rc::gen::element('"', ',', '\n', '\r', 'a', ' ', '\t', '#', ';', '\xc3', '\xff'));
    const auto cell = rc::gen::oneOf(rc::gen::just(std::string{"~"}), rc::gen::just(std::string{"-"}), text);
    const auto rows = *rc::gen::container<std::vector<std::vector<std::string>>>(
        rc::gen::container<std::vector<std::string>>(width, cell));
    model::Batch batch;
    batch.recycle(width);
    test::Rows expected;
    for (const auto& row : rows) {
        expected.emplace_back();
        for (const std::string& each : row) {
            batch.push(each == "~" ? Cell{} : each == "-" ? Cell::null() : Cell::of(each));
            expected.back().push_back(each == "~" ? "" : each == "-" || each.empty() ? "#N/A" : each);
        }
    }
    std::string csv;
    for (std::size_t row = 0; row < rows.size(); ++row) append_csv_row(csv, batch, row);
    const auto read = test::plain_csv(csv, width);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == expected);
}

}  // namespace
}  // namespace koppla::salesforce
