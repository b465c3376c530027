#include "platform/accounts.h"

#include "platform/fixture.h"
#include "platform/options.h"
#include "platform/runs.h"
#include "platform/schemas.h"

#include <gmock/gmock.h>

namespace koppla {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AccountsOfAStore : public StoreTest {
  protected:
    std::unique_ptr<db::Transaction> transaction = begin(db::Access::write);
    Accounts accounts{*transaction, store->vault()};
    const Account acme{.name = "acme",
                       .type = "salesforce",
                       .label = "Acme's \"org\"",
                       .comment = "\xF0\x9F\x98\x80\nsecond line",
                       .settings = {{"server", "https://acme.example"}, {"auth", "password"}, {"proxy", ""}}};
};

TEST_F(AccountsOfAStore, are_found_as_they_were_made) {
    ASSERT_TRUE(accounts.create(acme));
    EXPECT_EQ(*accounts.find("acme"), acme);
    ASSERT_TRUE(accounts.create({.name = "aaa", .type = "salesforce"}));
    ASSERT_EQ(accounts.list()->size(), 2U);
    EXPECT_EQ(accounts.list()->at(0).name, "aaa");
}

TEST_F(AccountsOfAStore, have_names_that_can_begin_a_tables_name) {
    for (const char* name : {"a", "a1_b", "abcdefghijklmnopqrstuvwxyz0123456789_abc"}) {
        EXPECT_TRUE(accounts.create({.name = name, .type = "salesforce"})) << name;
    }
    for (const char* name : {"", "1a", "_a", "A", "a-b", "a b", "a\"", "\xC3\xBC", "koppla;", "a.b",
                             "abcdefghijklmnopqrstuvwxyz0123456789_abcdefg"}) {
        const auto refused = accounts.create({.name = name, .type = "salesforce"});
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    }
}

TEST_F(AccountsOfAStore, are_not_made_twice_and_not_found_where_none_is) {
    ASSERT_TRUE(accounts.create(acme));
    const auto twice = accounts.create(acme);
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().kind, ErrorKind::conflict);
    EXPECT_THAT(twice.error().message, HasSubstr("'acme'"));
    EXPECT_EQ(accounts.find("acm").error().kind, ErrorKind::not_found);
    EXPECT_EQ(accounts.update({.name = "acm", .type = "x"}).error().kind, ErrorKind::not_found);
    EXPECT_EQ(accounts.remove("acm").error().kind, ErrorKind::not_found);
    EXPECT_EQ(accounts.set_secret("acm", "password", Secret{"x"}).error().kind, ErrorKind::not_found);
    EXPECT_EQ(accounts.secret("acme", "password").error().kind, ErrorKind::not_found);
    EXPECT_EQ(accounts.remove_secret("acme", "password").error().kind, ErrorKind::not_found);
}

TEST_F(AccountsOfAStore, keep_their_secrets_when_their_settings_change) {
    ASSERT_TRUE(accounts.create(acme));
    ASSERT_TRUE(accounts.set_secret("acme", "password", Secret{"old"}));
    ASSERT_TRUE(accounts.set_secret("acme", "password", Secret{"new"}));
    ASSERT_TRUE(accounts.set_secret("acme", "client-secret", Secret{"third"}));
    Account changed = acme;
    changed.label = "other";
    changed.settings = {{"server", "https://other.example"}};
    ASSERT_TRUE(accounts.update(changed));
    changed.secret_names = {"client-secret", "password"};
    EXPECT_EQ(*accounts.find("acme"), changed);
    EXPECT_EQ(accounts.secret("acme", "password")->reveal(), "new");
    EXPECT_EQ(accounts.secrets("acme")->size(), 2U);
    EXPECT_EQ(accounts.secrets("acme")->at("client-secret").reveal(), "third");
    ASSERT_TRUE(accounts.remove_secret("acme", "password"));
    EXPECT_THAT(accounts.find("acme")->secret_names, ElementsAre("client-secret"));
}

TEST_F(AccountsOfAStore, cant_be_given_each_others_secrets) {
    ASSERT_TRUE(accounts.create(acme));
    ASSERT_TRUE(accounts.create({.name = "evil", .type = "salesforce"}));
    ASSERT_TRUE(accounts.set_secret("acme", "password", Secret{"secret"}));
    ASSERT_TRUE(
        transaction->execute("insert into koppla_account_secret select 'evil', setting, key_id, sealed"
                             " from koppla_account_secret"));
    EXPECT_EQ(accounts.secret("evil", "password").error().kind, ErrorKind::corrupt);
    EXPECT_EQ(accounts.secret("acme", "password")->reveal(), "secret");
}

TEST_F(AccountsOfAStore, take_their_schema_along_but_not_their_runs) {
    ASSERT_TRUE(accounts.create(acme));
    ASSERT_TRUE(accounts.set_secret("acme", "password", Secret{"secret"}));
    Schemas schemas{*transaction};
    Enumerations enumerations{*transaction};
    ASSERT_TRUE(
        schemas.put({.account = "acme", .schema = {.name = "Contact", .local_table = "acme_contact"}}, "{}"));
    ASSERT_TRUE(enumerations.put({.account = "acme",
                                  .object = "Contact",
                                  .field = "Level__c",
                                  .values = {{.code = "a", .label = "A"}}}));
    ASSERT_TRUE(Runs{*transaction}.start({.kind = "import", .account = "acme"}));
    ASSERT_TRUE(accounts.remove("acme"));
    EXPECT_THAT(*accounts.list(), IsEmpty());
    EXPECT_EQ(Runs{*transaction}.list(10)->size(), 1U);
    for (const char* table : {"koppla_schema", "koppla_enumeration", "koppla_enumeration_value",
                              "koppla_account_secret", "koppla_account_setting"}) {
        auto cursor = *transaction->query(std::string{"select 1 from "} + table);
        EXPECT_FALSE(*cursor->next()) << table;
    }
}

}  // namespace
}  // namespace koppla
