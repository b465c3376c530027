#include "db/sqlite/fixture.h"

#include <fstream>
#include <random>

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using SqliteTransactions = SqliteTest;
using SqliteStatements = SqliteTest;
using SqliteFiles = SqliteTest;

TEST_F(SqliteTransactions, another_program_that_writes_is_waited_for_until_the_call_ends) {
    const auto other = open(SqliteOptions::Create::existing);
    auto theirs = other->begin(Access::write, {});
    ASSERT_TRUE(theirs);
    const auto ours = database->begin(Access::write, Call{}.within(milliseconds{60}));
    ASSERT_FALSE(ours);
    EXPECT_EQ(ours.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(ours.error().message, HasSubstr(path().string()));
    EXPECT_THAT(ours.error().message, HasSubstr("another program"));
    ASSERT_TRUE((*theirs)->commit());
    EXPECT_TRUE(database->begin(Access::write, Call{}.within(milliseconds{60})));
}

TEST_F(SqliteTransactions, a_cursor_may_outlive_its_transaction) {
    run("create table t (a integer); insert into t values (1), (2)");
    auto transaction = begin(Access::write);
    auto cursor = *transaction->query("select a from t");
    ASSERT_TRUE(*cursor->next());
    ASSERT_TRUE(transaction->commit());
    EXPECT_FALSE(database->begin(Access::write, Call{}.within(milliseconds{1})));
    cursor.reset();
    EXPECT_TRUE(database->begin(Access::write, Call{}.within(milliseconds{1})));
    EXPECT_FALSE(transaction->execute("insert into t values (3)"));
}

TEST_F(SqliteStatements, take_parameters_of_every_kind_exactly) {
    run("create table t (a, b, c, d, e)");
    auto transaction = begin(Access::write);
    using std::string_literals::operator""s;
    const std::string text = "it's \"quoted\", \xF0\x9F\x98\x80\n\0end"s;
    const std::array<std::byte, 4> bytes{std::byte{0}, std::byte{255}, std::byte{39}, std::byte{1}};
    ASSERT_TRUE(transaction->execute("insert into t values ($1, $2, $3, $4, $5)",
                                     {std::numeric_limits<std::int64_t>::min(), 0.1, std::string_view{text},
                                      Bytes{bytes}, std::monostate{}}));
    auto cursor = *transaction->query("select a, b, c, d, e, typeof(d) from t");
    ASSERT_TRUE(*cursor->next());
    EXPECT_EQ(cursor->integer(0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(cursor->real(1), 0.1);
    EXPECT_EQ(cursor->text(2), text);
    ASSERT_EQ(cursor->bytes(3).size(), bytes.size());
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), cursor->bytes(3).begin()));
    EXPECT_TRUE(cursor->is_null(4));
    EXPECT_EQ(cursor->text(5), "blob");
    EXPECT_EQ(cursor->column_name(5), "typeof(d)");
    EXPECT_FALSE(*cursor->next());
    EXPECT_FALSE(*cursor->next());
}

TEST_F(SqliteStatements, keep_empty_text_and_bytes_apart_from_null) {
    run("create table t (a, b)");
    auto transaction = begin(Access::write);
    ASSERT_TRUE(transaction->execute("insert into t values ($1, $2)", {std::string_view{}, Bytes{}}));
    EXPECT_THAT(cells(*transaction, "select typeof(a), typeof(b) from t"), ElementsAre("text", "blob"));
}

TEST_F(SqliteStatements, may_come_several_at_once_only_without_values) {
    auto transaction = begin(Access::write);
    EXPECT_EQ(*transaction->execute("create table t (a); insert into t values (1), (2); -- the end\n"), 2);
    EXPECT_EQ(*transaction->execute("insert into t values (3); update t set a = a + 1"), 3);
    EXPECT_FALSE(transaction->execute("delete from t where a = $1; delete from t", {std::int64_t{4}}));
    EXPECT_FALSE(transaction->query("select 1; select 2"));
    EXPECT_FALSE(transaction->query(" -- nothing"));
    EXPECT_THAT(cells(*transaction, "select a from t; "), ElementsAre("2", "3", "4"));
}

