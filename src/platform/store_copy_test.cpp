#include "platform/store_copy.h"

#include "db/test/any_database.h"
#include "platform/accounts.h"
#include "platform/audit.h"
#include "platform/local_table.h"
#include "platform/options.h"
#include "platform/runs.h"
#include "platform/schemas.h"

#include <gmock/gmock.h>

namespace koppla {
namespace {

using model::Kind;
using testing::HasSubstr;

const Instant noon = *parse_instant("2026-11-01T12:00:00.123Z");

model::ObjectSchema thing() {
    const std::string long_name = "a_column_whose_name_is_longer_than_the_names_that_postgresql_takes_are";
    return {.name = "Thing",
            .label = "Thing",
            .key = "Id",
            .stamp = "Changed",
            .fields = {{.name = "Id", .type = {.kind = Kind::identifier}, .column = "id"},
                       {.name = "Truth", .type = {.kind = Kind::boolean}, .column = "truth"},
                       {.name = "Whole", .type = {.kind = Kind::integer}, .column = "whole"},
                       {.name = "Price",
                        .type = {.kind = Kind::decimal, .precision = 15, .scale = 2},
                        .column = "price"},
                       {.name = "Wide",
                        .type = {.kind = Kind::decimal, .precision = 30, .scale = 9},
                        .column = "wide"},
                       {.name = "Day", .type = {.kind = Kind::date}, .column = "day"},
                       {.name = "Changed", .type = {.kind = Kind::instant}, .column = "changed"},
                       {.name = "Wall", .type = {.kind = Kind::wall_clock}, .column = "wall"},
                       {.name = "Rating", .type = {.kind = Kind::enumeration}, .column = "rating"},
                       {.name = "Text", .type = {.kind = Kind::text}, .column = long_name}},
            .local_table = "acme_thing"};
}

/// A store in a file, copied to a database of each kind and back to a file.
class CopiedStores : public db::DatabaseTest {
  protected:
    void SetUp() override {
        if (GetParam() == "postgres" && !db::AnyDatabase::has_server()) GTEST_SKIP() << "no server";
        if (GetParam() == "postgres") DatabaseTest::SetUp();
        original = std::move(*Store::create(file("original"), {}, environment()));
        const auto transaction = begin_in(*original);
        Accounts accounts{*transaction, original->vault()};
        ASSERT_TRUE(
            accounts.create({.name = "acme", .type = "salesforce", .settings = {{"server", "https://x"}}}));
        ASSERT_TRUE(accounts.set_secret("acme", "password", Secret{"Geheim"}));
        ASSERT_TRUE(
            Options{*transaction}.set({.name = "LASTIMPORT_acme_Thing", .value = "v", .updated_at = noon}));
        ASSERT_TRUE(
            Schemas{*transaction}.put({.account = "acme", .schema = thing(), .recorded_at = noon}, "{}"));
        ASSERT_TRUE(Enumerations{*transaction}.put({.account = "acme",
                                                    .object = "Thing",
                                                    .field = "Rating",
                                                    .label = "Rating",
                                                    .values = {{.code = "h", .label = "hot"}}}));
        Runs runs{*transaction};
        for (int i = 0; i < 3; ++i)
            ASSERT_TRUE(
                runs.start({.kind = "import", .account = "acme", .object = "Thing", .started_at = noon}));
        const Reject reject{.object = "Thing", .remote_id = "9", .message = "too long", .record = "9,x"};
        ASSERT_TRUE(runs.add_rejects(1, {&reject, 1}));
        ASSERT_TRUE(Audit{*transaction}.append({.at = noon, .who = "me", .verb = "test", .subject = "acme"}));
        ASSERT_TRUE(transaction->execute("insert into koppla_write values (1, '{}', true)"));
        ASSERT_TRUE(transaction->execute("insert into koppla_shipment values (1, 1, 1, 1, 'job', true)"));
        ASSERT_TRUE(transaction->execute(
            "insert into koppla_result values (1, 1, 1, 'done', null, '9', true, 1, null, null, null)"));
        ASSERT_TRUE(transaction->execute("insert into koppla_deletion values (1, '9', null, '8')"));
        fill(*transaction);
        ASSERT_TRUE(transaction->commit());
    }
    void fill(db::Transaction& transaction) const {
        const db::Dialect& dialect = original->database().dialect();
        ASSERT_TRUE(transaction.execute(create_table_sql(thing(), dialect)));
        std::vector<db::LoaderColumn> columns;
        for (const auto& field : thing().fields)
            columns.push_back({.name = field.column, .type = field.type});
        auto loader = *transaction.loader("acme_thing", columns);
        model::Batch batch;
        batch.recycle(columns.size());
        for (const char* cell : {"1", "true", "-9223372036854775808", "1234567890123.45",
                                 "123456789012345678901.123456789", "2026-11-01", "2026-11-01T10:00:00.123Z",
                                 "2026-11-01T10:00:00.000", "h", "it's \xF0\x9F\x98\x80\n\ttext \\N"})
            batch.push(model::Cell::of(cell));
        for (const char* cell : {"2", "false", "0", "-0.1", "0.5"}) batch.push(model::Cell::of(cell));
        for (int i = 0; i < 4; ++i) batch.push(model::Cell::null());
        batch.push(model::Cell::of({}));
        ASSERT_TRUE(loader->append(batch));
        ASSERT_TRUE(loader->finish());
        for (const auto& sql : create_index_sql(thing(), dialect)) ASSERT_TRUE(transaction.execute(sql));
        ASSERT_TRUE(transaction.execute(create_label_view_sql(thing(), "acme", dialect)));
    }
    [[nodiscard]] std::string file(std::string_view name) const {
        return "sqlite:" + (folder / (std::string{name} + ".db")).string();
    }
    [[nodiscard]] std::string place() const {
        if (!any.is_postgres()) return file("copy");
        const db::PostgresAddress address = any.options().address;
        return "postgres://" + address.user + "@" + address.host + ":" + address.port + "/" +
               address.database + "?schema=" + address.schema;
    }
    [[nodiscard]] StoreEnvironment environment() const {
        return {.config_folder = folder / "config",
                .password = any.is_postgres() ? any.options().password : Secret{}};
    }
    static std::unique_ptr<db::Transaction> begin_in(const Store& store) {
        return std::move(*store.database().begin(db::Access::write, {}));
    }
    static std::vector<std::string> everything(const Store& store) {
        const auto transaction = begin_in(store);
        std::vector<std::string> all;
        for (const char* sql :
             {"select * from acme_thing_labels order by id", "select * from koppla_account",
              "select account, setting, key_id from koppla_account_secret", "select * from koppla_option",
              "select id, kind, outcome from koppla_run order by id",
              "select * from koppla_enumeration_value"}) {
            for (auto& cell : cells(*transaction, sql)) all.push_back(std::move(cell));
        }
        return all;
    }

