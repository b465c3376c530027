#include "sandbox/salesforce/spool.h"

#include "base/test/temporary_folder.h"

#include <fstream>

#include <gtest/gtest.h>

namespace koppla::sandbox {
namespace {

class SpoolTest : public testing::Test {
  protected:
    static std::string row(int number) {
        return "\"" + std::to_string(number) + "\",\"line\nbreak, \"\"quote\"\"" +
               std::string(number % 50, 'x') + "\"\n";
    }
    std::shared_ptr<const Spool> spool(int rows) {
        auto writer = Spool::Writer::create(file());
        EXPECT_TRUE(writer);
        for (int begin = 0; begin < rows; begin += 1'000) {
            std::string chunk;
            const int end = std::min(begin + 1'000, rows);
            for (int i = begin; i < end; ++i) chunk += row(i);
            EXPECT_TRUE((*writer)->append(chunk, end - begin));
        }
        auto finished = (*writer)->finish();
        EXPECT_TRUE(finished);
        return *finished;
    }
    std::filesystem::path file() const { return folder_ / "rows.csv"; }

    TemporaryFolder folder_;
};

TEST_F(SpoolTest, FindsEveryRow) {
    const auto rows = spool(2'345);
    ASSERT_EQ(rows->rows(), 2'345);
    for (const int i : {0, 1, 999, 1'000, 1'001, 2'000, 2'344}) EXPECT_EQ(rows->range(i, i + 1), row(i)) << i;
    EXPECT_EQ(rows->range(998, 1'002), row(998) + row(999) + row(1'000) + row(1'001));
    EXPECT_EQ(rows->range(2'345, 9'999), "");
}

TEST_F(SpoolTest, CutsByBytesBetweenRows) {
    const auto rows = spool(3'000);
    EXPECT_EQ(rows->end_within(0, 1'000'000'000), 3'000);
    const auto two_steps = rows->range(0, 2'000).size();
    EXPECT_EQ(rows->end_within(0, two_steps), 2'000);
    EXPECT_EQ(rows->end_within(0, two_steps - 1), 1'000);
    EXPECT_EQ(rows->end_within(0, 1), 1);
    EXPECT_EQ(rows->end_within(2'999, 1), 3'000);
}

TEST_F(SpoolTest, HoldsNothingToo) {
    const auto rows = spool(0);
    EXPECT_EQ(rows->rows(), 0);
    EXPECT_EQ(rows->range(0, 0), "");
    EXPECT_EQ(rows->end_within(0, 100), 0);
}

TEST_F(SpoolTest, LeavesNoFileBehind) {
    {
        const auto rows = spool(5);
        EXPECT_TRUE(std::filesystem::exists(file()));
    }
    EXPECT_FALSE(std::filesystem::exists(file()));
    {
        const auto writer = Spool::Writer::create(file());
        ASSERT_TRUE(writer);
    }
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_FALSE(Spool::Writer::create(folder_ / "missing" / "rows.csv"));
}

}  // namespace
}  // namespace koppla::sandbox
