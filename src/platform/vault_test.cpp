#include "platform/vault.h"

#include "base/test/temporary_folder.h"

#include <fstream>
#include <set>

#include <gmock/gmock.h>

namespace koppla {
namespace {

using std::filesystem::perms;
using testing::HasSubstr;
using testing::Not;

class Vaults : public testing::Test {
  protected:
    [[nodiscard]] KeySource source(const std::string& name) const {
        return {.origin = KeySource::Origin::beside_store, .path = folder / name};
    }
    [[nodiscard]] Vault make(const std::string& name) const {
        auto vault = Vault::create(source(name));
        EXPECT_TRUE(vault) << (vault ? "" : vault.error().message);
        return *vault;
    }
    static void write(const std::filesystem::path& path, std::string_view text) {
        std::ofstream{path, std::ios::binary} << text;
        std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
    }

    TemporaryFolder folder;
};

TEST_F(Vaults, open_what_they_sealed_with_a_key_that_was_read_again) {
    const Vault vault = make("key");
    const Vault again = *Vault::open(source("key"));
    EXPECT_EQ(again.key_id(), vault.key_id());
    for (const std::string& text : {std::string{}, std::string{"a\0b", 3}, std::string(100'000, 'x')}) {
        const auto opened = again.unseal("account/a/b", vault.seal("account/a/b", Secret{text}));
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(opened->reveal(), text);
    }
}

TEST_F(Vaults, never_seal_the_same_way_twice_nor_show_the_text) {
    const Vault vault = make("key");
    std::set<std::string> sealed;
    for (int i = 0; i < 50; ++i) sealed.insert(vault.seal("c", Secret{"correct horse"}));
    EXPECT_EQ(sealed.size(), 50U);
    for (const auto& value : sealed) EXPECT_THAT(value, Not(HasSubstr("correct")));
}

TEST_F(Vaults, refuse_a_value_that_was_changed_or_moved) {
    const Vault vault = make("key");
    const std::string sealed = vault.seal("account/a/password", Secret{"secret"});
    EXPECT_EQ(vault.unseal("account/b/password", sealed).error().kind, ErrorKind::corrupt);
    EXPECT_EQ(vault.unseal("account/a/token", sealed).error().kind, ErrorKind::corrupt);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(vault.unseal("account/a/password", changed)) << i;
        EXPECT_FALSE(vault.unseal("account/a/password", sealed.substr(0, i))) << i;
    }
}

TEST_F(Vaults, tell_another_keys_value_by_both_ids) {
    const Vault ours = make("ours");
    const Vault theirs = make("theirs");
    EXPECT_NE(ours.key_id(), theirs.key_id());
    const auto refused = ours.unseal("c", theirs.seal("c", Secret{"secret"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::denied);
    EXPECT_THAT(refused.error().message, HasSubstr(ours.key_id()));
    EXPECT_THAT(refused.error().message, HasSubstr(theirs.key_id()));
    EXPECT_THAT(refused.error().message, HasSubstr((folder / "ours").string()));
}

TEST_F(Vaults, keep_their_key_in_a_file_of_their_owner_alone) {
    (void)make("key");
    EXPECT_EQ(std::filesystem::status(folder / "key").permissions(), perms::owner_read | perms::owner_write);
    for (const auto mode : {perms::group_read, perms::others_read, perms::others_write}) {
        std::filesystem::permissions(folder / "key", perms::owner_read | perms::owner_write | mode);
        const auto refused = Vault::open(source("key"));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::denied);
        EXPECT_THAT(refused.error().message, HasSubstr("chmod 600 " + (folder / "key").string()));
    }
    auto credential = source("key");
    credential.origin = KeySource::Origin::credential;
    EXPECT_TRUE(Vault::open(credential));
}

TEST_F(Vaults, never_overwrite_a_key) {
    const Vault vault = make("key");
    const auto refused = Vault::create(source("key"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_EQ(Vault::open(source("key"))->key_id(), vault.key_id());
}

TEST_F(Vaults, refuse_a_file_that_holds_no_key_without_repeating_it) {
    const std::string digits(64, 'a');
    for (const std::string& text : {std::string{}, std::string{"hunter2"}, digits.substr(1), digits + "a",
                                    digits + "\n\n", digits.substr(1) + "z", std::string(10'000, 'a')}) {
        write(folder / "key", text);
        const auto refused = Vault::open(source("key"));
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
        EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
    }
    for (const std::string& text : {digits, digits + "\n"}) {
        write(folder / "key", text);
        EXPECT_TRUE(Vault::open(source("key"))) << text;
    }
    EXPECT_EQ(Vault::open(source("missing")).error().kind, ErrorKind::not_found);
    EXPECT_FALSE(Vault::open({.origin = KeySource::Origin::beside_store, .path = folder}));
}

TEST_F(Vaults, are_found_in_the_credentials_then_by_name_then_beside_the_store) {
    const KeySource own{.origin = KeySource::Origin::beside_store, .path = "/data/koppla.db.key"};
    StoreEnvironment environment{.credentials_directory = folder, .key_file = "/elsewhere/key"};
    EXPECT_EQ(find_key(own, environment).path, "/elsewhere/key");
    write(folder / "koppla-key", "x");
    EXPECT_EQ(find_key(own, environment).path, folder / "koppla-key");
    EXPECT_EQ(find_key(own, environment).origin, KeySource::Origin::credential);
    EXPECT_EQ(find_key(own, {}).path, "/data/koppla.db.key");
}

}  // namespace
}  // namespace koppla
