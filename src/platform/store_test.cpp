#include "platform/store.h"

#include "db/sqlite/sqlite_database.h"
#include "platform/accounts.h"
#include "platform/fixture.h"

#include <fstream>

#include <gmock/gmock.h>

namespace koppla {
namespace {

using testing::HasSubstr;
using testing::Not;
using Stores = StoreTest;

TEST_F(Stores, can_be_opened_again) {
    const std::string id = store->vault().key_id();
    store.reset();
    const auto opened = Store::open(location(), {}, {});
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->vault().key_id(), id);
    EXPECT_EQ(*(*opened)->place().file(), path());
}

TEST_F(Stores, are_made_only_where_none_is) {
    const auto refused = Store::create(location(), {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr(path().string()));
    EXPECT_TRUE(Store::open(location(), {}, {}));
}

TEST_F(Stores, are_opened_only_where_one_is) {
    const auto refused = Store::open("sqlite:" + (folder / "other.db").string(), {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
    EXPECT_THAT(refused.error().message, HasSubstr("koppla init"));
    EXPECT_FALSE(std::filesystem::exists(folder / "other.db"));
}

TEST_F(Stores, leave_nothing_behind_when_they_cant_be_made) {
    EXPECT_FALSE(Store::create("sqlite:" + (folder / "no" / "folder.db").string(), {}, {}));
    std::ofstream{folder / "second.db.key"} << "a key that somebody keeps";
    const auto refused = Store::create("sqlite:" + (folder / "second.db").string(), {}, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("second.db.key"));
    EXPECT_FALSE(std::filesystem::exists(folder / "second.db"));
    EXPECT_TRUE(std::filesystem::exists(folder / "second.db.key"));

    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_FALSE(
        Store::create("sqlite:" + (folder / "third.db").string(), {.stop = stopped.get_token()}, {}));
    for (const char* end : {"", "-wal", "-shm", ".key"}) {
        EXPECT_FALSE(std::filesystem::exists((folder / "third.db").string() + end)) << end;
    }
}

TEST_F(Stores, are_refused_with_another_key_naming_both) {
    const std::string id = store->vault().key_id();
    store.reset();
    const KeySource other{.origin = KeySource::Origin::named_file, .path = folder / "other.key"};
    const Vault vault = *Vault::create(other);
    const auto refused = Store::open(location(), {}, {.key_file = other.path});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::denied);
    EXPECT_THAT(refused.error().message, HasSubstr("the sealing key in " + other.path.string() +
                                                   " is not the one this store was made with (key id " +
                                                   vault.key_id() + ", store wants " + id + ")"));
}

TEST_F(Stores, are_refused_without_their_key) {
    store.reset();
    std::filesystem::remove(path().string() + ".key");
    const auto refused = Store::open(location(), {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
    EXPECT_THAT(refused.error().message, HasSubstr(path().string() + ".key"));
}

TEST_F(Stores, take_the_key_that_the_environment_names_or_make_it_there) {
    const StoreEnvironment environment{.key_file = folder / "named.key"};
    for (const char* name : {"one.db", "two.db"}) {
        const auto created = Store::create("sqlite:" + (folder / name).string(), {}, environment);
        ASSERT_TRUE(created) << created.error().message;
        EXPECT_FALSE(std::filesystem::exists((folder / name).string() + ".key"));
    }
    EXPECT_TRUE(Store::open("sqlite:" + (folder / "one.db").string(), {}, environment));
    EXPECT_TRUE(Store::open("sqlite:" + (folder / "two.db").string(), {}, environment));
}

TEST_F(Stores, of_others_are_refused_and_left_as_they_are) {
    const auto foreign = folder / "foreign.db";
    {
        const auto database = *db::open_sqlite({.path = foreign, .create = db::SqliteOptions::Create::fresh});
        auto transaction = *database->begin(db::Access::write, {});
        ASSERT_TRUE(transaction->execute("create table theirs (a)"));
        ASSERT_TRUE(transaction->commit());
    }
    const auto stamp = std::filesystem::last_write_time(foreign);
    std::ofstream{folder / "empty.db"}.flush();
    std::ofstream{folder / "text.db"} << std::string(5000, 'x');
    for (const char* name : {"foreign.db", "empty.db", "text.db"}) {
        const auto refused = Store::open("sqlite:" + (folder / name).string(), {}, {});
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().kind, ErrorKind::corrupt) << name;
        EXPECT_THAT(refused.error().message, HasSubstr(name));
        EXPECT_THAT(refused.error().message, HasSubstr("backup"));
    }
    EXPECT_EQ(std::filesystem::last_write_time(foreign), stamp);
    EXPECT_EQ(std::filesystem::file_size(folder / "empty.db"), 0U);
}

TEST_F(Stores, of_a_newer_program_are_refused) {
    auto transaction = begin(db::Access::write);
    ASSERT_TRUE(transaction->execute("insert into koppla_migration values (9999, 'later', '')"));
    ASSERT_TRUE(transaction->commit());
    const auto refused = Store::open(location(), {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
}

TEST_F(Stores, have_locations_that_are_read_strictly) {
    for (const char* text : {"sqlite:", "koppla.db", "mysql:x", "postgres://anna:secret@host/db"}) {
        EXPECT_FALSE(Store::open(text, {}, {})) << text;
        EXPECT_FALSE(Store::create(text, {}, {})) << text;
    }
    EXPECT_THAT(Store::open("koppla.db", {}, {}).error().message, HasSubstr("sqlite:PATH"));
}

TEST_F(Stores, hold_no_secret_in_any_of_their_files) {
    std::vector<std::string> secrets;
    {
        auto transaction = begin(db::Access::write);
        Accounts accounts{*transaction, store->vault()};
        ASSERT_TRUE(accounts.create({.name = "crm", .type = "salesforce"}));
        for (int i = 0; i < 40; ++i) {
            secrets.push_back("Geheim-" + std::to_string(i * 7919) + "-\xC3\xA4" + std::string(20, 'k'));
            ASSERT_TRUE(accounts.set_secret("crm", "s" + std::to_string(i % 20), Secret{secrets.back()}));
        }
        ASSERT_TRUE(transaction->commit());
    }
    const auto search = [&] {
        std::size_t bytes = 0;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            std::ifstream file{entry.path(), std::ios::binary};
            const std::string content{std::istreambuf_iterator<char>{file}, {}};
            bytes += content.size();
            EXPECT_THAT(content, Not(HasSubstr("Geheim"))) << entry.path();
            for (const auto& secret : secrets) EXPECT_THAT(content, Not(HasSubstr(secret))) << entry.path();
        }
        return bytes;
    };
    EXPECT_GT(search(), 4000U);
    store.reset();
    EXPECT_GT(search(), 4000U);
    store = *Store::open(location(), {}, {});
    auto transaction = begin(db::Access::read);
    EXPECT_EQ(Accounts(*transaction, store->vault()).secret("crm", "s19")->reveal(), secrets.back());
}

}  // namespace
}  // namespace koppla
