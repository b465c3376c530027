#include "sandbox/org/content/generator.h"
#include "sandbox/org/org_fixture.h"
#include "sandbox/org/value.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

const std::map<std::string, std::int64_t> some_of_all{{"Account", 300},     {"Contact", 1'200}, {"Lead", 200},
                                                      {"Opportunity", 200}, {"Order", 100},     {"User", 12}};

class Generated : public OrgTest {
  protected:
    /// Every row and field of an object, as the bulk API prints it.
    std::string all(std::string_view object) {
        std::string fields;
        for (const Field& field : org_->find(object)->fields()) {
            if (!field.is_compound()) fields += (fields.empty() ? "" : ", ") + field.name;
        }
        return csv(fmt::format("SELECT {} FROM {}", fields, object), {.rows = Rows::all});
    }
    std::string count(std::string_view rest) { return column(fmt::format("SELECT COUNT(Id) FROM {}", rest)); }
    void fresh(std::uint64_t seed) {
        org_.reset();
        std::filesystem::remove(folder_ / "org.db");
        open(some_of_all, seed);
    }
};

TEST_F(Generated, RecordsDependOnTheSeedAlone) {
    fresh(4);
    std::map<std::string, std::string> first;
    for (const auto& [name, rows] : some_of_all) first[name] = all(name);
    clock_.advance(std::chrono::hours{100});
    fresh(4);
    for (const auto& [name, rows] : some_of_all) {
        if (name == "User") continue;  // the user who logs in is stamped now
        EXPECT_EQ(all(name), first[name]) << name;
    }
    fresh(5);
    for (const auto& [name, rows] : some_of_all) EXPECT_NE(all(name), first[name]) << name;
}

TEST_F(Generated, RecordsAreAsManyAndAsWideAsAsked) {
    fresh(1);
    for (const auto& [name, rows] : some_of_all) {
        EXPECT_EQ(*org_->row_count(*org_->find(name)), rows) << name;
        EXPECT_GE(org_->find(name)->fields().size(), 25U) << name;
    }
    EXPECT_EQ(*org_->row_count(*org_->find("Organization")), 1);
    EXPECT_EQ(column("SELECT Id FROM Organization"), org_->organization_id());
    EXPECT_EQ(column("SELECT Username FROM User WHERE Id = '" + org_->user_id() + "'"), org_->username());
}

TEST_F(Generated, TextsAreOfManyScriptsAndAwkward) {
    fresh(1);
    const std::string contacts = all("Contact");
    for (const std::string_view sign :
         {"Müller", "Иванов", "Παπαδόπουλος", "الحسن", "כהן", "佐藤", "김", "शर्मा", "ใจดี", "🙂",
          "👩‍💻", "\"\"", "\r\n", "O'Brien", "C:\\path"}) {
        EXPECT_NE(contacts.find(sign), std::string::npos) << sign;
    }
    std::size_t longest = 0;
    const auto rows =
        json::parse(select("SELECT Description, Title, FirstName, Interests__c, Birthdate FROM Contact"));
    std::map<std::string, int> nulls;
    for (const auto& row : rows) {
        if (row["Description"].is_string())
            longest = std::max(longest, row["Description"].get<std::string>().size());
        for (const auto& [name, value] : row.items()) nulls[name] += value.is_null() ? 1 : 0;
    }
    EXPECT_GT(longest, 3'000U);
    for (const char* name : {"Description", "Title", "Interests__c", "Birthdate"}) {
        EXPECT_GT(nulls[name], 100) << name;
        EXPECT_LT(nulls[name], 1'100) << name;
    }
}

TEST_F(Generated, ValuesAreSuchAsTheVendorWouldKeep) {
    fresh(2);
    for (const auto& [name, rows] : some_of_all) {
        const Object& object = *org_->find(name);
        Generator generator{Catalog{org_->objects()}, object, {.seed = 2, .total = 400}};
        for (std::uint64_t n = 0; n < 400; ++n) {
            const auto cells = generator.row(n);
            for (std::size_t i = 0; i < cells.size(); ++i) {
                const Field& field = *generator.fields()[i];
                if (!cells[i].is_text()) {
                    const bool may_be_null = field.nillable || field.is_reference();
                    EXPECT_TRUE(may_be_null) << name << "." << field.name;
                    continue;
                }
                const std::string_view text = cells[i].text();
                EXPECT_FALSE(text.empty() || text.front() == ' ' || text.back() == ' ')
                    << name << "." << field.name;
                EXPECT_TRUE(value_from_csv(field, text).has_value())
                    << name << "." << field.name << ": " << text;
            }
        }
    }
}

TEST_F(Generated, StampsSpreadOverYearsAndAreShared) {
    fresh(1);
    std::map<std::string, int> stamps;
    const auto rows = json::parse(select("SELECT SystemModstamp, CreatedDate FROM Contact"));
    std::set<std::string> years;
    for (const auto& row : rows) {
        ++stamps[row["SystemModstamp"]];
        years.insert(row["SystemModstamp"].get<std::string>().substr(0, 4));
        EXPECT_GE(row["SystemModstamp"], row["CreatedDate"]);
        EXPECT_TRUE(row["SystemModstamp"].get<std::string>().ends_with(".000+0000"));
    }
    const auto most = std::max_element(stamps.begin(), stamps.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    EXPECT_GE(most->second, 200) << "hundreds of rows on one stamp";
    EXPECT_GT(stamps.size(), 300U);
    EXPECT_GE(years.size(), 6U);
}

TEST_F(Generated, LinksHold) {
    fresh(1);
    EXPECT_NE(count("Contact WHERE AccountId != null"), "0");
    EXPECT_NE(count("Contact WHERE ReportsToId != null"), "0");
    EXPECT_EQ(count("Contact WHERE AccountId != null AND Account.Name = null"), "0");
    EXPECT_EQ(count("Contact WHERE ReportsToId != null AND ReportsTo.LastName = null"), "0");
    EXPECT_EQ(count("Contact WHERE Owner.Username = null"), "0");
    EXPECT_EQ(count("Contact WHERE CreatedBy.Username = null"), "0");
    EXPECT_EQ(count("Opportunity WHERE ContactId != null AND Contact.LastName = null"), "0");
    EXPECT_EQ(count("Order WHERE OpportunityId != null AND Opportunity.Name = null"), "0");
    EXPECT_EQ(count("Account WHERE ExtKey__c = null"), "0");
}

TEST_F(Generated, DescribesHaveEveryKeyOfTheVendor) {
    open();
    for (const Object& object : org_->objects()) {
        const auto describe = json::parse(object.describe_json());
        EXPECT_EQ(describe.size(), 45U) << object.name();
        for (const auto& field : describe["fields"])
            EXPECT_EQ(field.size(), 57U) << object.name() << "." << field["name"];
        const auto entry = json::parse(object.global_json());
        EXPECT_FALSE(entry.contains("fields"));
        EXPECT_EQ(entry["keyPrefix"], object.key_prefix());
        EXPECT_EQ(entry["urls"]["rowTemplate"], "/services/data/v68.0/sobjects/" + object.name() + "/{ID}");
        EXPECT_EQ(describe["supportedScopes"][0]["name"], "everything");
    }
    EXPECT_EQ(json::parse(org_->global_json()).size(), 17U);
}

/// An org folder written by the test.
class Folder : public OrgTest {
  protected:
    Folder() {
        std::filesystem::create_directories(org() / "describe");
        std::filesystem::create_directories(org() / "records");
    }
    std::filesystem::path org() const { return folder_ / "org"; }
    void write(std::string_view name, std::string_view text) {
        std::ofstream{org() / name, std::ios::binary} << text;
    }
    /// A describe with Id, Name, Count__c (int), Flag__c and When__c.
    static std::string describe(std::string_view name) {
        json fields = json::array();
        for (const auto& [field, type, length] : {std::tuple{"Id", "id", 18},
                                                  {"Name", "string", 10},
                                                  {"Count__c", "int", 0},
                                                  {"Flag__c", "boolean", 0},
                                                  {"When__c", "datetime", 0}}) {
            fields.push_back({{"name", field},
                              {"type", type},
                              {"length", length},
                              {"label", field},
                              {"nillable", true},
                              {"createable", true},
                              {"updateable", true},
                              {"filterable", true},
                              {"sortable", true}});
        }
        return json{{"name", name},       {"keyPrefix", "a00"}, {"queryable", true}, {"createable", true},
                    {"updateable", true}, {"deletable", true},  {"fields", fields}}
            .dump(2);
    }
};

TEST_F(Folder, IsServedAsItIsAndItsMisfitsAreNamed) {
    write("describe/Thing__c.json", describe("Thing__c"));
    write("describe/Broken__c.json", "{\"name\":");
    write("describe/_global.json",
          R"({"sobjects":[{"name":"Ghost"},{"name":"Thing__c","label":"As it is"}]})");
    write("records/Stray.csv", "\"Id\"\n");
    write("records/Thing__c.csv",
          "\"Id\",\"Name\",\"Count__c\",\"Flag__c\",\"When__c\",\"Extra\"\r\n"
          "\"a005Kp000000001\",\"a \"\"b\"\",\nc\",\"7\",\"true\",\"2026-01-02T03:04:05.000Z\",\"x\"\r\n"
          "\"a005Kp000000002\",\"far too long a name\",\"seven\",\"\",\"\",\"\"\r\n"
          "\"a005Kp000000003\",\"short\"\r\n"
          "\"a005Kp000000001\",\"again\",\"\",\"\",\"\",\"\"\r\n"
          "\"a005Kp000000004\",\"open");
    open({}, 1, org());
    std::string misfits;
    for (const std::string& misfit : org_->misfits()) misfits += misfit + "\n";
    for (const std::string_view part :
         {"describe/Broken__c.json", "1 objects have no describe and can be listed only: Ghost",
          "records/Stray.csv: there is no describe of Stray", "column Extra: Thing__c has no such field",
          "record 3, column Name: 'far too long a name' is longer than 10 characters",
          "record 3, column Count__c: 'seven' is no whole number", "record 4 has 2 cells instead of 6",
          "record 5 has no Id of its own", "record 6: a quote is not closed"}) {
        EXPECT_NE(misfits.find(part), std::string::npos) << part << " in\n" << misfits;
    }
    EXPECT_EQ(org_->find("thing__C")->describe_json(), describe("Thing__c"));
    EXPECT_EQ(csv("SELECT Name, Count__c, Flag__c, When__c FROM Thing__c ORDER BY Id"),
              "\"Name\",\"Count__c\",\"Flag__c\",\"When__c\"\n"
              "\"a \"\"b\"\",\nc\",\"7\",\"true\",\"2026-01-02T03:04:05.000Z\"\n"
              "\"\",\"\",\"false\",\"\"\n");
    EXPECT_NE(org_->find("User"), nullptr);
    EXPECT_EQ(column("SELECT IsSandbox FROM Organization"), "true");
    const auto global = json::parse(org_->global_json());
    ASSERT_EQ(global.size(), 6U);
    EXPECT_EQ(global[1]["label"], "As it is");

    const std::string id = made("Thing__c", R"({"Name":"new"})");
    EXPECT_TRUE(id.starts_with("a00"));
    EXPECT_TRUE(remove("Thing__c", id).success()) << "without IsDeleted a row is gone at once";
    EXPECT_EQ(column("SELECT COUNT(Id) FROM Thing__c", Rows::all), "2");
}

TEST_F(Folder, MustBeOne) {
    const auto org = Org::open({.state = folder_ / "x.db", .folder = folder_ / "nowhere"}, clock_);
    ASSERT_FALSE(org.has_value());
    EXPECT_NE(org.error().message.find("no org folder"), std::string::npos);
    const auto unknown = Org::open({.state = folder_ / "y.db", .records = {{"Nope", 5}}}, clock_);
    ASSERT_FALSE(unknown.has_value());
    EXPECT_NE(unknown.error().message.find("records of Nope"), std::string::npos);
}

std::filesystem::path shared_folder() {
    if (const char* named = std::getenv("KOPPLA_SHARED")) return named;
    return std::filesystem::path{__FILE__}.parent_path() / "../../../../shared";
}

class RealOrg : public OrgTest {
  protected:
    void SetUp() override {
        org_folder_ = shared_folder() / "data/salesforce/org-npsp";
        if (!std::filesystem::exists(org_folder_))
            GTEST_SKIP() << "the real org's metadata is not at " << org_folder_;
        open({}, 1, org_folder_);
    }
    std::filesystem::path org_folder_;
};

TEST_F(RealOrg, LoadsWholeAndGivesItsRecordsBackUnchanged) {
    for (const auto& [name, rows] : {std::pair{"Account", 1'223},
                                     {"Contact", 1'024},
                                     {"Opportunity", 1'517},
                                     {"OpportunityContactRole", 3'499},
                                     {"Lead", 0},
                                     {"Custom__c", 0}}) {
        EXPECT_EQ(*org_->row_count(*org_->find(name)), rows) << name;
    }
    for (const std::string& misfit : org_->misfits()) {
        EXPECT_TRUE(misfit.starts_with("describe/_global.json: ")) << misfit;
    }
    std::ifstream file{org_folder_ / "describe/Contact.json"};
    const std::string describe{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_EQ(org_->find("Contact")->describe_json(), describe) << "byte for byte";
    EXPECT_EQ(json::parse(org_->global_json()).size(), 113U)
        << "Custom__c is described, but not listed; permissions are ours";

    for (const std::string name : {"Account", "Contact", "Opportunity", "OpportunityContactRole"}) {
        std::ifstream source{org_folder_ / "records" / (name + ".csv")};
        const std::string records{std::istreambuf_iterator<char>{source}, {}};
        std::string columns = records.substr(0, records.find('\n'));
        std::erase(columns, '"');
        std::erase(columns, '\r');
        EXPECT_EQ(csv(fmt::format("SELECT {} FROM {}", columns, name), {.rows = Rows::all}), records) << name;
    }
    EXPECT_EQ(column("SELECT COUNT(Id) FROM OpportunityContactRole WHERE Contact.LastName = null OR "
                     "Opportunity.Name = null"),
              "0");
    EXPECT_TRUE(org_->change(*org_->find("Contact"), {.updates = 5, .deletes = 1, .inserts = 1}).has_value());
}

}  // namespace
}  // namespace koppla::sandbox
