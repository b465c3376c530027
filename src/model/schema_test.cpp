#include "model/schema.h"

#include <gtest/gtest.h>

namespace koppla::model {
namespace {

TEST(Schema, survives_the_way_through_json) {
    ObjectSchema schema{.name = "Account", .label = "Konto \"A\"", .key = "Id", .stamp = "SystemModstamp"};
    schema.fields.push_back({.name = "Industry",
                             .label = "Bransch",
                             .remote_type = "picklist",
                             .type = {.kind = Kind::enumeration, .length = 255},
                             .values = {{.code = "a;b", .label = "Å", .is_default = true}},
                             .column = "industry"});
    schema.notices.push_back({.field = "BillingAddress", .remote_type = "address", .instead = "its parts"});
    const auto read = object_schema_from_json(to_json(schema));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, schema);
}

TEST(Schema, a_damaged_record_is_an_error) {
    EXPECT_FALSE(object_schema_from_json("{\"name\":1}"));
    EXPECT_FALSE(object_schema_from_json("{"));
}

TEST(LocalNames, are_plain_lower_case_identifiers) {
    EXPECT_EQ(local_name("BillingCity"), "billingcity");
    EXPECT_EQ(local_name("Ext Key__c"), "ext_key__c");
    EXPECT_EQ(local_name("a\"; drop--"), "a___drop__");
    EXPECT_EQ(local_name("1st"), "_1st");
    EXPECT_EQ(local_name("Größe"), "gr____e");
    EXPECT_EQ(local_name(""), "_");
}

}  // namespace
}  // namespace koppla::model
