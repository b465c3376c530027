#include "crm/salesforce/filter_soql.h"

#include "crm/salesforce/test/org.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace koppla::salesforce {
namespace {

using testing::HasSubstr;

model::ObjectSchema schema() {
    model::ObjectSchema object = test::contact_schema();
    using model::Kind;
    const auto add = [&](std::string name, Kind kind) {
        object.fields.push_back({.name = std::move(name), .type = {.kind = kind}});
    };
    add("Level__c", Kind::enumeration);
    add("Interests__c", Kind::enumerations);
    add("Score__c", Kind::decimal);
    add("Vip__c", Kind::boolean);
    add("OpensAt__c", Kind::time);
    add("Description", Kind::text);
    object.fields.back().is_filterable = false;
    return object;
}

std::string soql(std::string_view text) {
    const auto filter = model::parse_filter(text);
    if (!filter) return "parser: " + filter.error().message;
    const auto compiled = soql_condition(*filter, schema(), *parse_instant("2026-03-31T10:20:30Z"));
    return compiled ? *compiled : std::string{name(compiled.error().kind)} + ": " + compiled.error().message;
}

TEST(FilterSoql, CompilesEveryOperatorToTheFieldsOwnType) {
    EXPECT_EQ(soql("name is \"O'Neill\""), "Name = 'O\\'Neill'");
    EXPECT_EQ(soql("Name is not 5"), "Name != '5'");
    EXPECT_EQ(soql("Score__c >= '1.50'"), "Score__c >= 1.5");
    EXPECT_EQ(soql("Vip__c is true"), "Vip__c = true");
    EXPECT_EQ(soql("Name in (\"a\", 'b')"), "Name IN ('a','b')");
    EXPECT_EQ(soql("Level__c not in ('A')"), "Level__c NOT IN ('A')");
    EXPECT_EQ(soql("Interests__c in ('a','b')"), "Interests__c INCLUDES ('a','b')");
    EXPECT_EQ(soql("Interests__c contains 'a'"), "Interests__c INCLUDES ('a')");
    EXPECT_EQ(soql("Name contains '50%_'"), "Name LIKE '%50\\%\\_%'");
    EXPECT_EQ(soql("Name starts with 'A'"), "Name LIKE 'A%'");
    EXPECT_EQ(soql("Birthdate is empty and Name is not empty"), "(Birthdate = null) AND (Name != null)");
    EXPECT_EQ(soql("not (Name is 'a' or Name is 'b')"), "NOT ((Name = 'a') OR (Name = 'b'))");
}

TEST(FilterSoql, SearchesNoListForAMoment) {
    EXPECT_NE(soql("Interests__c contains today").find("no part of a text"), std::string::npos);
}

TEST(FilterSoql, GivesMomentsTheFormOfTheirField) {
    EXPECT_EQ(soql("Birthdate < 2000-02-29"), "Birthdate < 2000-02-29");
    EXPECT_EQ(soql("SystemModstamp >= 2026-01-02"), "SystemModstamp >= 2026-01-02T00:00:00.000Z");
    EXPECT_EQ(soql("SystemModstamp >= 2026-01-02T03:00:00+02:00"),
              "SystemModstamp >= 2026-01-02T01:00:00.000Z");
    EXPECT_EQ(soql("SystemModstamp > today-7d"), "SystemModstamp > 2026-03-24T00:00:00.000Z");
    EXPECT_EQ(soql("SystemModstamp > now-2h"), "SystemModstamp > 2026-03-31T08:20:30.000Z");
    EXPECT_EQ(soql("Birthdate is today-1m"), "Birthdate = 2026-02-28");
    EXPECT_EQ(soql("Birthdate is today-1y"), "Birthdate = 2025-03-31");
    EXPECT_EQ(soql("OpensAt__c < '13:00:00'"), "OpensAt__c < 13:00:00.000Z");
    EXPECT_EQ(soql("OpensAt__c >= '13:00'"), "OpensAt__c >= 13:00:00.000Z");
    EXPECT_EQ(soql("OpensAt__c in ('09:30:00.5Z')"), "OpensAt__c IN (09:30:00.500Z)");
    EXPECT_EQ(soql("CreatedDate > yesterday"), "CreatedDate > 2026-03-30T00:00:00.000Z")
        << "not in the schema";
}

TEST(FilterSoql, RefusesWhatSalesforceCantEvaluateWithTheReason) {
    EXPECT_THAT(soql("Description contains 'x'"), HasSubstr("unsupported: the filter 'Description contains"));
    EXPECT_THAT(soql("Score__c is 'many'"), HasSubstr("'many' is no value of a field of kind decimal"));
    EXPECT_THAT(soql("Vip__c < true"), HasSubstr("has no order"));
    EXPECT_THAT(soql("Birthdate contains '19'"), HasSubstr("only texts are searched"));
    EXPECT_THAT(soql("Birthdate is true"), HasSubstr("is no value of a field of kind date"));
    EXPECT_THAT(soql("Name is today"), HasSubstr("a moment is no value of it"));
}

TEST(FilterSoql, LetsNothingOutOfItsQuotes) {
    EXPECT_EQ(soql(R"(Name is "\\' OR Name != '")"), R"(Name = '\\\' OR Name != \'')");
    EXPECT_EQ(soql("Name is \"a\\nb\""), "Name = 'a\\nb'");
    for (const char* time :
         {"13:00:00Z OR Name != null", "13:00:00) OR (Id != null", "13", "", "13:00:00+01:00"})
        EXPECT_THAT(soql(fmt::format("OpensAt__c is \"{}\"", time)),
                    HasSubstr("no value of a field of kind time"));
    EXPECT_THAT(soql("OpensAt__c is today"), HasSubstr("no value of a field of kind time"));
}

}  // namespace
}  // namespace koppla::salesforce
