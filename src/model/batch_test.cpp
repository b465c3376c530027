#include "model/batch.h"

#include "model/type.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::model {
namespace {

Batch three_rows() {
    Batch batch;
    batch.recycle(2);
    for (const char* text : {"a", "1", "b", "2", "c", "3"}) batch.push(Cell::of(text));
    return batch;
}

TEST(Batches, hold_cells_row_after_row) {
    const Batch batch = three_rows();
    EXPECT_EQ(batch.row_count(), 3U);
    EXPECT_EQ(batch.cell(0, 2).text(), "c");
    EXPECT_EQ(batch.cell(1, 0).text(), "1");
}

TEST(Batches, remove_a_row_by_putting_the_last_in_its_place) {
    Batch batch = three_rows();
    batch.remove_row(0);
    ASSERT_EQ(batch.row_count(), 2U);
    EXPECT_EQ(batch.cell(0, 0).text(), "c");
    EXPECT_EQ(batch.cell(0, 1).text(), "b");
    batch.remove_row(1);
    ASSERT_EQ(batch.row_count(), 1U);
    EXPECT_EQ(batch.cell(1, 0).text(), "3");
    batch.remove_row(0);
    EXPECT_EQ(batch.row_count(), 0U);
}

TEST(Batches, new_rows_are_absent) {
    Batch batch = three_rows();
    EXPECT_EQ(batch.add_row(), 3U);
    EXPECT_EQ(batch.cell(1, 3).state, Cell::State::absent);
}

TEST(Batches, keep_replaced_text_of_any_size_while_more_is_kept) {
    Batch batch;
    for (int round = 0; round < 3; ++round) {
        batch.recycle(1);
        std::vector<std::string> wanted;
        for (std::size_t i = 0; i < 300; ++i) {
            const std::size_t size = i % 50 == 0 ? 100'000 + i : i * 7;
            std::string text(size, static_cast<char>('a' + i % 26));
            batch.replace(0, batch.add_row(), text);
            wanted.push_back(std::move(text));
        }
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            ASSERT_EQ(batch.cell(0, i).text(), wanted[i]) << i;
            ASSERT_TRUE(batch.cell(0, i).is_text());
            bytes += wanted[i].size();
        }
        EXPECT_GE(batch.weight(), bytes);
    }
    batch.recycle(1);
    EXPECT_EQ(batch.weight(), 0U);
}

TEST(Batches, are_full_of_many_rows_or_of_large_ones) {
    Batch many, large;
    many.recycle(2);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_FALSE(many.is_full());
        many.add_row();
    }
    EXPECT_TRUE(many.is_full());
    large.recycle(1);
    large.replace(0, large.add_row(), std::string((1U << 20U) - 1000, 'a'));
    EXPECT_FALSE(large.is_full());
    large.replace(0, large.add_row(), std::string(1000, 'a'));
    EXPECT_TRUE(large.is_full());
}

TEST(Batches, can_be_used_again_after_they_were_moved_away) {
    Batch batch = three_rows();
    batch.page.reserve(10);
    batch.page.size = 10;
    batch.replace(0, 0, "kept");
    const Batch taken = std::move(batch);
    EXPECT_EQ(taken.cell(0, 0).text(), "kept");
    batch.recycle(1);  // NOLINT(bugprone-use-after-move): that is what recycle promises
    batch.page.reserve(5);
    std::memcpy(batch.page.bytes.get(), "12345", 5);
    batch.replace(0, batch.add_row(), "again");
    EXPECT_EQ(batch.cell(0, 0).text(), "again");
}

TEST(Pages, keep_what_they_hold_when_they_grow) {
    Page page;
    page.reserve(4);
    std::memcpy(page.bytes.get(), "abcd", 4);
    page.size = 4;
    page.reserve(100'000);
    EXPECT_GE(page.capacity, 100'000U);
    EXPECT_EQ(std::string(page.bytes.get(), page.size), "abcd");
    const char* const before = page.bytes.get();
    page.reserve(10);
    EXPECT_EQ(page.bytes.get(), before);
}

TEST(Kinds, go_to_their_names_and_back) {
    for (int i = 0; i <= static_cast<int>(Kind::enumerations); ++i) {
        EXPECT_EQ(kind_named(name(static_cast<Kind>(i))), static_cast<Kind>(i));
    }
    EXPECT_EQ(name(Kind::enumerations), "enumerations");
    EXPECT_EQ(kind_named("nothing known"), Kind::text);
}

}  // namespace
}  // namespace koppla::model
