#include "crm/dynamics/write_layout.h"

#include "crm/dynamics/test/writing.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace koppla::dynamics {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const model::ObjectSchema contact = test::writable_contact();

WriteColumn column(std::string_view name, std::string target = {}, std::string key = {}) {
    return {.field = contact.find(name), .target_object = std::move(target), .target_key = std::move(key)};
}

/// What is said against a request; empty: nothing.
std::string fault(WriteRequest request) {
    request.object = &contact;
    const auto wanted = check_request(request);
    if (!wanted) return wanted.error().message;
    const auto relations = Relations::of(test::relations);
    const auto layout = write_layout(request, *relations);
    return layout ? std::string{} : layout.error().message;
}

std::string fault(WriteOperation operation, std::string_view field) {
    std::vector<WriteColumn> columns = {column("contactid")};
    columns.push_back(column(field));
    return fault({.operation = operation, .key = "contactid", .columns = columns});
}

using enum WriteOperation;

TEST(WriteLayout, FieldsThatCantBeWrittenAreNamedWithTheRemedy) {
    EXPECT_EQ(fault(update, "modifiedon"), "update contact: field 'modifiedon' is read-only; leave it out");
    EXPECT_THAT(fault(insert, "statecode"), HasSubstr("'statecode' can't be set when a record is made"));
    EXPECT_EQ(fault(update, "statecode"), "");
    EXPECT_THAT(fault(update, "overriddencreatedon"), HasSubstr("can only be set when a record is made"));
    EXPECT_THAT(fault(upsert, "overriddencreatedon"), HasSubstr("can only be set when a record is made"));
    EXPECT_EQ(fault(insert, "overriddencreatedon"), "");
    EXPECT_THAT(fault(update, "owneridtype"), HasSubstr("is told beside '_ownerid_value'"));
    EXPECT_THAT(fault(update, "isdeleted"), HasSubstr("delete the record instead"));
    EXPECT_THAT(fault(update, "nothere"), HasSubstr("there is no field '' in the recorded schema"));
    const model::FieldSchema other{.name = "fax"};
    EXPECT_THAT(fault({.key = "contactid", .columns = {column("contactid"), {.field = &other}}}),
                HasSubstr("there is no field 'fax' in the recorded schema"));
    EXPECT_THAT(fault(remove, "lastname"), HasSubstr("a delete takes the key and nothing else"));
}

TEST(WriteLayout, TwoColumnsNeverGoToOneField) {
    EXPECT_EQ(
        fault({.key = "contactid", .columns = {column("contactid"), column("lastname"), column("lastname")}}),
        "update contact: two columns go to field 'lastname'; leave one of them out");
}

TEST(WriteLayout, AKeyHasToIdentify) {
    EXPECT_THAT(fault({.columns = {column("lastname")}}), HasSubstr("it takes a key"));
    EXPECT_THAT(fault({.key = "contactid", .columns = {column("lastname")}}),
                HasSubstr("none of the columns"));
    EXPECT_THAT(fault({.key = "lastname", .columns = {column("lastname"), column("donotemail")}}),
                HasSubstr("other keys are for upserts"));
    const auto by = [](std::string_view key) {
        return fault(
            {.operation = upsert, .key = std::string{key}, .columns = {column(key), column("donotemail")}});
    };
    EXPECT_EQ(by("new_externalkey"), "");
    EXPECT_EQ(by("contactid"), "");
    EXPECT_THAT(by("new_number"),
                HasSubstr("alternate key new_numbered of 'new_number' is Failed, not Active"));
    EXPECT_THAT(by("lastname"), HasSubstr("names no record by itself: the alternate key new_pair has several "
                                          "columns, lastname, birthdate"));
    EXPECT_THAT(by("gendercode"), HasSubstr("'gendercode' is no alternate key of contact"));
    EXPECT_THAT(by("birthdate"), HasSubstr("can't be the key of an upsert"));
    EXPECT_THAT(fault({.operation = upsert,
                       .key = "new_externalkey",
                       .columns = {column("new_externalkey"), column("contactid")}}),
                HasSubstr("'contactid' names the record and can't be written as a value"));
    EXPECT_THAT(fault({.key = "contactid", .columns = {column("contactid")}}),
                HasSubstr("no column to write"));
}

TEST(WriteLayout, LookupsNeedATargetAndAWayToIt) {
    const auto to = [](std::string_view field, std::string target, std::string key = {}) {
        return fault({.key = "contactid",
                      .columns = {column("contactid"), column(field, std::move(target), std::move(key))}});
    };
    EXPECT_EQ(to("parentcustomerid", "account"), "");
    EXPECT_EQ(to("new_regionid", ""), "");
    EXPECT_EQ(to("parentcustomerid", "account", "accountid"), "");
    EXPECT_THAT(to("parentcustomerid", ""), HasSubstr("may point to account, contact: say to which of them"));
    EXPECT_THAT(to("parentcustomerid", "lead"), HasSubstr("can't point to 'lead', only to account, contact"));
    EXPECT_THAT(to("ownerid", "team"), HasSubstr("the metadata tell no way from 'ownerid' to team"));
    EXPECT_THAT(to("parentcustomerid", "account", "name"),
                HasSubstr("'name' is no alternate key of account"));
    EXPECT_THAT(to("parentcustomerid", "contact", "new_number"), HasSubstr("is Failed, not Active"));
    EXPECT_THAT(to("lastname", "account"), HasSubstr("is no lookup"));
}

TEST(WriteLayout, WhatDynamicsHasNotIsUnsupported) {
    const auto kind = [](WriteRequest request) {
        request.object = &contact;
        request.key = "contactid";
        request.columns = {column("contactid")};
        const auto wanted = check_request(request);
        return wanted ? std::string{} : std::string{name(wanted.error().kind)};
    };
    EXPECT_EQ(kind({.operation = remove}), "");
    EXPECT_EQ(kind({.operation = remove, .path = WritePath::bulk}), "unsupported");
    EXPECT_EQ(kind({.operation = erase}), "unsupported");
    EXPECT_EQ(kind({.operation = remove, .assignment_rule = "active"}), "unsupported");
}

TEST(WriteLayout, OnlyWhatIsNeededIsAsked) {
    WriteRequest request{
        .object = &contact, .key = "contactid", .columns = {column("contactid"), column("lastname")}};
    EXPECT_TRUE(check_request(request)->tables.empty());
    request.columns.push_back(column("parentcustomerid", "account", "accountnumber"));
    EXPECT_THAT(check_request(request)->tables, testing::ElementsAre("account", "contact"));
    EXPECT_EQ(check_request(request)->types, ColumnTypes::told);
}

}  // namespace
}  // namespace koppla::dynamics
