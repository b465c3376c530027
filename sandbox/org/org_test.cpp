#include "sandbox/org/identifier.h"
#include "sandbox/org/org_fixture.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

TEST(Identifier, HasTheVendorsChecksum) {
    EXPECT_EQ(id_checksum("001xx000003DGb2"), "AAG");
    EXPECT_EQ(id_checksum("001R00000064wc7"), "IAA");
    EXPECT_EQ(id_checksum("001D000000IRFma"), "IAH");
    EXPECT_EQ(normal_id("001D000000IRFma"), "001D000000IRFmaIAH");
    EXPECT_EQ(normal_id("001d000000irfmaiah"), "001D000000IRFmaIAH") << "case is put right";
    EXPECT_EQ(normal_id("001D000000IRFmaBAH"), std::nullopt) << "there is no letter for that bit";
    EXPECT_EQ(normal_id("001D000000IRFma!AH"), std::nullopt);
    EXPECT_EQ(normal_id("001D000000IRFm'"), std::nullopt);
    EXPECT_EQ(normal_id(""), std::nullopt);
    EXPECT_EQ(make_id("003", 61).size(), 18U);
    EXPECT_NE(make_id("003", 1), make_id("003", 2));
}

class SavedRows : public OrgTest {
  protected:
    SavedRows() { open(); }
    std::string error_of(std::string_view object, std::string_view json) {
        return first_status(create(object, json));
    }
};

