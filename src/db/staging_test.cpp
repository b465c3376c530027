#include "db/test/any_database.h"
#include "db/test/rows.h"

#include <csignal>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace koppla::db {
namespace {

using model::Batch;
using model::Cell;
using model::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

class StagedRows : public Staged<DatabaseTest> {};

TEST_P(StagedRows, can_be_merged_by_the_next_write_transaction) {
    run("create table t (id text primary key, n integer); insert into t values ('id1', 1), ('id2', 7)");
    auto staging = stage("contact");
    append(*staging, 3);
    append(*staging, 0);
    EXPECT_EQ(*staging->finish(), 3);
    auto transaction = begin(Access::write);
    const auto merged = transaction->execute("insert into t select s.id, s.n from " + staging->name() +
                                             " s left join t on t.id = s.id where t.n is null or t.n <> s.n"
                                             " on conflict (id) do update set n = excluded.n");
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ(*merged, 2);
    ASSERT_TRUE(transaction->commit());
    EXPECT_THAT(cells("select n from t order by id"), ElementsAre("0", "1", "2"));
}

TEST_P(StagedRows, arrive_while_another_transaction_writes) {
    run("create table t (a integer)");
    auto other = begin(Access::write);
    ASSERT_TRUE(other->execute("insert into t values (1)"));
    auto staging = stage("contact");
    append(*staging, 1000);
    EXPECT_EQ(*staging->finish(), 1000);
    ASSERT_TRUE(other->commit());
    EXPECT_THAT(cells(*begin(Access::write), "select count(*) from " + staging->name()), ElementsAre("1000"));
}

TEST_P(StagedRows, that_were_kept_are_found_by_the_next_run_and_no_others) {
    {
        auto staging = stage("contact");
        EXPECT_EQ(staging->kept(), "");
        append(*staging, 2);
        ASSERT_TRUE(staging->keep("after two"));
        append(*staging, 3);
        ASSERT_TRUE(staging->keep("after five"));
        append(*staging, 7);
    }
    auto staging = stage("contact");
    EXPECT_EQ(staging->kept(), "after five");
    append(*staging, 1);
    EXPECT_EQ(*staging->finish(), 6);
    EXPECT_THAT(cells(*begin(Access::write), "select count(*) from " + staging->name()), ElementsAre("6"));
    staging->discard();
    staging.reset();
    EXPECT_EQ(stage("contact")->kept(), "");
}

TEST_P(StagedRows, that_were_kept_before_a_row_that_cant_be_loaded_are_found) {
    {
        auto staging = stage("contact");
        append(*staging, 2);
        ASSERT_TRUE(staging->keep("two"));
        append(*staging, 2);
        Batch batch;
        batch.recycle(2);
        for (const char* cell : {"id8", "8", "id9", "not a number"}) batch.push(Cell::of(cell));
        EXPECT_FALSE(staging->append(batch));
        EXPECT_FALSE(staging->keep("five"));
    }
    auto staging = stage("contact");
    EXPECT_EQ(staging->kept(), "two");
    EXPECT_EQ(*staging->finish(), 2);
}

TEST_P(StagedRows, of_other_columns_are_not_gone_on_with) {
    {
        auto staging = stage("contact");
        append(*staging, 2);
        ASSERT_TRUE(staging->keep("two"));
    }
    auto others = columns();
    others.push_back({.name = "m", .type = {.kind = Kind::text}});
    const auto staging = database->begin_staging("contact", others);
    ASSERT_TRUE(staging);
    EXPECT_EQ((*staging)->kept(), "");
    EXPECT_EQ(*(*staging)->finish(), 0);
}

TEST_P(StagedRows, that_a_killed_process_kept_are_found) {
    database.reset();  // a connection isn't shared with a child
    const pid_t child = fork();
    if (child == 0) {
        database = any.open();
        auto staging = stage("contact");
        append(*staging, 20'000);
        if (!staging->keep("kept")) _exit(1);
        append(*staging, 50'000);  // more than the cache holds: pages have been written over the kept ones
        raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    database = any.open();
    auto staging = stage("contact");
    EXPECT_EQ(staging->kept(), "kept");
    EXPECT_EQ(*staging->finish(), 20'000);
    EXPECT_THAT(cells(*begin(Access::write), "select count(*) from " + staging->name()),
                ElementsAre("20000"));
}

TEST_P(StagedRows, of_a_run_that_still_goes_are_not_taken_away) {
    auto staging = stage("contact");
    append(*staging, 2);
    const auto other = any.open();
    for (Database* second : {other.get(), database.get()}) {
        const auto refused = second->begin_staging("contact", columns());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
        EXPECT_THAT(refused.error().message, HasSubstr("in use"));
    }
    append(*staging, 2);
    EXPECT_EQ(*staging->finish(), 4);
}

TEST_P(StagedRows, may_have_any_name) {
    std::vector<std::unique_ptr<Staging>> stagings;
    for (const std::string& name :
         {std::string{"a/../../b"}, std::string{"a/../../c"}, std::string(400, 'x'), std::string{},
          std::string{"\";x"}, std::string{"Contact"}, std::string{"contact"}}) {
        stagings.push_back(stage(name));
        append(*stagings.back(), static_cast<int>(stagings.size()));
        ASSERT_TRUE(stagings.back()->finish());
    }
    auto transaction = begin(Access::write);
    for (std::size_t i = 0; i < stagings.size(); ++i) {
        EXPECT_THAT(cells(*transaction, "select count(*) from " + stagings[i]->name()),
                    ElementsAre(std::to_string(i + 1)));
    }
}

TEST_P(StagedRows, are_of_no_use_after_a_row_that_cant_be_loaded) {
    auto staging = stage("contact");
    Batch batch;
    batch.recycle(2);
    batch.push(Cell::of("id"));
    batch.push(Cell::of("not a number"));
    EXPECT_FALSE(staging->append(batch));
    EXPECT_FALSE(staging->finish());
}

TEST_P(StagedRows, outlive_their_end_until_they_are_discarded) {
    {
        auto staging = stage("contact");
        append(*staging, 2);
        ASSERT_TRUE(staging->keep("two"));
        ASSERT_TRUE(staging->finish());
    }
    auto staging = stage("contact");
    EXPECT_EQ(staging->kept(), "two");
    EXPECT_EQ(*staging->finish(), 2);
    staging.reset();
    ASSERT_TRUE(database->discard_staging("contact"));
    EXPECT_EQ(stage("contact")->kept(), "");
}

INSTANTIATE_TEST_SUITE_P(On, StagedRows, every_database(), name_of);

}  // namespace
}  // namespace koppla::db