TEST_F(SqliteStatements, answer_with_the_kind_of_what_went_wrong) {
    run("create table t (a integer primary key, b not null, c references t (a))");
    auto transaction = begin(Access::write);
    ASSERT_TRUE(transaction->execute("insert into t values (1, 'x', null)"));
    const auto twice = transaction->execute("insert into t values (1, 'x', null)");
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().kind, ErrorKind::conflict);
    EXPECT_EQ(twice.error().symbol, "SQLITE_CONSTRAINT_PRIMARYKEY");
    EXPECT_EQ(transaction->execute("insert into t values (2, null, null)").error().symbol,
              "SQLITE_CONSTRAINT_NOTNULL");
    EXPECT_EQ(transaction->execute("insert into t values (2, 'x', 99)").error().symbol,
              "SQLITE_CONSTRAINT_FOREIGNKEY");
    const auto wrong = transaction->execute("insert into nowhere values (1)");
    EXPECT_EQ(wrong.error().kind, ErrorKind::invalid);
    EXPECT_THAT(wrong.error().message, HasSubstr("no such table: nowhere"));
    EXPECT_EQ(transaction->query("select \"no_such_column\" from t").error().kind, ErrorKind::invalid);
    EXPECT_TRUE(transaction->commit());
}

TEST_F(SqliteStatements, hostile_names_stay_names) {
    const auto& dialect = database->dialect();
    std::vector<std::string> names = hostile_names();
    for (const auto& own : {std::string{"\""}, std::string(200, 'n'), std::string{}}) names.push_back(own);
    for (const auto& name : names) {
        auto transaction = begin(Access::write);
        const auto sql =
            "create table " + dialect.quoted("t" + name) + " (" + dialect.quoted(name) + " text)";
        ASSERT_TRUE(transaction->execute(sql)) << sql;
        auto loader = transaction->loader("t" + name, std::array{LoaderColumn{.name = name, .type = {}}});
        ASSERT_TRUE(loader) << name;
        EXPECT_THAT(cells(*transaction, "select name from sqlite_schema where type = 'table'"),
                    ElementsAre("t" + name));
        auto cursor = *transaction->query("select " + dialect.literal(name) + " from sqlite_schema limit 1");
        ASSERT_TRUE(*cursor->next());
        EXPECT_EQ(cursor->text(0), name);
    }
    const std::string cut{"a\0b", 3};
    auto transaction = begin(Access::write);
    EXPECT_FALSE(transaction->execute("create table " + dialect.quoted(cut) + " (a)"));
}

TEST_F(SqliteFiles, are_made_only_where_that_is_wanted) {
    EXPECT_EQ(open_sqlite({.path = path(), .create = SqliteOptions::Create::fresh}).error().kind,
              ErrorKind::conflict);
    const auto missing = folder / "missing.db";
    const auto refused = open_sqlite({.path = missing});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
    EXPECT_THAT(refused.error().message, HasSubstr(missing.string()));
    EXPECT_FALSE(std::filesystem::exists(missing));
    EXPECT_TRUE(open_sqlite({.path = missing, .create = SqliteOptions::Create::if_missing}));
    EXPECT_TRUE(open_sqlite({.path = missing, .create = SqliteOptions::Create::if_missing}));
    EXPECT_EQ(open_sqlite({.path = folder / "no" / "folder.db", .create = SqliteOptions::Create::fresh})
                  .error()
                  .kind,
              ErrorKind::not_found);
    EXPECT_FALSE(open_sqlite({.path = folder}));
    EXPECT_FALSE(open_sqlite({.path = ""}));
}

