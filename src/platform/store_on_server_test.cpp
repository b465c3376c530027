#include "db/test/any_database.h"
#include "platform/accounts.h"
#include "platform/options.h"
#include "platform/runs.h"
#include "platform/schemas.h"
#include "platform/session_row.h"
#include "platform/store.h"

#include <thread>

#include <gmock/gmock.h>

namespace koppla {
namespace {

using testing::HasSubstr;

/// A store in a schema of its own, made by the test; the parameter is always "postgres".
class StoresOnAServer : public db::DatabaseTest {
  protected:
    [[nodiscard]] std::string location() const {
        const db::PostgresAddress address = any.options().address;
        return "postgres://" + address.user + "@" + address.host + ":" + address.port + "/" +
               address.database + "?schema=" + address.schema;
    }
    [[nodiscard]] StoreEnvironment environment() const {
        return {.config_folder = folder / "config", .password = any.options().password};
    }
    std::unique_ptr<Store> create() {
        auto created = Store::create(location(), {}, environment());
        EXPECT_TRUE(created) << (created ? "" : created.error().message);
        return created ? std::move(*created) : nullptr;
    }
    std::unique_ptr<Store> open() {
        auto opened = Store::open(location(), {}, environment());
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        return opened ? std::move(*opened) : nullptr;
    }
    TemporaryFolder folder;
    SystemClock clock;
};

TEST_P(StoresOnAServer, are_made_once_and_opened_with_the_key_in_the_users_settings) {
    const auto missing = Store::open(location(), {}, environment());
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
    EXPECT_THAT(missing.error().message, HasSubstr("koppla init"));

    const std::string id = create()->vault().key_id();
    EXPECT_EQ(open()->vault().key_id(), id);
    EXPECT_TRUE(std::filesystem::exists(folder / "config" / "koppla"));
    EXPECT_EQ(std::filesystem::status(folder / "config" / "koppla").permissions(),
              std::filesystem::perms::owner_all);
    const auto twice = Store::create(location(), {}, environment());
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().kind, ErrorKind::conflict);

    std::filesystem::remove_all(folder / "config");
    const auto without = Store::open(location(), {}, environment());
    ASSERT_FALSE(without);
    EXPECT_THAT(without.error().message, HasSubstr("KOPPLA_KEY_FILE"));
}

TEST_P(StoresOnAServer, that_many_make_at_once_are_made_by_one) {
    std::atomic<int> made = 0;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> programs;
        for (int i = 0; i < 4; ++i) {
            programs.emplace_back([&] {
                const auto created = Store::create(location(), {}, environment());
                if (created) ++made;
                if (!created && created.error().kind == ErrorKind::conflict) ++refused;
            });
        }
    }
    EXPECT_EQ(made, 1);
    EXPECT_EQ(refused, 3);
    EXPECT_TRUE(open());
}

TEST_P(StoresOnAServer, of_an_older_program_are_brought_up_to_date_by_one_of_many) {
    create();
    run("drop table koppla_session; drop table koppla_result; drop table koppla_shipment;"
        " drop table koppla_write; drop table koppla_deletion; alter table koppla_reject drop column fields;"
        " alter table koppla_reject drop column is_undecided; delete from koppla_migration where number > 1");
    std::atomic<int> opened = 0;
    {
        std::vector<std::jthread> programs;
        for (int i = 0; i < 4; ++i) {
            programs.emplace_back([&] {
                if (Store::open(location(), {}, environment())) ++opened;
            });
        }
    }
    EXPECT_EQ(opened, 4);
    EXPECT_EQ(cells("select count(*) from koppla_migration"), cells("select 4"));
}

