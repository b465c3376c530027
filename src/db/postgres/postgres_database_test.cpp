#include "db/test/any_database.h"

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// What is PostgreSQL's alone; the parameter is always "postgres", so that the server is there.
class OnAServer : public DatabaseTest {
  protected:
    static std::string process_of(Transaction& transaction) {
        return cells(transaction, "select pg_backend_pid()").at(0);
    }
    /// As an administrator ends connections, or their statements.
    void end(const std::string& process, std::string_view how) {
        const auto other = any.open();
        const auto transaction = *other->begin(Access::write_own, {});
        ASSERT_TRUE(transaction->execute("select " + std::string{how} + "(" + process + ")"));
    }
};

TEST_P(OnAServer, a_connection_that_died_between_two_transactions_is_made_anew) {
    run("create table t (a integer)");
    for (int i = 0; i < 3; ++i) {
        const std::string process = process_of(*begin(Access::read));
        end(process, "pg_terminate_backend");
        run("insert into t values (1)");
    }
    EXPECT_THAT(cells("select count(*) from t"), ElementsAre("3"));
}

TEST_P(OnAServer, a_connection_that_dies_within_a_transaction_makes_it_unavailable) {
    run("create table t (a integer)");
    auto transaction = begin(Access::write);
    ASSERT_TRUE(transaction->execute("insert into t values (1)"));
    end(process_of(*transaction), "pg_terminate_backend");
    const auto refused = transaction->execute("insert into t values (2)");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::unavailable) << refused.error().message;
    EXPECT_FALSE(transaction->commit());
    transaction.reset();
    EXPECT_THAT(cells("select count(*) from t"), ElementsAre("0"));
}

TEST_P(OnAServer, a_commit_that_nobody_answered_is_in_doubt) {
    auto transaction = begin(Access::write);
    ASSERT_TRUE(transaction->execute("create table t (a integer)"));
    end(process_of(*transaction), "pg_terminate_backend");
    const auto refused = transaction->commit();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::in_doubt) << refused.error().message;
}

TEST_P(OnAServer, rows_on_their_way_when_the_connection_dies_are_gone_on_with_from_what_was_kept) {
    const std::vector<LoaderColumn> columns = {{.name = "id", .type = {.kind = model::Kind::identifier}}};
    model::Batch batch;
    batch.recycle(1);
    for (int i = 0; i < 1000; ++i) batch.push(model::Cell::of(batch.keep(std::to_string(i))));
    {
        auto staging = *database->begin_staging("contact", columns);
        ASSERT_TRUE(staging->append(batch));
        ASSERT_TRUE(staging->keep("a thousand"));
        ASSERT_TRUE(staging->append(batch));
        // Other tests are at work in this database: by the table that it holds alone.
        end(cells("select pid from pg_locks where relation = 'koppla_staging_contact'::regclass"
                  " and mode = 'RowExclusiveLock'")
                .at(0),
            "pg_terminate_backend");
        Result<void> appended;
        for (int i = 0; i < 100 && appended; ++i) appended = staging->append(batch);
        if (appended) appended = staging->keep("more");
        ASSERT_FALSE(appended);
        EXPECT_EQ(appended.error().kind, ErrorKind::unavailable) << appended.error().message;
    }
    auto staging = *database->begin_staging("contact", columns);
    EXPECT_EQ(staging->kept(), "a thousand");
    EXPECT_EQ(*staging->finish(), 1000);
}

TEST_P(OnAServer, a_nul_in_a_text_is_refused_in_words) {
    run("create table t (a text)");
    const auto refused =
        begin(Access::write)->execute("insert into t values ($1)", {std::string_view{"a\0b", 3}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr("NUL"));
    const auto surrogate = begin(Access::write)->execute("insert into t values ($1)", {"\xED\xA0\x80"});
    ASSERT_FALSE(surrogate);
    EXPECT_EQ(surrogate.error().kind, ErrorKind::invalid);
    EXPECT_THAT(surrogate.error().message, HasSubstr("UTF-8"));
}

TEST_P(OnAServer, nothing_but_its_end_is_left_of_a_transaction_that_failed) {
    auto transaction = begin(Access::write);
    EXPECT_FALSE(transaction->execute("selec 1"));
    EXPECT_THAT(transaction->execute("select 1").error().message, HasSubstr("failed before"));
    EXPECT_FALSE(transaction->commit());
}

TEST_P(OnAServer, rows_cant_be_copied_by_a_statement_and_the_next_transaction_works) {
    run("create table t (a integer)");
    for (const char* sql : {"copy t from stdin", "copy t to stdout"}) {
        EXPECT_FALSE(begin(Access::write)->execute(sql)) << sql;
        EXPECT_FALSE(begin(Access::write)->query(sql)) << sql;
        EXPECT_THAT(cells("select count(*) from t"), ElementsAre("0"));
    }
}

TEST_P(OnAServer, who_cant_get_in_is_told_why) {
    auto options = any.options();
    options.password = Secret{"wrong"};
    const auto denied = open_postgres(options, {});
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().kind, ErrorKind::denied) << denied.error().message;
    EXPECT_THAT(denied.error().message, HasSubstr("password"));
    EXPECT_THAT(denied.error().message, testing::Not(HasSubstr("wrong")));
    options = any.options();
    options.address.database = "nowhere";
    EXPECT_EQ(open_postgres(options, {}).error().kind, ErrorKind::not_found);
    options = any.options();
    options.address.schema = "nowhere";
    options.create = PostgresOptions::Create::existing;
    EXPECT_EQ(open_postgres(options, {}).error().kind, ErrorKind::not_found);
    options.address.port = "1";
    const auto nobody = open_postgres(options, {});
    EXPECT_EQ(nobody.error().kind, ErrorKind::unavailable) << nobody.error().message;
}

TEST_P(OnAServer, a_merge_goes_on_beside_the_one_writer) {
    run("create table t (a integer)");
    const auto writer = begin(Access::write);
    auto beside = begin(Access::write_own);
    ASSERT_TRUE(beside->execute("insert into t values (1)"));
    ASSERT_TRUE(beside->commit());
    EXPECT_THAT(cells("select a from t"), ElementsAre("1"));
}

INSTANTIATE_TEST_SUITE_P(On, OnAServer, testing::Values("postgres"), name_of);

}  // namespace
}  // namespace koppla::db
