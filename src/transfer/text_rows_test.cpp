#include "transfer/text_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace koppla {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Cell = std::optional<std::string>;

TEST(Csv, ReadsQuotesLinesAndNothing) {
    const auto table = read_csv("\xEF\xBB\xBFid,\"na\"\"me\"\r\n1,\"a,\nb\"\r\n2,\n\n3,\"\"");
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_THAT(table->columns, ElementsAre("id", "na\"me"));
    EXPECT_THAT(table->rows, ElementsAre(ElementsAre(Cell{"1"}, Cell{"a,\nb"}),
                                         ElementsAre(Cell{"2"}, Cell{}), ElementsAre(Cell{"3"}, Cell{""})));
}

TEST(Csv, SaysInWhichRowWhatIsWrong) {
    for (const auto& [text, words] : {std::pair{"", "no row"}, std::pair{"a,b\n1\n", "row 2"},
                                      std::pair{"a\n\"b", "row 2: a quote isn't closed"},
                                      std::pair{"a\n\"b\"c\n", "behind a closing quote"}}) {
        const auto table = read_csv(text);
        ASSERT_FALSE(table) << text;
        EXPECT_THAT(table.error().message, HasSubstr(words));
    }
}

RC_GTEST_PROP(Csv, BringsBackWhatWasWritten, ()) {
    TextTable table{.columns = {"a", "b"}, .rows = {}};
    const auto cell =
        rc::gen::element<std::string>("x", " y ", "a,b", "\"", "line\nbreak", "=1+1", "\r\n", "ö");
    for (int i = *rc::gen::inRange(0, 20); i > 0; --i) table.rows.push_back({Cell{*cell}, Cell{*cell}});
    const auto read = read_csv(to_csv(table));
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->columns == table.columns);
    RC_ASSERT(read->rows == table.rows);
}

TEST(Csv, MakesFormulasHarmless) {
    TextTable table{.columns = {"a"}, .rows = {{Cell{"=1+1"}}, {Cell{"@x"}}, {Cell{"plain"}}, {Cell{}}}};
    neutralise_formulas(table);
    EXPECT_EQ(table.rows[0][0], "'=1+1");
    EXPECT_EQ(table.rows[1][0], "'@x");
    EXPECT_EQ(table.rows[2][0], "plain");
    EXPECT_EQ(table.rows[3][0], std::nullopt);
}

}  // namespace
}  // namespace koppla