TEST_F(SavedRows, AreCheckedWhenTheyAreCreated) {
    const std::vector<std::pair<std::string, std::string>> table{
        {R"({"FirstName":"x"})", "REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]"},
        {R"({"LastName":"  "})", "REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]"},
        {R"({"LastName":"x","Nope":1})", "INVALID_FIELD: No such column 'Nope' on sobject of type Contact"},
        {R"({"LastName":"x","Name":"y"})",
         "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: Name"},
        {R"({"LastName":"x","SystemModstamp":"2026-01-01T00:00:00Z"})", "INVALID_FIELD_FOR_INSERT_UPDATE"},
        {R"({"LastName":"x","MailingAddress":{}})", "INVALID_FIELD_FOR_INSERT_UPDATE"},
        {R"({"LastName":5})", "JSON_PARSER_ERROR"},
        {R"({"LastName":"x","Score__c":"five"})", "JSON_PARSER_ERROR"},
        {R"({"LastName":"x","Vip__c":"true"})", "JSON_PARSER_ERROR"},
        {R"({"LastName":"x","Birthdate":"2026-02-30"})", "JSON_PARSER_ERROR"},
        {R"({"LastName":"x","LastCall__c":"gestern"})", "JSON_PARSER_ERROR"},
        {R"({"LastName":"x","Score__c":1e9})", "NUMBER_OUTSIDE_VALID_RANGE"},
        {R"({"LastName":"x","Email":"nobody"})", "INVALID_EMAIL_ADDRESS"},
        {R"({"LastName":"x","Level__c":"Fourth"})", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"},
        {R"({"LastName":"x","AccountId":"nonsense"})", "MALFORMED_ID"},
        {R"({"LastName":"x","Account":{"ExtKey__c":"nobody"}})",
         "INVALID_FIELD: Foreign key external ID: nobody not found"},
        {R"({"LastName":"x","Account":{"Name":"nobody"}})",
         "INVALID_FIELD: Name is no external id of Account"},
    };
    for (const auto& [json, expected] : table) {
        EXPECT_TRUE(error_of("Contact", json).starts_with(expected))
            << json << " gave " << error_of("Contact", json);
    }
    EXPECT_TRUE(error_of("Contact", fmt::format(R"({{"LastName":"{}"}})", std::string(81, 'x')))
                    .starts_with("STRING_TOO_LONG"));
    std::string wide;
    for (int i = 0; i < 80; ++i) wide += "ü";
    EXPECT_EQ(error_of("Contact", fmt::format(R"({{"LastName":"{}"}})", wide)), "OK")
        << "characters count, not bytes";
    EXPECT_TRUE(error_of("Account", R"({"Name":"x","OpensAt__c":"25:00"})").starts_with("JSON_PARSER_ERROR"));
    EXPECT_EQ(error_of("Account", R"({"Name":"x","OpensAt__c":"08:30"})"), "OK");
    EXPECT_EQ(column("SELECT OpensAt__c FROM Account"), "08:30:00.000Z");
    EXPECT_TRUE(error_of("Organization", R"({"Name":"x"})").starts_with("INVALID_TYPE_FOR_OPERATION"));
    EXPECT_EQ(column("SELECT count(Id) FROM Contact"), "1") << "nothing but the good one was kept";
}

TEST_F(SavedRows, AreStampedAndFilledByTheOrg) {
    const std::string id = made(
        "Contact", R"({"attributes":{"type":"Contact"},"LastName":"  Shaw ","FirstName":"Al","Title":""})");
    const auto row =
        nlohmann::json::parse(*org_->row(*org_->find("contact"), id, {.base = std::string{test_resources}}));
    EXPECT_EQ(row["Name"], "Al Shaw");
    EXPECT_TRUE(row["Title"].is_null());
    EXPECT_EQ(row["CreatedDate"], "2026-11-01T10:00:00.000+0000");
    EXPECT_EQ(row["SystemModstamp"], row["CreatedDate"]);
    EXPECT_EQ(row["OwnerId"], org_->user_id());
    EXPECT_EQ(row["Vip__c"], false);
    EXPECT_EQ(row["attributes"]["url"], "/services/data/v68.0/sobjects/Contact/" + id);
    EXPECT_EQ(row.size(), org_->find("Contact")->fields().size() + 1)
        << "every readable field, and attributes";
    EXPECT_EQ(column("SELECT Status FROM Lead WHERE Id = '" +
                     made("Lead", R"({"LastName":"x","Company":"y"})") + "'"),
              "Open - Not Contacted");
    EXPECT_EQ(column("SELECT OrderNumber FROM Order WHERE Id = '" +
                     made("Order", R"({"EffectiveDate":"2026-01-01"})") + "'")
                  .size(),
              8U);
}

TEST_F(SavedRows, ChangeInPartAndKeepTheRest) {
    const std::string id =
        made("Contact", R"({"LastName":"Shaw","FirstName":"Al","Phone":"1","Score__c":1.23456})");
    clock_.advance(std::chrono::minutes{5});
    ASSERT_EQ(first_status(update("Contact", id.substr(0, 15), R"({"FirstName":"Bo","Phone":null})")), "OK");
    EXPECT_EQ(
        select("SELECT Name, Phone, Score__c, CreatedDate, SystemModstamp FROM Contact"),
        fmt::format(
            R"([{{"attributes":{{"type":"Contact","url":"/services/data/v68.0/sobjects/Contact/{}"}},)"
            R"("Name":"Bo Shaw","Phone":null,"Score__c":1.234,"CreatedDate":"2026-11-01T10:00:00.000+0000",)"
            R"("SystemModstamp":"2026-11-01T10:05:00.000+0000"}}])",
            id));
    EXPECT_EQ(first_status(update("Contact", id, R"({"LastName":null})")),
              "REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]");
    EXPECT_EQ(first_status(update("Contact", make_id("003", 99), "{}")),
              "NOT_FOUND: The requested resource does not exist");
    EXPECT_TRUE(first_status(update("Contact", make_id("001", 99), "{}")).starts_with("MALFORMED_ID"));
    EXPECT_TRUE(
        first_status(update("Contact", id, R"({"Id":"x"})")).starts_with("INVALID_FIELD_FOR_INSERT_UPDATE"));
}

TEST_F(SavedRows, KnowEachOtherByExternalIds) {
    const std::string account = made("Account", R"({"Name":"Acme","ExtKey__c":"A1"})");
    const std::string contact = made("Contact", R"({"LastName":"x","Account":{"ExtKey__c":"a1"}})");
    EXPECT_EQ(column("SELECT Account.Name FROM Contact").find("Acme") != std::string::npos, true);
    EXPECT_EQ(
        first_status(create("Account", R"({"Name":"Other","ExtKey__c":"A1"})")),
        "DUPLICATE_VALUE: duplicate value found: ExtKey__c duplicates value on record with id: " + account);

    const SaveResult changed = upsert("Account", "ExtKey__c", "A1", R"({"Name":"Acme Ltd"})");
    EXPECT_TRUE(changed.success());
    EXPECT_FALSE(changed.created);
    EXPECT_EQ(changed.id, account);
    const SaveResult made_new = upsert("Account", "extkey__C", "B2", R"({"Name":"Beta"})");
    EXPECT_TRUE(made_new.created) << first_status(made_new);
    EXPECT_EQ(column("SELECT Name FROM Account WHERE ExtKey__c = 'B2'"), "Beta");
    EXPECT_TRUE(first_status(upsert("Account", "Name", "Acme", "{}"))
                    .starts_with("NOT_FOUND: Provided external ID field"));
    const auto ids = org_->ids_by_key(*org_->find("Account"), "ExtKey__c", "b2");
    ASSERT_TRUE(ids.has_value());
    EXPECT_EQ(*ids, std::vector{made_new.id});
    EXPECT_EQ(org_->ids_by_key(*org_->find("Account"), "Phone", "1").error().symbol, "NOT_FOUND");
}

TEST_F(SavedRows, StayInTheBinWhenDeleted) {
    const std::string account = made("Account", R"({"Name":"Acme","ExtKey__c":"A1"})");
    clock_.advance(std::chrono::seconds{90});
    ASSERT_TRUE(remove("Account", account).success());
    EXPECT_EQ(first_status(remove("Account", account)), "ENTITY_IS_DELETED: entity is deleted");
    EXPECT_EQ(first_status(update("Account", account, R"({"Name":"y"})")),
              "ENTITY_IS_DELETED: entity is deleted");
    EXPECT_EQ(org_->row(*org_->find("Account"), account, {.base = {}}).error().symbol, "ENTITY_IS_DELETED");
    EXPECT_EQ(column("SELECT SystemModstamp FROM Account WHERE IsDeleted = true", Rows::all),
              "2026-11-01T10:01:30.000+0000");
    EXPECT_TRUE(error_of("Contact", fmt::format(R"({{"LastName":"x","AccountId":"{}"}})", account))
                    .starts_with("ENTITY_IS_DELETED"));
    EXPECT_TRUE(error_of("Contact", fmt::format(R"({{"LastName":"x","AccountId":"{}"}})", make_id("001", 7)))
                    .starts_with("INVALID_CROSS_REFERENCE_KEY"));
    EXPECT_EQ(first_status(create("Account", R"({"Name":"again","ExtKey__c":"A1"})")), "OK")
        << "the key is free again";
    EXPECT_TRUE(first_status(remove("User", org_->user_id())).starts_with("INVALID_TYPE_FOR_OPERATION"));
}

TEST_F(SavedRows, AreSavedTogetherOrOneByOne) {
    const auto good = nlohmann::json::parse(R"({"Name":"Good"})");
    const auto bad = nlohmann::json::parse(R"({"Nope":1})");
    const std::vector<Change> changes{{.object = org_->find("Account"), .fields = &good},
                                      {.object = org_->find("Account"), .fields = &bad}};
    const auto together = org_->save(changes, Saving{.atomicity = Atomicity::all_or_none});
    ASSERT_TRUE(together.has_value());
    EXPECT_TRUE(first_status((*together)[0]).starts_with("ALL_OR_NONE_OPERATION_ROLLED_BACK"));
    EXPECT_EQ((*together)[0].id.size(), 18U);
    EXPECT_TRUE(first_status((*together)[1]).starts_with("INVALID_FIELD"));
    EXPECT_EQ(column("SELECT COUNT(Id) FROM Account"), "0");
    const auto single = org_->save(changes, Saving{});
    ASSERT_TRUE(single.has_value());
    EXPECT_TRUE((*single)[0].success());
    EXPECT_EQ(column("SELECT COUNT(Id) FROM Account"), "1");
}

TEST_F(SavedRows, AreKeptInTheStateFile) {
    made("Account", R"({"Name":"Kept"})");
    ASSERT_TRUE(org_->set_setting("secret", "abc").has_value());
    const std::string user = org_->user_id();
    open({{"Account", 50}}, 77);
    EXPECT_EQ(column("SELECT Name FROM Account"), "Kept") << "records are generated only into empty objects";
    EXPECT_EQ(org_->user_id(), user) << "the seed is the first one";
    EXPECT_EQ(*org_->setting("secret"), "abc");
    EXPECT_EQ(*org_->setting("nothing"), std::nullopt);
    open({{"Contact", 7}});
    EXPECT_EQ(*org_->row_count(*org_->find("Contact")), 7);
}

class LateRows : public OrgTest {
  protected:
    LateRows() {
        open();
        first_ = made("Contact", R"({"LastName":"First"})");
        clock_.advance(std::chrono::minutes{1});
        org_->set_late({.max_delay = std::chrono::milliseconds{10'000}, .seed = 5});
    }
    std::string names() { return column("SELECT LastName FROM Contact ORDER BY CreatedDate, LastName"); }
    std::string first_;
};

TEST_F(LateRows, AreStampedNowAndSeenLater) {
    ASSERT_TRUE(update("Contact", first_, R"({"LastName":"Second"})").success());
    EXPECT_EQ(names(), "First") << "the earlier version stays visible";
    EXPECT_EQ(*org_->pending(), 1);
    clock_.advance(std::chrono::milliseconds{10'001});
    EXPECT_EQ(names(), "Second");
    EXPECT_EQ(column("SELECT SystemModstamp FROM Contact"), "2026-11-01T10:01:00.000+0000")
        << "stamped when written";
    EXPECT_EQ(*org_->pending(), 0);
}

TEST_F(LateRows, BecomeVisibleInTheOrderOfTheirRecord) {
    for (int i = 0; i < 60; ++i) {
        ASSERT_TRUE(update("Contact", first_, fmt::format(R"({{"LastName":"v{:02}"}})", i)).success());
        clock_.advance(std::chrono::milliseconds{17});
    }
    std::set<std::string> seen;
    std::string last;
    while (*org_->pending() > 0) {
        const std::string name = names();
        if (name != "First") {
            EXPECT_GE(name, last);
            last = name;
        }
        seen.insert(name);
        clock_.advance(std::chrono::milliseconds{10});
    }
    EXPECT_EQ(names(), "v59");
    EXPECT_GT(seen.size(), 2U);
}

TEST_F(LateRows, AreKnownToLaterWritesBeforeTheyAreSeen) {
    const std::string late = made("Contact", R"({"LastName":"Late","ExtKey__c":"K1"})");
    EXPECT_EQ(names(), "First");
    EXPECT_EQ(first_status(update("Contact", late, R"({"LastName":"Later"})")), "OK");
    EXPECT_TRUE(first_status(create("Contact", R"({"LastName":"x","ExtKey__c":"k1"})"))
                    .starts_with("DUPLICATE_VALUE"));
    EXPECT_EQ(upsert("Contact", "ExtKey__c", "K1", R"({"FirstName":"Al"})").id, late);
    EXPECT_EQ(first_status(remove("Contact", first_)), "OK");
    EXPECT_EQ(first_status(update("Contact", first_, R"({"FirstName":"x"})")),
              "ENTITY_IS_DELETED: entity is deleted");
    org_->set_late({});
    EXPECT_EQ(first_status(update("Contact", late, R"({"Title":"Dr"})")), "OK")
        << "waits behind those before it";
    ASSERT_TRUE(org_->apply_pending().has_value());
    EXPECT_EQ(select("SELECT Name, Title FROM Contact"),
              fmt::format(
                  R"([{{"attributes":{{"type":"Contact","url":"/services/data/v68.0/sobjects/Contact/{}"}},)"
                  R"("Name":"Al Later","Title":"Dr"}}])",
                  late));
}

TEST_F(LateRows, SurviveARestart) {
    ASSERT_TRUE(update("Contact", first_, R"({"LastName":"Second"})").success());
    open();
    EXPECT_EQ(names(), "First");
    clock_.advance(std::chrono::milliseconds{10'001});
    EXPECT_EQ(names(), "Second");
}

TEST_F(LateRows, ComeBehindOthersThatWereWrittenAfterThem) {
    open({{"Account", 500}});
    org_->set_late({.max_delay = std::chrono::milliseconds{5'000}, .seed = 9});
    std::set<std::string> visible;
    int behind = 0;
    std::string newest;
    for (int step = 0; step < 60; ++step) {
        ASSERT_TRUE(org_->change(*org_->find("Account"), {.updates = 20}).has_value());
        clock_.advance(std::chrono::milliseconds{500});
        const auto rows =
            nlohmann::json::parse(select("SELECT Id, SystemModstamp FROM Account WHERE SystemModstamp = "
                                         "TODAY ORDER BY SystemModstamp, Id"));
        std::string seen_to = newest;
        for (const auto& row : rows) {
            const std::string stamp = row["SystemModstamp"];
            if (visible.insert(row["Id"].get<std::string>() + stamp).second && stamp < seen_to) ++behind;
            newest = std::max(newest, stamp);
        }
    }
    EXPECT_GT(behind, 20) << "rows that appear with an older stamp than one already seen";
}

TEST_F(OrgTest, HidesAcrossARestart) {
    open();
    const std::vector<std::string> fields{"Phone"};
    clock_.advance(std::chrono::minutes{1});
    ASSERT_TRUE(org_->hide(*org_->find("Contact"), fields).has_value());
    const auto at = org_->find("Contact")->last_modified_ms();
    EXPECT_EQ(at, clock_.now().time_since_epoch().count());
    clock_.advance(std::chrono::minutes{1});
    open();
    EXPECT_FALSE(org_->find("Contact")->has("Phone"));
    EXPECT_EQ(org_->find("Contact")->last_modified_ms(), at);
    EXPECT_EQ(org_->last_modified_ms(), at);
    ASSERT_TRUE(org_->reveal().has_value());
    open();
    EXPECT_TRUE(org_->find("Contact")->has("Phone"));
    EXPECT_GT(org_->find("Contact")->last_modified_ms(), at);
}

TEST_F(OrgTest, ChangesRowsOnDemandByTheSeed) {
    const auto run = [&] {
        std::filesystem::remove(folder_ / "org.db");
        open({{"Account", 40}, {"Contact", 300}}, 3);
        const auto first =
            *org_->change(*org_->find("Contact"), {.updates = 50, .deletes = 10, .inserts = 5});
        const auto second = *org_->change(*org_->find("Contact"), {.updates = 50});
        EXPECT_NE(first.updated, second.updated);
        return first;
    };
    const ChangedIds changed = run();
    EXPECT_EQ(changed.updated.size(), 50U);
    EXPECT_EQ(changed.deleted.size(), 10U);
    EXPECT_EQ(changed.inserted.size(), 5U);
    EXPECT_EQ(column("SELECT COUNT(Id) FROM Contact"), "295");
    EXPECT_EQ(column("SELECT COUNT(Id) FROM Contact WHERE IsDeleted = true", Rows::all), "10");
    EXPECT_EQ(column("SELECT COUNT(Id) FROM Contact WHERE CreatedDate = TODAY AND LastName != null"), "5");
    EXPECT_EQ(column("SELECT COUNT(Id) FROM Contact WHERE Account.Name = null AND AccountId != null"), "0")
        << "links hold";
    org_.reset();
    EXPECT_EQ(run().updated, changed.updated) << "the same seed changes the same rows";
}

}  // namespace
}  // namespace koppla::sandbox
