#include "db/test/any_database.h"

#include <array>
#include <limits>

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Statements : public DatabaseTest {};

TEST_P(Statements, take_parameters_of_every_kind_exactly) {
    run("create table t (a bigint, b double precision, c text, d " +
        std::string{database->dialect().bytes_type()} + ", e text)");
    auto transaction = begin(Access::write);
    const std::string text = "it's \"quoted\" \\ \xF0\x9F\x98\x80\n\t end";
    const std::array<std::byte, 4> bytes{std::byte{0}, std::byte{255}, std::byte{39}, std::byte{1}};
    ASSERT_TRUE(transaction->execute("insert into t values ($1, $2, $3, $4, $5)",
                                     {std::numeric_limits<std::int64_t>::min(), 0.1, std::string_view{text},
                                      Bytes{bytes}, std::monostate{}}));
    auto cursor = *transaction->query("select a, b, c, d, e from t");
    ASSERT_TRUE(*cursor->next());
    EXPECT_EQ(cursor->integer(0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(cursor->real(1), 0.1);
    EXPECT_EQ(cursor->text(2), text);
    ASSERT_EQ(cursor->bytes(3).size(), bytes.size());
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), cursor->bytes(3).begin()));
    EXPECT_TRUE(cursor->is_null(4));
    EXPECT_EQ(cursor->column_count(), 5);
    EXPECT_EQ(cursor->column_name(4), "e");
    EXPECT_FALSE(*cursor->next());
    EXPECT_FALSE(*cursor->next());
}

TEST_P(Statements, describe_their_columns_without_a_row) {
    run("create table t (a integer, b text)");
    auto transaction = begin(Access::read);
    auto cursor = *transaction->query("select * from t limit 0");
    EXPECT_EQ(cursor->column_count(), 2);
    EXPECT_EQ(cursor->column_name(1), "b");
}

TEST_P(Statements, keep_empty_text_and_bytes_apart_from_null) {
    run("create table t (a text, b " + std::string{database->dialect().bytes_type()} + ")");
    auto transaction = begin(Access::write);
    ASSERT_TRUE(transaction->execute("insert into t values ($1, $2)", {std::string_view{}, Bytes{}}));
    auto cursor = *transaction->query("select a, b from t");
    ASSERT_TRUE(*cursor->next());
    EXPECT_FALSE(cursor->is_null(0));
    EXPECT_FALSE(cursor->is_null(1));
}

TEST_P(Statements, number_parameters_by_name_not_by_place) {
    auto transaction = begin(Access::write);
    auto cursor =
        *transaction->query("select $2 || $1 || $2", {std::string_view{"a"}, std::string_view{"b"}});
    ASSERT_TRUE(*cursor->next());
    EXPECT_EQ(cursor->text(0), "bab");
}

TEST_P(Statements, refuse_too_few_and_too_many_values) {
    const std::vector<std::pair<const char*, std::vector<Parameter>>> wrong = {
        {"select $1, $2", {std::int64_t{1}}},
        {"select $1", {std::int64_t{1}, std::int64_t{2}}},
        {"select $1, $3", {std::int64_t{1}, std::int64_t{2}}}};
    for (const auto& [sql, values] : wrong) {
        const auto refused = begin(Access::write)->query(sql, std::span{values});
        ASSERT_FALSE(refused) << sql;
        EXPECT_EQ(refused.error().kind, ErrorKind::invalid) << refused.error().message;
    }
    EXPECT_FALSE(begin(Access::write)->execute("select $1"));
}

TEST_P(Statements, may_come_several_at_once_only_without_values) {
    auto transaction = begin(Access::write);
    EXPECT_EQ(
        *transaction->execute("create table t (a integer); insert into t values (1), (2); -- the end\n"), 2);
    EXPECT_EQ(*transaction->execute("insert into t values (3); update t set a = a + 1"), 3);
    ASSERT_TRUE(transaction->commit());
    EXPECT_FALSE(
        begin(Access::write)->execute("delete from t where a = $1; delete from t", {std::int64_t{4}}));
    EXPECT_FALSE(begin(Access::write)->query("select 1; select 2"));
    EXPECT_FALSE(begin(Access::write)->query(" -- nothing"));
    EXPECT_THAT(cells("select a from t order by a; "), ElementsAre("2", "3", "4"));
}

TEST_P(Statements, count_the_rows_they_changed) {
    run("create table t (a integer primary key); insert into t values (1), (2), (3)");
    auto transaction = begin(Access::write);
    EXPECT_EQ(*transaction->execute("delete from t where a > $1", {std::int64_t{1}}), 2);
    EXPECT_EQ(*transaction->execute("delete from t where a > 1"), 0);
    EXPECT_EQ(*transaction->execute("create table u (b integer)"), 0);
}