    TemporaryFolder folder;
    std::unique_ptr<Store> original;
};

TEST_P(CopiedStores, hold_all_that_the_original_does_there_and_back) {
    const auto copied = copy_store(*original, place(), CopiedKey::too, {}, environment());
    ASSERT_TRUE(copied) << copied.error().message;
    ASSERT_EQ(copied->size(), 1U);
    EXPECT_EQ(copied->at(0).table, "acme_thing");
    EXPECT_EQ(copied->at(0).rows, 2);
    const auto copy = Store::open(place(), {}, environment());
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ((*copy)->vault().key_id(), original->vault().key_id());
    {
        const auto transaction = begin_in(**copy);
        EXPECT_EQ(Accounts(*transaction, (*copy)->vault()).secret("acme", "password")->reveal(), "Geheim");
        EXPECT_EQ(*Runs{*transaction}.start({.kind = "import", .account = "acme", .started_at = noon}), 4);
    }
    ASSERT_TRUE(copy_store(**copy, file("back"), CopiedKey::too, {}, environment()));
    EXPECT_EQ(everything(**Store::open(file("back"), {}, environment())), everything(*original));
}

/// A table that is added one day and forgotten here would be lost on the way.
TEST_P(CopiedStores, have_rows_in_every_table_that_the_original_has_some_in) {
    ASSERT_TRUE(copy_store(*original, place(), CopiedKey::too, {}, environment()));
    const auto copy = *Store::open(place(), {}, environment());
    const auto from = begin_in(*original);
    const auto to = begin_in(*copy);
    const auto tables = cells(*from,
                              "select name from sqlite_schema where type = 'table' and name like 'koppla%'"
                              " and name <> 'koppla_session'");
    EXPECT_GE(tables.size(), 11U);
    for (const std::string& table : tables) {
        const auto rows = cells(*from, "select count(*) from " + table);
        EXPECT_NE(rows.front(), "0") << table << ": this test says nothing of it";
        EXPECT_EQ(cells(*to, "select count(*) from " + table), rows) << table;
    }
}

TEST_P(CopiedStores, are_made_only_where_none_is) {
    ASSERT_TRUE(copy_store(*original, place(), CopiedKey::too, {}, environment()));
    const auto twice = copy_store(*original, place(), CopiedKey::too, {}, environment());
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().kind, ErrorKind::conflict);
    EXPECT_TRUE(Store::open(place(), {}, environment()));
}

TEST_P(CopiedStores, leave_nothing_behind_when_a_table_is_missing) {
    {
        const auto transaction = begin_in(*original);
        ASSERT_TRUE(transaction->execute("drop view acme_thing_labels; drop table acme_thing"));
        ASSERT_TRUE(transaction->commit());
    }
    const auto refused = copy_store(*original, place(), CopiedKey::too, {}, environment());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("acme_thing"));
    EXPECT_FALSE(Store::open(place(), {}, environment()));
}

TEST_P(CopiedStores, go_without_the_key_where_it_is_to_stay) {
    ASSERT_TRUE(copy_store(*original, file("backup"), CopiedKey::stays, {}, environment()));
    EXPECT_FALSE(Store::open(file("backup"), {}, environment()));
    StoreEnvironment named = environment();
    named.key_file = folder / "original.db.key";
    EXPECT_TRUE(Store::open(file("backup"), {}, named));
}

INSTANTIATE_TEST_SUITE_P(On, CopiedStores, db::every_database(), db::name_of);

}  // namespace
}  // namespace koppla
