#include "crm/salesforce/write_form.h"

#include "crm/salesforce/test/writing.h"
#include "crm/salesforce/tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla::salesforce {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const model::ObjectSchema contact = test::writable_contact();

WriteRequest request(WriteOperation operation, std::string key, const std::vector<std::string>& names) {
    return {.object = &contact,
            .operation = operation,
            .key = std::move(key),
            .columns = test::columns(contact, names)};
}

std::string refusal(const WriteRequest& asked) {
    const auto form = write_form(asked);
    if (form) return "fine";
    EXPECT_EQ(form.error().kind, ErrorKind::invalid);
    return form.error().message;
}

constexpr auto insert = WriteOperation::insert;
constexpr auto update = WriteOperation::update;
constexpr auto upsert = WriteOperation::upsert;
constexpr auto remove_it = WriteOperation::remove;

TEST(WriteForm, WhatNoRowCouldBeRightWithIsRefusedWithItsFieldAndARemedy) {
    EXPECT_THAT(
        refusal(request(insert, "", {"LastName", "Total__c"})),
        AllOf(HasSubstr("insert Contact: field 'Total__c'"), HasSubstr("calculates it; leave it out")));
    EXPECT_THAT(refusal(request(insert, "", {"LastName", "IsDeleted"})),
                AllOf(HasSubstr("'IsDeleted'"), HasSubstr("can't set it when a record is made")));
    EXPECT_THAT(refusal(request(update, "Id", {"Id", "Origin__c"})),
                AllOf(HasSubstr("update Contact: field 'Origin__c'"), HasSubstr("can't change it")));
    EXPECT_EQ(refusal(request(upsert, "Ext__c", {"Ext__c", "Origin__c"})), "fine")
        << "of a record that is made";
    EXPECT_THAT(refusal(request(upsert, "Ext__c", {"Ext__c", "SystemModstamp"})),
                HasSubstr("'SystemModstamp'"));
    EXPECT_THAT(refusal(request(insert, "", {"Old__c"})),
                AllOf(HasSubstr("'Old__c'"), HasSubstr("doesn't offer it any more")));
    EXPECT_THAT(refusal(request(insert, "", {"LastName", "LastName"})),
                AllOf(HasSubstr("two columns go to field 'LastName'"), HasSubstr("leave one")));
    EXPECT_THAT(refusal(request(insert, "", {"AccountId", "AccountId.Ext__c"})),
                HasSubstr("two columns go to field 'AccountId'"));
    EXPECT_THAT(refusal(request(insert, "", {})), HasSubstr("no columns"));

    const model::FieldSchema unknown{.name = "Nope__c"};
    WriteRequest asked = request(insert, "", {"LastName"});
    asked.columns.push_back({.field = &unknown});
    EXPECT_THAT(refusal(asked), AllOf(HasSubstr("no field 'Nope__c'"), HasSubstr("koppla schema")));
}

TEST(WriteForm, TheKeyHasToTellRecordsApart) {
    EXPECT_THAT(
        refusal(request(upsert, "Email", {"Email", "LastName"})),
        AllOf(HasSubstr("'Email' doesn't tell records apart: it isn't unique"), HasSubstr("external id")));
    EXPECT_THAT(refusal(request(upsert, "Nope", {"LastName"})),
                HasSubstr("'Nope' doesn't tell records apart"));
    EXPECT_THAT(refusal(request(upsert, "", {"LastName"})), HasSubstr("it has no key"));
    EXPECT_THAT(refusal(request(upsert, "Ext__c", {"LastName"})),
                HasSubstr("no column is mapped to its key 'Ext__c'"));
    EXPECT_THAT(refusal(request(upsert, "Id", {"Id", "LastName"})), HasSubstr("'Id' is no key of an upsert"));
    EXPECT_THAT(refusal(request(update, "Ext__c", {"Ext__c", "LastName"})),
                AllOf(HasSubstr("found by 'Id' alone"), HasSubstr("or upsert")));
    EXPECT_THAT(refusal(request(update, "", {"LastName"})), HasSubstr("found by 'Id' alone"));
    EXPECT_THAT(refusal(request(update, "Id", {"Id"})), HasSubstr("nothing to change"));
    EXPECT_THAT(refusal(request(remove_it, "Id", {"Id", "LastName"})), HasSubstr("deleted by 'Id' alone"));
    EXPECT_THAT(refusal(request(insert, "Id", {"Id", "LastName"})), HasSubstr("an insert has no key"));
    EXPECT_EQ(refusal(request(remove_it, "Id", {"Id"})), "fine");
    EXPECT_EQ(refusal(request(upsert, "ext__c", {"Ext__c", "LastName"})), "fine");
}

