#include "transfer/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla {
namespace {

using testing::HasSubstr;

model::ObjectSchema contact() {
    model::ObjectSchema schema{.name = "Contact", .key = "Id"};
    schema.fields = {
        {.name = "Email"},
        {.name = "Code", .type = {.length = 40}},
        {.name = "Seen", .type = {.kind = model::Kind::instant}},
        {.name = "AccountId", .type = {.kind = model::Kind::reference}, .targets = {"Account"}},
        {.name = "WhoId", .type = {.kind = model::Kind::reference}, .targets = {"Lead", "Contact"}}};
    return schema;
}

std::string refusal_of(std::string_view text) {
    const auto parsed = parse_mapping(text, contact());
    return parsed ? "" : parsed.error().message;
}

TEST(Mapping, NamesColumnFieldAndConversions) {
    EXPECT_EQ(*parse_mapping("e-mail=email", contact()),
              (MappedColumn{.source = "e-mail", .field = "Email"}));
    EXPECT_EQ(*parse_mapping("a=b=Email:trim:clear", contact()),
              (MappedColumn{.source = "a=b", .field = "Email", .trims = true, .empty = EmptyCell::clears}));
}

TEST(Mapping, NamesParentsByOtherKeys) {
    EXPECT_EQ(*parse_mapping("a=AccountId.Code__c", contact()),
              (MappedColumn{
                  .source = "a", .field = "AccountId", .target_object = "Account", .target_key = "Code__c"}));
    EXPECT_EQ(*parse_mapping("a=WhoId.lead", contact()),
              (MappedColumn{.source = "a", .field = "WhoId", .target_object = "Lead"}));
    EXPECT_EQ(
        *parse_mapping("a=WhoId.Lead.Email", contact()),
        (MappedColumn{.source = "a", .field = "WhoId", .target_object = "Lead", .target_key = "Email"}));
}

TEST(Mapping, SaysWhatIsWrong) {
    for (const char* text : {"", "Email", "=Email", "a=", "a"})
        EXPECT_THAT(refusal_of(text), HasSubstr("column=Field"));
    EXPECT_THAT(refusal_of("a=Nowhere"), HasSubstr("Contact.Nowhere"));
    EXPECT_THAT(refusal_of("a=Email.Code"), HasSubstr("no reference"));
    EXPECT_THAT(refusal_of("a=WhoId.Code"), HasSubstr("WhoId.Object.Code"));
    EXPECT_THAT(refusal_of("a=WhoId.Case.Code"), HasSubstr("Lead, Contact"));
    EXPECT_THAT(refusal_of("a=AccountId.Account.Code.More"), HasSubstr("AccountId.Object.Key"));
    EXPECT_THAT(refusal_of("a=Email:shout"), HasSubstr("clear"));
    EXPECT_THAT(refusal_of("a=Email:hash:trim:mask"), HasSubstr("'hash' and 'mask'"));
    EXPECT_THAT(refusal_of("a=Code:hash"), HasSubstr("room for 40"));
    EXPECT_THAT(refusal_of("a=AccountId:mask"), HasSubstr("AccountId holds none"));
    EXPECT_THAT(refusal_of("a=Seen:without-time-offset"), HasSubstr("point in time"));
}

}  // namespace
}  // namespace koppla