TEST_P(Statements, of_the_same_text_run_side_by_side) {
    run("create table t (a integer); insert into t values (1), (2), (3)");
    auto transaction = begin(Access::read);
    auto outer = *transaction->query("select a from t order by a");
    ASSERT_TRUE(*outer->next());
    auto inner = *transaction->query("select a from t order by a");
    ASSERT_TRUE(*inner->next());
    ASSERT_TRUE(*inner->next());
    EXPECT_EQ(outer->integer(0), 1);
    EXPECT_EQ(inner->integer(0), 2);
    ASSERT_TRUE(*outer->next());
    EXPECT_EQ(outer->integer(0), 2);
    ASSERT_TRUE(*outer->next());
    EXPECT_FALSE(*outer->next());
    ASSERT_TRUE(*inner->next());
    EXPECT_EQ(inner->integer(0), 3);
}

TEST_P(Statements, that_insert_can_tell_what_they_inserted) {
    run("create table t (id " + std::string{database->dialect().numbered_key()} + ", a text)");
    auto transaction = begin(Access::write);
    for (const char* id : {"1", "2"}) {
        auto cursor =
            *transaction->query("insert into t (a) values ($1) returning id", {std::string_view{"x"}});
        ASSERT_TRUE(*cursor->next());
        EXPECT_EQ(cursor->text(0), id);
    }
}

TEST_P(Statements, answer_with_the_kind_of_what_went_wrong) {
    run("create table t (a integer primary key, b text not null, c integer references t (a));"
        "insert into t values (1, 'x', null)");
    for (const char* sql : {"insert into t values (1, 'x', null)", "insert into t values (2, null, null)",
                            "insert into t values (2, 'x', 99)"}) {
        const auto refused = begin(Access::write)->execute(sql);
        ASSERT_FALSE(refused) << sql;
        EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
        EXPECT_FALSE(refused.error().symbol.empty());
    }
    const auto wrong = begin(Access::write)->execute("insert into nowhere values (1)");
    EXPECT_EQ(wrong.error().kind, ErrorKind::invalid);
    EXPECT_THAT(wrong.error().message, HasSubstr("nowhere"));
    EXPECT_EQ(begin(Access::write)->query("select \"no_such_column\" from t").error().kind,
              ErrorKind::invalid);
    EXPECT_EQ(begin(Access::write)->query("selec 1").error().kind, ErrorKind::invalid);
}

TEST_P(Statements, hostile_names_stay_names) {
    const auto& dialect = database->dialect();
    std::vector<std::string> names = hostile_names();
    names.push_back(dialect.fitting(std::string(200, 'n')));
    for (const auto& name : names) {
        auto transaction = begin(Access::write);
        const std::string table = dialect.fitting("t" + name);
        const auto sql = "create table " + dialect.quoted(table) + " (" + dialect.quoted(name) + " text)";
        ASSERT_TRUE(transaction->execute(sql)) << sql;
        auto loader = transaction->loader(table, std::array{LoaderColumn{.name = name, .type = {}}});
        ASSERT_TRUE(loader) << name;
        loader->reset();
        auto exists = *transaction->query(dialect.relation_exists_sql(), {std::string_view{table}});
        EXPECT_TRUE(*exists->next()) << name;
        auto cursor = *transaction->query("select " + dialect.literal(name));
        ASSERT_TRUE(*cursor->next());
        EXPECT_EQ(cursor->text(0), name);
    }
    const std::string cut{"a\0b", 3};
    EXPECT_FALSE(begin(Access::write)->execute("create table " + dialect.quoted(cut) + " (a text)"));
}

TEST_P(Statements, names_that_are_too_long_are_cut_and_kept_apart) {
    const auto& dialect = database->dialect();
    const auto most = static_cast<std::size_t>(dialect.identifier_bytes_max());
    const std::string beginning(most, 'x');
    EXPECT_EQ(dialect.fitting(beginning), beginning);
    const std::string one = dialect.fitting(beginning + "one");
    const std::string two = dialect.fitting(beginning + "two");
    EXPECT_LE(one.size(), most);
    EXPECT_NE(one, two);
    EXPECT_EQ(one, dialect.fitting(beginning + "one"));
    run("create table " + one + " (a integer); create table " + two + " (a integer)");
}

INSTANTIATE_TEST_SUITE_P(On, Statements, every_database(), name_of);

}  // namespace
}  // namespace koppla::db
