#include "crm/salesforce/codec/row_json.h"

#include "crm/salesforce/test/writing.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::salesforce {
namespace {

const model::ObjectSchema contact = test::writable_contact();

std::string record(const std::vector<std::string>& names, std::vector<std::string> cells) {
    const WriteRequest request{
        .object = &contact, .operation = WriteOperation::insert, .columns = test::columns(contact, names)};
    const auto form = write_form(request);
    EXPECT_TRUE(form) << form.error().message;
    test::TableRows rows{{std::move(cells)}};
    const auto next = rows.next();
    std::string json;
    append_record(json, *form, (*next)->batch, 0);
    return json;
}

TEST(RowJson, NumbersAndBooleansAreBareAndTheRestIsText) {
    EXPECT_EQ(
        record({"LastName", "Amount__c", "Active__c", "Birthdate"},
               {"O'Neil \"Jo\"\n\\", "12345678901234567.89", "true", "2026-11-01"}),
        R"({"attributes":{"type":"Contact"},"LastName":"O'Neil \"Jo\"\n\\","Amount__c":12345678901234567.89,)"
        R"("Active__c":true,"Birthdate":"2026-11-01"})");
}

TEST(RowJson, AbsentIsLeftOutAndNullIsNull) {
    EXPECT_EQ(record({"LastName", "Email", "AccountId.Ext__c", "OwnerId"}, {"a", "-", "-", "~"}),
              R"({"attributes":{"type":"Contact"},"LastName":"a","Email":null,"AccountId":null})");
    EXPECT_EQ(record({"LastName", "Email"}, {"~", "~"}), R"({"attributes":{"type":"Contact"}})");
}

TEST(RowJson, AParentIsNamedByAFieldOfItsOwn) {
    EXPECT_EQ(record({"AccountId.Ext__c", "OwnerId:User.Username"}, {"A1", "jo@x"}),
              R"({"attributes":{"type":"Contact"},"Account":{"Ext__c":"A1"},)"
              R"("Owner":{"attributes":{"type":"User"},"Username":"jo@x"}})");
}

}  // namespace
}  // namespace koppla::salesforce
