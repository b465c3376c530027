#include "db/test/any_database.h"

#include <thread>

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Transactions : public DatabaseTest {
  protected:
    bool exists(Transaction& transaction, std::string_view relation) {
        auto cursor = *transaction.query(database->dialect().relation_exists_sql(), {relation});
        return *cursor->next();
    }
};

TEST_P(Transactions, roll_back_when_destroyed) {
    run("create table t (a integer)");
    {
        auto transaction = begin(Access::write);
        ASSERT_TRUE(transaction->execute("insert into t values (1); create table u (b integer)"));
        EXPECT_TRUE(exists(*transaction, "U"));
    }
    EXPECT_THAT(cells("select * from t"), IsEmpty());
    EXPECT_FALSE(exists(*begin(Access::read), "u"));
}

TEST_P(Transactions, keep_what_they_commit) {
    run("create table t (a integer); insert into t values (1), (2)");
    database.reset();
    database = any.open();
    EXPECT_THAT(cells("select a from t order by a"), ElementsAre("1", "2"));
}

TEST_P(Transactions, readers_see_the_state_of_their_beginning) {
    run("create table t (a integer); insert into t values (1)");
    auto reader = begin(Access::read);
    run("insert into t values (2)");
    EXPECT_THAT(cells(*reader, "select a from t"), ElementsAre("1"));
    EXPECT_THAT(cells("select a from t order by a"), ElementsAre("1", "2"));
}

TEST_P(Transactions, readers_dont_see_what_is_not_committed_and_cant_write) {
    run("create table t (a integer)");
    auto writer = begin(Access::write);
    ASSERT_TRUE(writer->execute("insert into t values (1)"));
    EXPECT_THAT(cells("select a from t"), IsEmpty());
    auto reader = begin(Access::read);
    EXPECT_FALSE(reader->execute("insert into t values (2)"));
}

TEST_P(Transactions, a_second_writer_waits_until_its_call_ends_and_names_the_store) {
    auto first = begin(Access::write);
    const auto another = any.open();
    for (Database* other : {another.get(), database.get()}) {
        const auto started = std::chrono::steady_clock::now();
        const auto second = other->begin(Access::write, Call{}.within(milliseconds{60}));
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().kind, ErrorKind::unavailable) << second.error().message;
        EXPECT_THAT(second.error().message, HasSubstr(any.place()));
        EXPECT_GE(std::chrono::steady_clock::now() - started, milliseconds{50});
    }
    ASSERT_TRUE(first->commit());
    EXPECT_TRUE(another->begin(Access::write, Call{}.within(milliseconds{2000})));
}

TEST_P(Transactions, a_second_writer_goes_on_when_the_first_is_done) {
    run("create table t (a integer)");
    auto first = begin(Access::write);
    std::jthread other{[&] {
        auto second = database->begin(Access::write, {});
        ASSERT_TRUE(second);
        ASSERT_TRUE((*second)->execute("insert into t select count(*) from t"));
        ASSERT_TRUE((*second)->commit());
    }};
    ASSERT_TRUE(first->execute("insert into t values (7)"));
    ASSERT_TRUE(first->commit());
    other.join();
    EXPECT_THAT(cells("select a from t order by a desc"), ElementsAre("7", "1"));
}

TEST_P(Transactions, stop_ends_the_waiting_as_cancelled) {
    const auto other = any.open();
    auto theirs = other->begin(Access::write, {});
    std::stop_source source;
    std::jthread stopper{[&] { source.request_stop(); }};
    const auto ours = database->begin(Access::write, Call{.stop = source.get_token()});
    ASSERT_FALSE(ours);
    EXPECT_EQ(ours.error().kind, ErrorKind::cancelled) << ours.error().message;
}

TEST_P(Transactions, stop_interrupts_a_long_statement_and_the_store_stays_as_it_was) {
    run("create table t (a integer)");
    std::stop_source source;
    auto transaction = database->begin(Access::write, Call{.stop = source.get_token()});
    ASSERT_TRUE(transaction);
    ASSERT_TRUE((*transaction)->execute("insert into t values (1)"));
    std::jthread stopper{[&] { source.request_stop(); }};
    const auto endless = (*transaction)
                             ->execute(
                                 "insert into t with recursive n(i) as (select 1 union all select 1 from n)"
                                 " select i from n");
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().kind, ErrorKind::cancelled) << endless.error().message;
    transaction->reset();
    EXPECT_THAT(cells("select a from t"), IsEmpty());
    run("insert into t values (2)");
}

TEST_P(Transactions, are_over_once_they_are_committed) {
    run("create table t (a integer); insert into t values (1), (2)");
    auto transaction = begin(Access::write);
    auto cursor = *transaction->query("select a from t order by a");
    ASSERT_TRUE(*cursor->next());
    ASSERT_TRUE(transaction->commit());
    EXPECT_FALSE(transaction->execute("insert into t values (3)"));
    EXPECT_FALSE(transaction->commit());
}

TEST_P(Transactions, are_as_before_an_attempt_that_failed) {
    run("create table t (a integer primary key)");
    auto transaction = begin(Access::write);
    ASSERT_TRUE(transaction->execute("insert into t values (1)"));
    EXPECT_EQ(transaction->attempt("insert into t values (1)").error().kind, ErrorKind::conflict);
    EXPECT_EQ(*transaction->attempt("insert into t values (2)"), 1);
    ASSERT_TRUE(transaction->commit());
    EXPECT_THAT(cells("select a from t order by a"), ElementsAre("1", "2"));
}

TEST_P(Transactions, a_name_is_locked_by_one_at_a_time) {
    auto first = database->lock("some name");
    ASSERT_TRUE(first) << first.error().message;
    const auto other = any.open();
    for (Database* second : {other.get(), database.get()}) {
        const auto refused = second->lock("some name");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
        EXPECT_TRUE(second->lock("another name"));
    }
    first->reset();
    EXPECT_TRUE(other->lock("some name"));
}

TEST_P(Transactions, of_a_whole_database_have_no_damages_to_tell) {
    run("create table t (a integer primary key)");
    EXPECT_THAT(*database->damages({}), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(On, Transactions, every_database(), name_of);

}  // namespace
}  // namespace koppla::db
