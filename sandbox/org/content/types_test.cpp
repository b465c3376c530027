#include "sandbox/org/content/generator.h"
#include "sandbox/org/org_fixture.h"
#include "sandbox/org/value.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

bool is_value_of(const Field& field, std::string_view value) {
    return std::any_of(field.picklist.begin(), field.picklist.end(),
                       [&](const PicklistValue& entry) { return entry.value == value; });
}

/// What about a value its field's describe does not allow; empty: nothing.
std::string misfit(const Field& field, const std::string& text) {
    if (!value_from_csv(field, text)) return "it can't be read as " + field.type;
    if (field.type == "picklist" && !is_value_of(field, text)) return "no such value: " + text;
    if (field.type == "multipicklist") {
        std::istringstream parts{text};
        for (std::string part; std::getline(parts, part, ';');)
            if (!is_value_of(field, part)) return "no such value: " + part;
    }
    if (field.storage == Storage::real) {
        const auto point = text.find('.');
        const auto decimals = point == std::string::npos ? 0 : text.size() - point - 1;
        const auto digits = static_cast<std::size_t>(
            std::ranges::count_if(text, [](char c) { return c != '-' && c != '.'; }));
        if (decimals > static_cast<std::size_t>(field.scale)) return "too many decimals: " + text;
        if (digits - decimals > static_cast<std::size_t>(field.precision - field.scale))
            return "too many digits: " + text;
    }
    return {};
}

/// An org with some records of each of the further objects.
class FieldTypes : public OrgTest {
  protected:
    FieldTypes() {
        open({{"Account", 300},
              {"Contact", 100},
              {"Lead", 60},
              {"Opportunity", 80},
              {"Order", 40},
              {"Product2", 30},
              {"OpportunityLineItem", 200},
              {"OrderItem", 100},
              {"Campaign", 20},
              {"CampaignMember", 100},
              {"Task", 300},
              {"Attachment", 20}});
    }
    json field(std::string_view object, std::string_view name) {
        const json describe = json::parse(org_->find(object)->describe_json());
        for (const json& each : describe["fields"]) {
            if (each["name"] == name) return each;
        }
        return {};
    }
    std::string count(std::string_view rest) { return column(fmt::format("SELECT COUNT(Id) FROM {}", rest)); }
};

TEST_F(FieldTypes, AreAllThere) {
    std::set<std::string> types;
    for (const Object& object : org_->objects()) {
        for (const Field& each : object.fields()) types.insert(each.type);
    }
    for (const char* type :
         {"id",      "string",          "picklist", "multipicklist", "combobox", "reference",
          "base64",  "boolean",         "currency", "textarea",      "int",      "double",
          "percent", "phone",           "date",     "datetime",      "time",     "url",
          "email",   "encryptedstring", "location", "address"}) {
        EXPECT_TRUE(types.contains(type)) << type;
    }
}

TEST_F(FieldTypes, DependentPicklistsSayWhatIsValidAndRecordsKeepToIt) {
    const json territory = field("Account", "Territory__c");
    EXPECT_EQ(territory["dependentPicklist"], true);
    EXPECT_EQ(territory["controllerName"], "Region__c");
    EXPECT_EQ(territory["picklistValues"][0]["validFor"], "gAAA") << "the first region alone";
    EXPECT_EQ(territory["picklistValues"][3]["validFor"], "YAAA") << "the second and third";
    EXPECT_EQ(territory["picklistValues"][4]["validFor"], "4AAA");
    EXPECT_EQ(field("Account", "Region__c")["picklistValues"][0]["validFor"], nullptr);
    EXPECT_NE(count("Account WHERE Territory__c = 'DACH' AND Region__c = 'EMEA'"), "0");
    EXPECT_EQ(count("Account WHERE Territory__c IN ('DACH', 'Nordics') AND Region__c != 'EMEA'"), "0");
    EXPECT_EQ(count("Account WHERE Territory__c = 'South' AND Region__c = 'EMEA'"), "0");
    EXPECT_EQ(count("Account WHERE Territory__c != null AND Region__c = null"), "0");
}