TEST_F(SqliteFiles, of_other_programs_are_not_changed_by_looking_at_them) {
    run("create table t (a)");
    EXPECT_THAT(cells("pragma journal_mode"), ElementsAre("wal"));
    const auto copy = folder / "copy.db";
    {
        const auto other = *open_sqlite({.path = copy, .create = SqliteOptions::Create::fresh});
        auto reading = *other->begin(Access::read, {});
        EXPECT_THAT(cells(*reading, "select * from sqlite_schema"), IsEmpty());
    }
    EXPECT_EQ(std::filesystem::file_size(copy), 0U);
}

TEST_F(SqliteFiles, belong_to_their_owner_alone) {
    run("create table t (a)");
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        EXPECT_EQ(entry.status().permissions() & std::filesystem::perms::all,
                  std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
            << entry.path();
    }
}

TEST_F(SqliteFiles, special_names_are_files_too) {
    const auto here = std::filesystem::current_path();
    std::filesystem::current_path(folder);
    for (const char* name : {":memory:", "file:x?mode=memory", "a b's \"c\".db"}) {
        EXPECT_TRUE(open_sqlite({.path = name, .create = SqliteOptions::Create::fresh})) << name;
        EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
    }
    std::filesystem::current_path(here);
}

void fill(const std::filesystem::path& file, std::size_t bytes) {
    std::mt19937 random{7};
    std::ofstream out{file, std::ios::binary};
    for (std::size_t i = 0; i < bytes; ++i) out.put(static_cast<char>(random()));
}

TEST_F(SqliteFiles, of_random_bytes_are_refused_as_damaged) {
    const auto file = folder / "random.db";
    fill(file, 50'000);
    const auto opened = open_sqlite({.path = file});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(opened.error().message, HasSubstr(file.string()));
    EXPECT_THAT(opened.error().message, HasSubstr("backup"));
}

TEST_F(SqliteFiles, that_were_cut_short_are_refused_as_damaged) {
    run("create table t (a); with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)"
        " insert into t select hex(randomblob(100)) from n");
    database.reset();
    const auto size = std::filesystem::file_size(path());
    std::filesystem::resize_file(path(), size / 2);
    const auto opened = open_sqlite({.path = path()});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(opened.error().message, HasSubstr(path().string()));
}

TEST_F(SqliteFiles, with_damage_inside_say_so_when_it_is_met) {
    run("create table t (a); with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)"
        " insert into t select hex(randomblob(100)) from n");
    database.reset();
    std::fstream file{path(), std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(8192 * 3);
    for (int i = 0; i < 8192 * 4; ++i) file.put('\xA5');
    file.close();
    database = open(SqliteOptions::Create::existing);
    auto transaction = begin(Access::read);
    auto cursor = transaction->query("select sum(length(a)) from t");
    ASSERT_TRUE(cursor);
    const auto row = (*cursor)->next();
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().kind, ErrorKind::corrupt);
}

TEST_F(SqliteFiles, on_a_full_disk_say_so_and_keep_what_was_committed) {
    run("create table t (a); insert into t values ('kept')");
    auto transaction = begin(Access::write);
    EXPECT_FALSE(cells(*transaction, "pragma max_page_count = 20").empty());
    const auto full = transaction->execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)"
        " insert into t select hex(randomblob(100)) from n");
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(full.error().message, HasSubstr("no room left"));
    EXPECT_THAT(full.error().message, HasSubstr(path().string()));
    transaction.reset();
    EXPECT_THAT(cells("select a from t"), ElementsAre("kept"));
}

TEST_F(SqliteFiles, held_by_another_program_are_waited_for_and_named) {
    run("create table t (a)");
    database.reset();
    const auto holder = open(SqliteOptions::Create::existing);
    for (const char* sql : {"pragma locking_mode = exclusive", "insert into t values (1)"}) {
        auto transaction = *holder->begin(Access::write, {});
        ASSERT_TRUE(transaction->execute(sql));
        ASSERT_TRUE(transaction->commit());
    }
    const auto opened = open_sqlite({.path = path(), .open_wait = milliseconds{50}});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(opened.error().message, HasSubstr(path().string()));
}

}  // namespace
}  // namespace koppla::db
