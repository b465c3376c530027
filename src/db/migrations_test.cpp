#include "db/migrations.h"

#include "db/sqlite/fixture.h"

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Migrations : public SqliteTest {
  protected:
    const std::vector<Migration> two = {
        {.number = 1, .name = "first", .sql = "create table a (x); insert into a values ('one; two')"},
        {.number = 2, .name = "second", .sql = "-- adds y\nalter table a add column y;\n"}};
};

TEST_F(Migrations, are_applied_once_and_in_order) {
    EXPECT_EQ(*migrate(*database, two, {}), 2);
    EXPECT_EQ(*migrate(*database, two, {}), 0);
    EXPECT_THAT(cells("select x, y from a"), ElementsAre("one; two", "NULL"));
    EXPECT_THAT(cells("select number, name from koppla_migration order by number"),
                ElementsAre("1", "first", "2", "second"));
}

TEST_F(Migrations, that_are_missing_are_added_to_an_older_store) {
    EXPECT_EQ(*migrate(*database, std::span{two}.first(1), {}), 1);
    EXPECT_EQ(*migrate(*database, two, {}), 1);
    EXPECT_THAT(cells("select y from a"), ElementsAre("NULL"));
}

TEST_F(Migrations, of_a_newer_program_make_the_store_refused_untouched) {
    EXPECT_EQ(*migrate(*database, two, {}), 2);
    const auto refused = migrate(*database, std::span{two}.first(1), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("newer version"));
    EXPECT_THAT(refused.error().message, HasSubstr("number 2, this program knows 1"));
}

TEST_F(Migrations, leave_nothing_of_a_step_that_failed_and_name_it) {
    auto broken = two;
    broken[1].sql = "create table b (x); insert into nowhere values (1)";
    const auto refused = migrate(*database, broken, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("0002 second"));
    EXPECT_THAT(cells("select name from sqlite_schema where name in ('a', 'b')"), ElementsAre("a"));
    EXPECT_EQ(*migrate(*database, two, {}), 1);
}

TEST_F(Migrations, may_not_come_twice_or_out_of_order) {
    EXPECT_FALSE(migrate(*database, std::vector{two[1], two[0]}, {}));
    EXPECT_FALSE(migrate(*database, std::vector{two[0], two[0]}, {}));
}

}  // namespace
}  // namespace koppla::db