TEST_F(FieldTypes, WritesKeepToTheDescribe) {
    const auto status_of = [&](std::string_view object, std::string_view body) {
        const std::string told = first_status(create(object, body));
        return told.substr(0, told.find(':'));
    };
    const auto status = [&](std::string_view body) { return status_of("Account", body); };
    EXPECT_EQ(status(R"({"Name":"x","Region__c":"Moon"})"), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    EXPECT_EQ(status(R"({"Name":"x","Services__c":"Advice;Magic"})"),
              "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    EXPECT_EQ(status(R"({"Name":"x","TaxNumber__c":"1234567890123456789012345"})"), "STRING_TOO_LONG");
    EXPECT_EQ(status(R"({"Name":"x","CreditLeft__c":1})"), "INVALID_FIELD_FOR_INSERT_UPDATE");
    EXPECT_EQ(status(R"({"Name":"x","OpenAmount__c":1})"), "INVALID_FIELD_FOR_INSERT_UPDATE");
    EXPECT_EQ(status_of("OrderItem", R"({"OrderItemNumber":"1","Quantity":1,"UnitPrice":2})"),
              "INVALID_FIELD_FOR_INSERT_UPDATE");
    EXPECT_EQ(status_of("Campaign", R"({"Type":"Other"})"), "REQUIRED_FIELD_MISSING");
    const std::string id =
        made("Account", R"({"Name":"x","Services__c":"Training;Advice","NumberOfEmployees":"10"})");
    EXPECT_EQ(column(fmt::format("SELECT Services__c FROM Account WHERE Id = '{}'", id)), "Advice;Training");
    EXPECT_EQ(column(fmt::format("SELECT NumberOfEmployees FROM Account WHERE Id = '{}'", id)), "10")
        << "a number in quotes is taken as one";
    EXPECT_EQ(field("Account", "CreditLeft__c")["calculated"], true);
    EXPECT_EQ(field("Account", "TaxNumber__c")["maskType"], "lastFour");
    EXPECT_EQ(column("SELECT Id FROM Account WHERE TaxNumber__c = 'x'"), "INVALID_FIELD") << "not filterable";
}

TEST_F(FieldTypes, RecordTypesAreDescribedAndKept) {
    const json infos = json::parse(org_->find("Account")->describe_json())["recordTypeInfos"];
    ASSERT_EQ(infos.size(), 3U);
    EXPECT_EQ(infos[2]["recordTypeId"], "012000000000000AAA");
    EXPECT_EQ(infos[2]["master"], true);
    EXPECT_EQ(column("SELECT DeveloperName FROM RecordType WHERE SobjectType = 'Account' ORDER BY Name"),
              "Customer|Partner");
    EXPECT_NE(count("Account WHERE RecordType.Name = 'Partner'"), "0");
    EXPECT_EQ(count("Account WHERE RecordTypeId != null AND RecordType.Name = null"), "0");
}

TEST_F(FieldTypes, RecordTypesLimitPicklistsAndRecordsKeepToIt) {
    EXPECT_NE(count("Account WHERE RecordType.Name = 'Partner' AND Services__c INCLUDES ('Repair')"), "0");
    EXPECT_EQ(
        count("Account WHERE RecordType.Name = 'Partner' AND Services__c INCLUDES ('Advice', 'Training')"),
        "0");
    EXPECT_NE(count("Account WHERE RecordType.Name = 'Partner' AND Region__c = 'EMEA'"), "0");
    EXPECT_EQ(count("Account WHERE RecordType.Name = 'Partner' AND Region__c = 'Asia Pacific'"), "0");
    EXPECT_NE(count("Account WHERE RecordTypeId = null AND Services__c INCLUDES ('Advice')"), "0");
    EXPECT_EQ(count("Account WHERE RecordType.Name != 'Partner' AND Services__c INCLUDES ('Repair')"), "0")
        << "the default is for those without one, too";
    EXPECT_NE(count("Account WHERE RecordType.Name = 'Customer' AND Region__c = 'Asia Pacific'"), "0");
}

TEST_F(FieldTypes, WritesKeepToTheRecordType) {
    const std::string customer = "012000000000001AAA";
    const std::string partner = "012000000000002AAA";
    const auto account = [](std::string_view type, std::string_view services) {
        return fmt::format(R"({{"Name":"x","RecordTypeId":"{}","Services__c":"{}"}})", type, services);
    };
    const auto services = [](std::string_view value) {
        return fmt::format(R"({{"Services__c":"{}"}})", value);
    };
    const std::string no_repair =
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Services: bad value for restricted picklist field: Repair";
    EXPECT_EQ(first_status(create("Account", account(customer, "Advice;Repair"))), no_repair);
    EXPECT_EQ(first_status(create("Account", R"({"Name":"x","Services__c":"Repair"})")), no_repair);
    const auto id = made("Account", R"({"Name":"x","Services__c":"Advice"})");
    EXPECT_EQ(column(fmt::format("SELECT RecordTypeId FROM Account WHERE Id = '{}'", id)), customer)
        << "the default";
    EXPECT_EQ(first_status(update("Account", id, services("Repair"))), no_repair);
    EXPECT_TRUE(update("Account", id, fmt::format(R"({{"RecordTypeId":"{}"}})", partner)).success())
        << "what it has already is kept";
    EXPECT_TRUE(update("Account", id, services("Repair")).success());
    EXPECT_NE(first_status(update("Account", id, services("Advice"))), "");
    EXPECT_FALSE(update("Account", id, R"({"Region__c":"Asia Pacific"})").success());
    EXPECT_EQ(first_status(update("Account", id, account(customer, "Repair"))), no_repair)
        << "the new one counts";
    EXPECT_FALSE(update("Account", id, R"({"RecordTypeId":null,"Services__c":"Repair"})").success());
    org_->set_late({.max_delay = std::chrono::minutes{10}, .seed = 3});
    const auto late = made("Account", account(partner, "Repair"));
    EXPECT_TRUE(update("Account", late, services("Delivery;Repair")).success())
        << "though it can't be seen yet";
}

TEST_F(FieldTypes, RecordTypesThatTheUserDoesNotHaveAreRefused) {
    for (const std::string_view type : {"012000000000009AAA", "012000000000000AAA"}) {
        const auto result = create("Account", fmt::format(R"({{"Name":"x","RecordTypeId":"{}"}})", type));
        EXPECT_EQ(
            first_status(result),
            fmt::format("INVALID_CROSS_REFERENCE_KEY: Record Type ID: this ID value isn't valid for the "
                        "user: {}",
                        type));
        EXPECT_EQ(result.errors.front().fields, std::vector<std::string>{"RecordTypeId"});
    }
}

TEST_F(FieldTypes, RecordTypesLimitAfterTheStateWasOpenedAgain) {
    open();
    EXPECT_FALSE(create("Account", R"({"Name":"x","Services__c":"Repair"})").success());
}

TEST_F(FieldTypes, LinksHoldWhateverTheyPointTo) {
    for (const std::string_view rest :
         {"OpportunityLineItem WHERE Opportunity.Name = null", "OrderItem WHERE Order.OrderNumber = null",
          "OrderItem WHERE Product2Id != null AND Product2.Name = null",
          "CampaignMember WHERE Campaign.Name = null",
          "CampaignMember WHERE LeadId != null AND Lead.LastName = null",
          "Task WHERE WhoId != null AND WhoId NOT IN (SELECT Id FROM Contact) AND WhoId NOT IN (SELECT Id "
          "FROM Lead)"}) {
        EXPECT_EQ(count(rest), "0") << rest;
    }
    EXPECT_NE(count("Task WHERE WhoId IN (SELECT Id FROM Contact)"), "0");
    EXPECT_NE(count("Task WHERE WhoId IN (SELECT Id FROM Lead)"), "0");
    EXPECT_NE(count("Task WHERE WhatId IN (SELECT Id FROM Campaign)"), "0");
}

TEST_F(FieldTypes, PolymorphicReferencesAreReadByType) {
    const auto tasks = json::parse(
        select("SELECT WhoId, TYPEOF Who WHEN Contact THEN LastName, MailingAddress ELSE Id END FROM Task "
               "WHERE WhoId != null"));
    std::set<std::string> types;
    for (const json& task : tasks) {
        const json& who = task["Who"];
        types.insert(who["attributes"]["type"]);
        const bool is_contact = who["attributes"]["type"] == "Contact";
        EXPECT_EQ(who.contains("LastName") && who.contains("MailingAddress"), is_contact);
        if (!is_contact) {
            EXPECT_EQ(who["Id"], task["WhoId"]);
        }
        EXPECT_TRUE(who["attributes"]["url"].get<std::string>().ends_with(task["WhoId"].get<std::string>()));
    }
    EXPECT_EQ(types, (std::set<std::string>{"Contact", "Lead"}));
    const auto some = json::parse(select("SELECT TYPEOF Who WHEN Lead THEN Company END FROM Task"));
    EXPECT_TRUE(
        std::any_of(some.begin(), some.end(), [](const json& task) { return task["Who"].is_null(); }));
    EXPECT_EQ(column("SELECT TYPEOF Who WHEN Nothing THEN Id END FROM Task"), "INVALID_TYPE");
    EXPECT_EQ(column("SELECT TYPEOF Who WHEN Lead THEN Nothing END FROM Task"), "INVALID_FIELD");
    EXPECT_EQ(csv("SELECT TYPEOF Who WHEN Lead THEN Id END FROM Task").substr(0, 17), "FEATURENOTENABLED");
}

TEST_F(FieldTypes, StandInRecordsAsInDescribes) {
    std::set<std::string> described;
    std::set<std::string> filled;
    for (const Object& object : org_->objects()) {
        std::string fields;
        for (const Field& each : object.fields()) {
            described.insert(each.type);
            fields += (fields.empty() ? "" : ", ") + each.name;
        }
        const auto rows =
            json::parse(select(fmt::format("SELECT {} FROM {} LIMIT 200", fields, object.name())));
        for (const json& row : rows) {
            for (const Field& each : object.fields())
                if (!row[each.name].is_null()) filled.insert(each.type);
        }
    }
    EXPECT_EQ(filled, described);
}

TEST_F(FieldTypes, RecordsKeepToTheirDescribes) {
    const std::map<std::string, std::size_t> least{{"picklist", 1'000}, {"multipicklist", 200}};
    std::map<std::string, std::size_t> checked;
    for (const Object& object : org_->objects()) {
        Generator generator{Catalog{org_->objects()}, object, {.seed = 3, .total = 200}};
        for (std::uint64_t n = 0; n < 200; ++n) {
            const auto cells = generator.row(n);
            for (std::size_t i = 0; i < cells.size(); ++i) {
                if (!cells[i].is_text()) continue;
                const Field& each = *generator.fields()[i];
                ++checked[each.type];
                EXPECT_EQ(misfit(each, std::string{cells[i].text()}), "")
                    << object.name() << "." << each.name;
            }
        }
    }
    for (const auto& [type, count] : least) EXPECT_GT(checked[type], count) << type;
}

TEST_F(FieldTypes, ContentIsPrintedAsItsAddress) {
    const std::string account = column("SELECT Id FROM Account LIMIT 1");
    const std::string id =
        made("Attachment", fmt::format(R"({{"ParentId":"{}","Name":"a.txt","Body":"aGk="}})", account));
    EXPECT_EQ(column(fmt::format("SELECT Body FROM Attachment WHERE Id = '{}'", id)),
              fmt::format("{}/sobjects/Attachment/{}/Body", test_resources, id));
    EXPECT_EQ(csv("SELECT Body FROM Attachment"),
              "FEATURENOTENABLED: Binary fields are not supported in Bulk Query: Body");
}

}  // namespace
}  // namespace koppla::sandbox
