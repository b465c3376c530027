#include "wizard/discovery.h"

#include <gtest/gtest.h>

namespace koppla {
namespace {

model::ObjectSchema contact() {
    model::ObjectSchema schema{
        .name = "Contact", .key = "Id", .stamp = "SystemModstamp", .removal_flag = "IsDeleted"};
    for (const char* name : {"Id", "IsDeleted", "FirstName", "LastName", "Email", "SystemModstamp"}) {
        schema.fields.push_back({.name = name});
    }
    schema.notices.push_back(
        {.field = "MailingAddress", .remote_type = "address", .instead = "its parts are"});
    return schema;
}

std::vector<std::string> names(const model::ObjectSchema& schema) {
    std::vector<std::string> result;
    for (const model::FieldSchema& field : schema.fields) result.push_back(field.name);
    return result;
}

TEST(FieldChoice, keeps_key_stamp_and_removal_flag_whatever_is_chosen) {
    model::ObjectSchema schema = contact();
    ASSERT_TRUE(choose_fields(schema, {.only = {"email"}}));
    EXPECT_EQ(names(schema), (std::vector<std::string>{"Id", "IsDeleted", "Email", "SystemModstamp"}));

    schema = contact();
    ASSERT_TRUE(choose_fields(schema, {.excluded = {"Email", "Id"}}));
    EXPECT_EQ(names(schema),
              (std::vector<std::string>{"Id", "IsDeleted", "FirstName", "LastName", "SystemModstamp"}));
}

TEST(FieldChoice, names_what_is_not_there_and_what_is_alike) {
    model::ObjectSchema schema = contact();
    const auto chosen = choose_fields(schema, {.only = {"Emial"}});
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().kind, ErrorKind::not_found);
    EXPECT_NE(chosen.error().message.find("Emial"), std::string::npos);

    const auto compound = choose_fields(schema, {.only = {"MailingAddress"}});
    ASSERT_FALSE(compound);
    EXPECT_EQ(compound.error().kind, ErrorKind::unsupported);
}

TEST(Suggestions, are_the_nearest_names) {
    const std::vector<std::string> known = {"Account", "Contact", "Lead"};
    EXPECT_EQ(suggestion("Contct", known), "; did you mean Contact?");
    EXPECT_EQ(suggestion("Opportunity", known), "");
}

}  // namespace
}  // namespace koppla
