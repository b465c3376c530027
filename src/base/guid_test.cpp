#include "base/guid.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla {
namespace {

TEST(Guid, SaysItsVersionAndVariant) {
    EXPECT_THAT(new_guid(Instant{}),
                testing::MatchesRegex("00000000-0000-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(Guid, IsInTheOrderOfItsTimeAndNeverTheSame) {
    std::string last;
    for (int i = 1; i <= 100; ++i) {
        const std::string next = new_guid(Instant{std::chrono::milliseconds{1'000'000'000'000 + i}});
        EXPECT_LT(last, next);
        last = next;
    }
    std::set<std::string> made;
    for (int i = 0; i < 1000; ++i) made.insert(new_guid(Instant{}));
    EXPECT_EQ(made.size(), 1000U);
}

}  // namespace
}  // namespace koppla