TEST_P(StoresOnAServer, remember_what_a_store_remembers) {
    const auto store = create();
    const auto transaction = *store->database().begin(db::Access::write, {});
    Accounts accounts{*transaction, store->vault()};
    const Account acme{
        .name = "acme", .type = "salesforce", .label = "it's", .settings = {{"server", "https://x"}}};
    ASSERT_TRUE(accounts.create(acme));
    ASSERT_TRUE(accounts.set_secret("acme", "password", Secret{"Geheim"}));
    EXPECT_EQ(accounts.secret("acme", "password")->reveal(), "Geheim");
    EXPECT_EQ(accounts.list()->size(), 1U);

    const Instant noon = *parse_instant("2026-11-01T12:00:00.123Z");
    const Option option{.name = "O", .value = "v", .updated_at = noon, .updated_by = "anna"};
    ASSERT_TRUE(Options{*transaction}.set(option));
    EXPECT_EQ(*Options{*transaction}.find("O"), option);

    Schemas schemas{*transaction};
    const RecordedSchema contact{
        .account = "acme", .schema = {.name = "Contact", .local_table = "acme_contact"}, .recorded_at = noon};
    ASSERT_TRUE(schemas.put(contact, "{}"));
    EXPECT_EQ(*schemas.find("acme", "CONTACT"), contact);
    const Enumeration rating{
        .account = "acme",
        .object = "Contact",
        .field = "Rating",
        .label = "Rating",
        .values = {{.code = "z", .label = "Z", .is_default = true},
                   {.code = "a", .label = "A", .is_active = false, .valid_for = "gAAA"}}};
    ASSERT_TRUE(Enumerations{*transaction}.put(rating));
    EXPECT_EQ(Enumerations{*transaction}.list("acme")->at(0), rating);

    Runs runs{*transaction};
    const std::int64_t id =
        *runs.start({.kind = "import", .account = "acme", .object = "Contact", .started_at = noon});
    ASSERT_TRUE(runs.add_rejects(id, std::vector{Reject{.object = "Contact", .remote_id = "1"}}));
    ASSERT_TRUE(
        runs.finish(id, {.ended_at = noon, .outcome = RunOutcome::complete, .counts = {.read = 1LL << 40}}));
    EXPECT_EQ(runs.find(id)->counts.read, 1LL << 40);
    EXPECT_EQ(*runs.last_complete({.kind = "import", .account = "acme", .object = "Contact"}), id);
    ASSERT_TRUE(accounts.remove("acme"));
    EXPECT_TRUE(schemas.list("acme")->empty());
    EXPECT_TRUE(transaction->commit());
}

TEST_P(StoresOnAServer, share_a_session_that_one_renews_at_a_time) {
    const auto store = create();
    {
        const auto transaction = *store->database().begin(db::Access::write, {});
        ASSERT_TRUE(Accounts(*transaction, store->vault()).create({.name = "acme", .type = "salesforce"}));
        ASSERT_TRUE(transaction->commit());
    }
    const auto other = open();
    const SessionRow ours{*store, "acme"};
    const SessionRow theirs{*other, "acme"};
    EXPECT_FALSE(*theirs.read());
    const auto import = *store->database().begin(db::Access::write, {});
    auto held = *ours.lock(clock, {});
    ASSERT_TRUE(ours.write(Secret{"one"}, *held));
    EXPECT_EQ((*theirs.read())->reveal(), "one") << "an import holds the writer";
    EXPECT_FALSE(*SessionRow(*other, "acme", "username=b").read()) << "made by other settings";
    const auto waiting = theirs.lock(clock, Call{}.within(std::chrono::milliseconds{50}));
    ASSERT_FALSE(waiting);
    EXPECT_EQ(waiting.error().kind, ErrorKind::cancelled);
    held.reset();
    held = *theirs.lock(clock, {});
    ASSERT_TRUE(theirs.remove(*held));
    EXPECT_FALSE(*ours.read());
    EXPECT_THAT(cells("select count(*) from koppla_session"), testing::ElementsAre("0"));
}

TEST_P(StoresOnAServer, take_the_password_from_where_it_is_put) {
    create();
    const auto file = folder.write("password", any.options().password.reveal() + "\n");
    StoreEnvironment named = environment();
    named.password = Secret{};
    named.password_file = file;
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_all | std::filesystem::perms::others_read);
    const auto refused = Store::open(location(), {}, named);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("chmod 600"));
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    EXPECT_TRUE(Store::open(location(), {}, named));

    StoreEnvironment credential = environment();
    credential.password = Secret{};
    credential.credentials_directory = folder / "credentials";
    std::filesystem::create_directory(folder / "credentials");
    std::filesystem::copy_file(file, folder / "credentials" / "koppla-store-password");
    EXPECT_TRUE(Store::open(location(), {}, credential));
}

TEST_P(StoresOnAServer, leave_no_key_behind_where_they_cant_be_made) {
    run("create view koppla_account as select 1 as x");
    EXPECT_FALSE(Store::create(location(), {}, environment()));
    EXPECT_TRUE(std::filesystem::is_empty(folder / "config" / "koppla"));
    EXPECT_THAT(cells("select relname from pg_class where relnamespace = current_schema()::regnamespace"),
                testing::ElementsAre("koppla_account"));
}

INSTANTIATE_TEST_SUITE_P(On, StoresOnAServer, testing::Values("postgres"), db::name_of);

}  // namespace
}  // namespace koppla
