#include "db/sqlite/fixture.h"
#include "db/test/rows.h"

#include <fstream>

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using model::Batch;
using model::Cell;
using model::Kind;
using testing::ElementsAre;

class StagingFiles : public Staged<SqliteTest> {
  protected:
    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            if (entry.path().string().find("staging") != std::string::npos)
                names.push_back(entry.path().filename());
        }
        return names;
    }
};

TEST_F(StagingFiles, leave_neither_a_trace_in_the_store_nor_a_file) {
    run("create table t (a)");
    {
        auto staging = stage("contact");
        append(*staging, 10);
        EXPECT_FALSE(files().empty());
        ASSERT_TRUE(staging->finish());
        EXPECT_THAT(cells(*begin(Access::write), "select name from sqlite_schema"), ElementsAre("t"));
        EXPECT_EQ(cells(*begin(Access::write), "select file from pragma_database_list").size(), 2U);
    }
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(cells(*begin(Access::write), "select file from pragma_database_list").size(), 1U);
}

TEST_F(StagingFiles, that_are_dropped_while_the_writer_is_busy_are_let_go_afterwards) {
    auto staging = stage("contact");
    append(*staging, 10);
    ASSERT_TRUE(staging->finish());
    auto transaction = begin(Access::write);
    EXPECT_THAT(cells(*transaction, "select count(*) from " + staging->name()), ElementsAre("10"));
    staging.reset();
    EXPECT_TRUE(files().empty());
    transaction.reset();
    EXPECT_EQ(cells(*begin(Access::write), "select file from pragma_database_list").size(), 1U);
    staging = stage("contact");
    append(*staging, 3);
    ASSERT_TRUE(staging->finish());
    EXPECT_THAT(cells(*begin(Access::write), "select count(*) from " + staging->name()), ElementsAre("3"));
}

TEST_F(StagingFiles, that_a_killed_run_left_are_thrown_away) {
    std::filesystem::path left;
    {
        auto staging = stage("contact");
        left = folder / files().front();
    }
    std::ofstream{left} << "what a killed run left";
    auto staging = stage("contact");
    append(*staging, 2);
    EXPECT_EQ(*staging->finish(), 2);
    EXPECT_THAT(cells(*begin(Access::write), "select count(*) from " + staging->name()), ElementsAre("2"));
}

TEST_F(StagingFiles, that_were_kept_are_found_by_the_next_run_and_no_others) {
    {
        auto staging = stage("contact");
        EXPECT_EQ(staging->kept(), "");
        append(*staging, 2);
        ASSERT_TRUE(staging->keep("after two"));
        append(*staging, 3);
        ASSERT_TRUE(staging->keep("after five"));
        append(*staging, 7);
    }
    EXPECT_EQ(files().size(), 1U);
    auto staging = stage("contact");
    EXPECT_EQ(staging->kept(), "after five");
    append(*staging, 1);
    EXPECT_EQ(*staging->finish(), 6);
    EXPECT_THAT(cells(*begin(Access::write), "select count(*) from " + staging->name()), ElementsAre("6"));
    staging->discard();
    staging.reset();
    EXPECT_TRUE(files().empty());
}

TEST_F(StagingFiles, have_a_name_each_whatever_it_is) {
    std::vector<std::unique_ptr<Staging>> stagings;
    for (const std::string& name :
         {std::string{"a/../../b"}, std::string{"a/../../c"}, std::string(400, 'x'), std::string{},
          std::string{"\";x"}, std::string{"Contact"}, std::string{"contact"}}) {
        stagings.push_back(stage(name));
        append(*stagings.back(), static_cast<int>(stagings.size()));
        ASSERT_TRUE(stagings.back()->finish());
    }
    EXPECT_EQ(files().size(), stagings.size());
    auto transaction = begin(Access::write);
    for (std::size_t i = 0; i < stagings.size(); ++i) {
        EXPECT_THAT(cells(*transaction, "select count(*) from " + stagings[i]->name()),
                    ElementsAre(std::to_string(i + 1)));
    }
}

TEST_F(StagingFiles, are_limited_in_number_with_words) {
    std::vector<std::unique_ptr<Staging>> stagings;
    for (int i = 0; i < 10; ++i) {
        stagings.push_back(stage("s" + std::to_string(i)));
        ASSERT_TRUE(stagings.back()->finish());
    }
    auto one_more = stage("one_more");
    const auto refused = one_more->finish();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_TRUE(database->begin(Access::write, {}));
}

}  // namespace
}  // namespace koppla::db
