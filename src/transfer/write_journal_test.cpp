#include "transfer/write_journal.h"

#include "db/migrations.h"
#include "db/test/any_database.h"
#include "platform/migrations/catalog.h"

#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla {
namespace {

using testing::ElementsAre;

/// Rows of a run that has begun, with the parent as their only column.
class Units : public db::DatabaseTest {
  protected:
    using Cut = std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>>;

    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        ASSERT_TRUE(db::migrate(*database, store_migrations(), {}));
        run("create table koppla_rows_1 (c0 text, position bigint, bytes bigint)");
    }
    /// So many more rows of that parent; of none.
    void add(const char* parent, int count, int bytes = 1) {
        const auto transaction = begin(db::Access::write);
        const auto cell = parent == nullptr ? std::string{"null"} : fmt::format("'{}'", parent);
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(transaction->execute(
                fmt::format("insert into koppla_rows_1 values ({}, {}, {})", cell, ++rows_, bytes)));
        }
        ASSERT_TRUE(transaction->commit());
    }
    /// First and last rows of each unit's stretches.
    Cut cut(std::int64_t rows_max, std::size_t bytes_max = 1'000'000) {
        const auto units =
            WriteJournal{*database, 1, 1}.units({.rows_max = rows_max, .bytes_max = bytes_max}, 0, {});
        EXPECT_TRUE(units);
        Cut cut;
        if (!units) return cut;
        for (const auto& unit : *units) {
            auto& stretches = cut.emplace_back();
            for (const Stretch& stretch : unit) {
                EXPECT_EQ(stretch.rows, stretch.last - stretch.first + 1);
                EXPECT_LE(stretch.rows, rows_max);
                stretches.emplace_back(stretch.first, stretch.last);
            }
        }
        return cut;
    }

  private:
    int rows_ = 0;
};

TEST_P(Units, AreFullWhereNoRowHasAParent) {
    add(nullptr, 25);
    EXPECT_EQ(cut(10), (Cut{{{1, 10}}, {{11, 20}}, {{21, 25}}}));
}

TEST_P(Units, EndBeforeAParentThatWouldBeCut) {
    for (const char* parent : {"a", "b", "c", "d", "e", "f"}) add(parent, 4);
    EXPECT_EQ(cut(10), (Cut{{{1, 8}}, {{9, 16}}, {{17, 24}}}));
}

TEST_P(Units, HoldAllOfAParentThatIsMoreThanAShipment) {
    add("a", 26);
    add("b", 26);
    EXPECT_EQ(cut(10), (Cut{{{1, 10}, {11, 20}, {21, 26}}, {{27, 36}, {37, 46}, {47, 52}}}));
}

TEST_P(Units, GoOnRatherThanSendShipmentsThatAreNearlyEmpty) {
    add("a", 3);
    add("b", 12);
    add("c", 4);
    EXPECT_EQ(cut(10), (Cut{{{1, 10}, {11, 19}}}));
}

TEST_P(Units, KeepToTheBytesToo) {
    add("a", 3, 20);
    add("b", 3, 20);
    EXPECT_EQ(cut(10, 100), (Cut{{{1, 3}}, {{4, 6}}}));
    add("c", 6, 60);
    EXPECT_EQ(cut(10, 100),
              (Cut{{{1, 3}}, {{4, 6}}, {{7, 7}, {8, 8}, {9, 9}, {10, 10}, {11, 11}, {12, 12}}}));
}

INSTANTIATE_TEST_SUITE_P(Each, Units, db::every_database(), db::name_of);

}  // namespace
}  // namespace koppla
