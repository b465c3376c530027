#include "db/sqlite/fixture.h"

#include <csignal>
#include <fstream>

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

class StagedRows : public SqliteTest {
  protected:
    static std::vector<LoaderColumn> columns() {
        return {{.name = "id", .type = {.kind = Kind::identifier}},
                {.name = "n", .type = {.kind = Kind::integer}}};
    }
    std::unique_ptr<Staging> stage(std::string_view name) {
        auto begun = database->begin_staging(name, columns());
        EXPECT_TRUE(begun) << (begun ? "" : begun.error().message);
        return begun ? std::move(*begun) : nullptr;
    }
    static void append(Staging& staging, int rows) {
        Batch batch;
        batch.recycle(2);
        for (int i = 0; i < rows; ++i) {
            const auto row = batch.add_row();
            batch.replace(0, row, "id" + std::to_string(i));
            batch.replace(1, row, std::to_string(i));
        }
        const auto appended = staging.append(batch);
        ASSERT_TRUE(appended) << appended.error().message;
    }
    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            if (entry.path().string().find("staging") != std::string::npos)
                names.push_back(entry.path().filename());
        }
        return names;
    }
};

TEST_F(StagedRows, can_be_merged_by_the_next_write_transaction) {
    run("create table t (id text primary key, n integer); insert into t values ('id1', 1), ('id2', 7)");
    auto staging = stage("contact");
    append(*staging, 3);
    append(*staging, 0);
    EXPECT_EQ(*staging->finish(), 3);
    auto transaction = begin(Access::write);
    const auto merged = transaction->execute("insert into t select s.id, s.n from " + staging->name() +
                                             " s left join t on t.id = s.id where t.n is not s.n"
                                             " on conflict (id) do update set n = excluded.n");
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ(*merged, 2);
    ASSERT_TRUE(transaction->commit());
    EXPECT_THAT(cells("select n from t order by id"), ElementsAre("0", "1", "2"));
}

TEST_F(StagedRows, arrive_while_another_transaction_writes) {
    run("create table t (a)");
    auto other = begin(Access::write);
    ASSERT_TRUE(other->execute("insert into t values (1)"));
    auto staging = stage("contact");
    append(*staging, 1000);
    EXPECT_EQ(*staging->finish(), 1000);
    ASSERT_TRUE(other->commit());
    EXPECT_THAT(cells(*begin(Access::write), "select count(*) from " + staging->name()), ElementsAre("1000"));
}

TEST_F(StagedRows, leave_neither_a_trace_in_the_store_nor_a_file) {
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

TEST_F(StagedRows, that_are_dropped_while_the_writer_is_busy_are_let_go_afterwards) {
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

TEST_F(StagedRows, that_a_killed_run_left_are_thrown_away) {
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

TEST_F(StagedRows, that_were_kept_are_found_by_the_next_run_and_no_others) {
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

TEST_F(StagedRows, that_were_kept_before_a_row_that_cant_be_loaded_are_found) {
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

TEST_F(StagedRows, of_other_columns_are_not_gone_on_with) {
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

TEST_F(StagedRows, that_a_killed_process_kept_are_found) {
    const pid_t child = fork();
    if (child == 0) {
        database.reset();
        database = open(SqliteOptions::Create::existing);
        auto staging = stage("contact");
        append(*staging, 20'000);
        if (!staging->keep("kept")) _exit(1);
        append(*staging, 50'000);  // more than the cache holds: pages have been written over the kept ones
        raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto staging = stage("contact");
    EXPECT_EQ(staging->kept(), "kept");
    EXPECT_EQ(*staging->finish(), 20'000);
    EXPECT_THAT(cells(*begin(Access::write), "select count(*) from " + staging->name()),
                ElementsAre("20000"));
}

TEST_F(StagedRows, of_a_run_that_still_goes_are_not_taken_away) {
    auto staging = stage("contact");
    append(*staging, 2);
    const auto other = open(SqliteOptions::Create::existing);
    for (Database* second : {other.get(), database.get()}) {
        const auto refused = second->begin_staging("contact", columns());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
        EXPECT_THAT(refused.error().message, HasSubstr("in use"));
    }
    append(*staging, 2);
    EXPECT_EQ(*staging->finish(), 4);
}

TEST_F(StagedRows, may_have_any_name) {
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

TEST_F(StagedRows, are_limited_in_number_with_words) {
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

TEST_F(StagedRows, are_of_no_use_after_a_row_that_cant_be_loaded) {
    auto staging = stage("contact");
    Batch batch;
    batch.recycle(2);
    batch.push(Cell::of("id"));
    batch.push(Cell::of("not a number"));
    EXPECT_FALSE(staging->append(batch));
    EXPECT_FALSE(staging->finish());
}

}  // namespace
}  // namespace koppla::db
