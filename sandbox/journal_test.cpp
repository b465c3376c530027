#include "sandbox/journal.h"

#include <gtest/gtest.h>

namespace koppla::sandbox {
namespace {

TEST(Journal, NumbersEntriesAndGivesThoseFromANumberOn) {
    Journal journal;
    for (int i = 0; i < 5; ++i) journal.add(JournalEntry{.method = "GET", .target = "/" + std::to_string(i)});
    const auto tail = journal.since(4);
    ASSERT_EQ(tail.size(), 2U);
    EXPECT_EQ(tail[0].number, 4);
    EXPECT_EQ(tail[0].target, "/3");
    journal.clear();
    EXPECT_TRUE(journal.since(0).empty());
    journal.add(JournalEntry{});
    EXPECT_EQ(journal.since(0).at(0).number, 6);
}

TEST(Journal, MasksTokensWhereverTheyStandInATarget) {
    const std::string token = "00Dxx0000001gPL!AQ.secret_part";
    EXPECT_EQ(masked_target("/id/00D/005?format=json&oauth_token=" + token),
              "/id/00D/005?format=json&oauth_token=***");
    EXPECT_EQ(masked_target("/x?note=" + token + "&y=1"), "/x?note=***&y=1");
    EXPECT_EQ(masked_target("/x?note=00Dxx0000001gPL%21AQ"), "/x?note=***");
    EXPECT_EQ(masked_target("/x/" + token), "/***");
    EXPECT_EQ(masked_target("/x?Client_Secret=abc"), "/x?Client_Secret=***");
}

TEST(Journal, LeavesQueriesReadable) {
    const std::string target = "/query?q=SELECT+Id+FROM+User+WHERE+Id='00Dxx0000001gPL'+AND+Name!=''";
    EXPECT_EQ(masked_target(target), target);
}

}  // namespace
}  // namespace koppla::sandbox