TEST(WriteForm, AParentIsOneThatTheReferenceCanPointTo) {
    EXPECT_THAT(refusal(request(insert, "", {"LastName.Ext__c"})), HasSubstr("'LastName' is no reference"));
    EXPECT_THAT(refusal(request(insert, "", {"OwnerId.Username"})),
                HasSubstr("'OwnerId' points to Group, User: say to which of them"));
    EXPECT_THAT(refusal(request(insert, "", {"OwnerId:Account.Name"})), HasSubstr("'Account' is none"));
    EXPECT_THAT(refusal(request(insert, "", {"AccountId.Ext\"__c"})), HasSubstr("can't be written by"));
    EXPECT_EQ(refusal(request(insert, "", {"OwnerId:user"})), "fine") << "by its id";

    const auto asked = request(insert, "", {"AccountId.Ext__c", "OwnerId:User.Username", "AccountId.Id"});
    EXPECT_THAT(refusal(asked), HasSubstr("two columns"));
    const auto few = request(insert, "", {"AccountId.Ext__c", "OwnerId:user.Username"});
    const auto form = write_form(few);
    ASSERT_TRUE(form) << form.error().message;
    EXPECT_EQ(form->columns[0].header, "Account.Ext__c");
    EXPECT_EQ(form->columns[1].header, "User:Owner.Username");
}

TEST(WriteForm, RelationshipsAreNamedAfterTheirReferences) {
    EXPECT_EQ(relationship_of("AccountId"), "Account");
    EXPECT_EQ(relationship_of("ReportsToId"), "ReportsTo");
    EXPECT_EQ(relationship_of("Parent__c"), "Parent__r");
    EXPECT_EQ(relationship_of("acme__Parent__c"), "acme__Parent__r");
    EXPECT_EQ(relationship_of("Parent__pc"), "Parent__pr");
    EXPECT_EQ(relationship_of("Parent"), "");
    EXPECT_EQ(relationship_of("Id"), "");
}

TEST(WriteForm, AnAssignmentRuleIsActiveOrNamedByItsId) {
    auto asked = request(insert, "", {"LastName"});
    for (const char* rule : {"", "active", "003xx000003DGb2AAG", "01Qxx0000000001"}) {
        asked.assignment_rule = rule;
        EXPECT_EQ(refusal(asked), "fine") << rule;
    }
    asked.assignment_rule = "my rule";
    EXPECT_THAT(refusal(asked), HasSubstr("'my rule' is no assignment rule"));
}

WritePlan plan(WriteRequest asked, std::int64_t rows) {
    const auto form = write_form(asked);
    EXPECT_TRUE(form) << form.error().message;
    const auto made = write_plan(*form, rows);
    if (!made) return WritePlan{.why = made.error().message};
    return *made;
}

TEST(WritePlan, FewRowsGoByRequestsAndManyByJobs) {
    const auto asked = request(update, "Id", {"Id", "LastName"});
    const auto few = plan(asked, 300);
    EXPECT_EQ(few.path, WritePath::rows);
    EXPECT_EQ(few.rows_max, 200);
    EXPECT_TRUE(few.is_repeatable);
    EXPECT_EQ(few.calls_a_shipment, 1);
    const auto many = plan(asked, 2'001);
    EXPECT_EQ(many.path, WritePath::bulk);
    EXPECT_EQ(many.rows_max, 100'000);
    EXPECT_LE(many.bytes_max * 2, tuning::job_bytes_max);
    EXPECT_THAT(many.why, HasSubstr("more than 2000 rows"));
}

TEST(WritePlan, InsertsWithoutAKeyAreAlwaysJobsThatCanBeAsked) {
    const auto made = plan(request(insert, "", {"LastName"}), 1);
    EXPECT_EQ(made.path, WritePath::bulk);
    EXPECT_FALSE(made.is_repeatable);
    EXPECT_THAT(made.why, HasSubstr("can be asked later what became of each row"));
}

TEST(WritePlan, WhatOneInterfaceCantCarryGoesByTheOther) {
    auto asked = request(upsert, "Ext__c", {"Ext__c", "LastName"});
    asked.duplicates = Duplicates::allow;
    EXPECT_EQ(plan(asked, 50'000).path, WritePath::rows);
    EXPECT_THAT(plan(asked, 50'000).why, HasSubstr("duplicate rule"));
    asked.path = WritePath::bulk;
    EXPECT_THAT(plan(asked, 50'000).why, HasSubstr("don't force bulk"));

    asked = request(insert, "", {"LastName"});
    asked.assignment_rule = "active";
    EXPECT_EQ(plan(asked, 5).path, WritePath::rows);

    asked = request(WriteOperation::erase, "Id", {"Id"});
    EXPECT_EQ(plan(asked, 5).path, WritePath::bulk);
    asked.path = WritePath::rows;
    EXPECT_THAT(plan(asked, 5).why, HasSubstr("hard-deleted by bulk jobs only"));
}

TEST(WritePlan, WideRowsMakeSmallerJobs) {
    model::ObjectSchema wide = contact;
    std::vector<std::string> names;
    for (int i = 0; i < 400; ++i) {
        names.push_back(fmt::format("F{}__c", i));
        wide.fields.push_back(model::FieldSchema{.name = names.back()});
        wide.fields.back().is_createable = true;
    }
    const WriteRequest asked{
        .object = &wide, .operation = insert, .columns = test::columns(wide, names), .path = WritePath::bulk};
    EXPECT_EQ(plan(asked, 1'000'000).rows_max, 10'000);
}

}  // namespace
}  // namespace koppla::salesforce
