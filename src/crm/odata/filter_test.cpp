#include "crm/odata/filter.h"

#include "crm/odata/query.h"
#include "crm/odata/test/contact.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace koppla::odata {
namespace {

using testing::HasSubstr;

std::string compiled(std::string_view text, Dialect dialect, const model::ObjectSchema& object) {
    const auto filter = model::parse_filter(text);
    if (!filter) return "parser: " + filter.error().message;
    const auto condition = odata_condition(*filter, object, *parse_instant("2026-03-31T10:20:30Z"), dialect);
    return condition ? *condition
                     : std::string{name(condition.error().kind)} + ": " + condition.error().message;
}

std::string dataverse(std::string_view text) {
    return compiled(text, Dialect::dataverse, test::contact_schema());
}

std::string plain(std::string_view text) {
    model::ObjectSchema product{.name = "Products", .key = "ID"};
    const auto add = [&](std::string name, model::Kind kind, std::string remote_type) {
        product.fields.push_back(
            {.name = std::move(name), .remote_type = std::move(remote_type), .type = {.kind = kind}});
    };
    add("ID", model::Kind::identifier, "Edm.Int32");
    add("Code", model::Kind::identifier, "Edm.String");
    add("Rowid", model::Kind::identifier, "Edm.Guid");
    add("Name", model::Kind::text, "Edm.String");
    add("Colour", model::Kind::enumeration, "Shop.Colour");
    add("Opens", model::Kind::time, "Edm.TimeOfDay");
    add("Changed", model::Kind::instant, "Edm.DateTimeOffset");
    return compiled(text, Dialect::plain, product);
}

TEST(FilterOData, CompilesEveryOperatorToTheFieldsOwnType) {
    EXPECT_EQ(dataverse("fullname is \"O'Neill\""), "fullname eq 'O''Neill'");
    EXPECT_EQ(dataverse("fullname is 5"), "fullname eq '5'");
    EXPECT_EQ(dataverse("revenue >= '1.50'"), "revenue ge 1.5");
    EXPECT_EQ(dataverse("donotemail is true"), "donotemail eq true");
    EXPECT_EQ(dataverse("preferredcontactmethodcode is 2"), "preferredcontactmethodcode eq 2");
    EXPECT_EQ(dataverse("preferredcontactmethodcode is '2'"), "preferredcontactmethodcode eq 2");
    EXPECT_EQ(dataverse("contactid is '5F0A1B2C-0000-0000-0000-00000000000A'"),
              "contactid eq 5f0a1b2c-0000-0000-0000-00000000000a");
    EXPECT_EQ(dataverse("parentcustomerid is '5f0a1b2c-0000-0000-0000-00000000000a'"),
              "_parentcustomerid_value eq 5f0a1b2c-0000-0000-0000-00000000000a");
    EXPECT_EQ(dataverse("fullname starts with 'A'"), "startswith(fullname,'A')");
    EXPECT_EQ(dataverse("birthdate is empty and fullname is not empty"),
              "(birthdate eq null) and (fullname ne null)");
    EXPECT_EQ(dataverse("primarycontactid.fullname is 'Jo'"), "primarycontactid/fullname eq 'Jo'");
}

TEST(FilterOData, ListsGoToTheQueryFunctionsThatTakeThem) {
    EXPECT_EQ(dataverse("fullname in (\"a\", 'b\"\\\\')"),
              R"(Microsoft.Dynamics.CRM.In(PropertyName='fullname',PropertyValues=["a","b\"\\"]))");
    EXPECT_EQ(dataverse("preferredcontactmethodcode not in (1, 2)"),
              R"((Microsoft.Dynamics.CRM.NotIn(PropertyName='preferredcontactmethodcode',)"
              R"(PropertyValues=["1","2"]) or preferredcontactmethodcode eq null))");
    EXPECT_EQ(dataverse("new_interests contains 3"),
              R"(Microsoft.Dynamics.CRM.ContainValues(PropertyName='new_interests',PropertyValues=["3"]))");
    EXPECT_EQ(dataverse("new_interests not in (3)"),
              R"((Microsoft.Dynamics.CRM.DoesNotContainValues(PropertyName='new_interests',)"
              R"(PropertyValues=["3"]) or new_interests eq null))");
    EXPECT_EQ(dataverse("birthdate in (2000-01-01, 2000-01-02)"),
              "(birthdate eq 2000-01-01 or birthdate eq 2000-01-02)");
    EXPECT_EQ(dataverse("birthdate not in (2000-01-01)"), "(birthdate ne 2000-01-01 or birthdate eq null)");
    EXPECT_EQ(plain("Name in ('a','b')"), "(Name eq 'a' or Name eq 'b')");
    EXPECT_EQ(plain("Name not in ('a','b')"), "((Name ne 'a' and Name ne 'b') or Name eq null)");
}

TEST(FilterOData, NotHoldsForEmptyValuesWhateverAServiceMakesOfNull) {
    EXPECT_EQ(dataverse("fullname is not 'a'"), "(fullname ne 'a' or fullname eq null)");
    EXPECT_EQ(dataverse("not fullname is not 'a'"), "fullname eq 'a'");
    EXPECT_EQ(dataverse("not revenue < 5"), "(revenue ge 5 or revenue eq null)");
    EXPECT_EQ(dataverse("not fullname contains 'a'"), "(not contains(fullname,'a') or fullname eq null)");
    EXPECT_EQ(dataverse("not (fullname is 'a' or birthdate is empty)"),
              "((fullname ne 'a' or fullname eq null)) and (birthdate ne null)");
    EXPECT_EQ(dataverse("fullname is ''"), "fullname eq null");
    EXPECT_EQ(dataverse("fullname is not ''"), "fullname ne null");
}

TEST(FilterOData, GivesMomentsTheFormOfTheirField) {
    EXPECT_EQ(dataverse("birthdate < 2000-02-29"), "birthdate lt 2000-02-29");
    EXPECT_EQ(dataverse("modifiedon >= 2026-01-02"), "modifiedon ge 2026-01-02T00:00:00Z");
    EXPECT_EQ(dataverse("modifiedon >= 2026-01-02T03:00:00.5+02:00"),
              "modifiedon ge 2026-01-02T01:00:00.500Z");
    EXPECT_EQ(dataverse("modifiedon > today-7d"), "modifiedon gt 2026-03-24T00:00:00Z");
    EXPECT_EQ(dataverse("birthdate is today-1m"), "birthdate eq 2026-02-28");
    EXPECT_EQ(dataverse("opensat > 2026-11-01T10:00:00Z"), "opensat gt 2026-11-01T10:00:00Z");
    EXPECT_EQ(plain("Opens < '13:00:00'"), "Opens lt 13:00:00.000");
    EXPECT_EQ(plain("Changed > yesterday"), "Changed gt 2026-03-30T00:00:00Z");
}

TEST(FilterOData, KeysAndChoicesOfAPlainServiceStandAsItsTypesWant) {
    EXPECT_EQ(plain("ID is 7"), "ID eq 7");
    EXPECT_EQ(plain("Code is '7'"), "Code eq '7'");
    EXPECT_EQ(plain("Rowid is '5F0A1B2C-0000-0000-0000-00000000000A'"),
              "Rowid eq 5f0a1b2c-0000-0000-0000-00000000000a");
    EXPECT_EQ(plain("Colour is 'Red'"), "Colour eq Shop.Colour'Red'");
}

TEST(FilterOData, RefusesWhatDynamicsCantEvaluateWithTheReason) {
    EXPECT_THAT(dataverse("parentcustomeridtype is 'account'"),
                HasSubstr("unsupported: the filter 'parentcustomeridtype is"));
    EXPECT_THAT(dataverse("isdeleted is true"), HasSubstr("can't filter by this field"));
    EXPECT_THAT(dataverse("preferredcontactmethodcode contains 'Em'"), HasSubstr("choices are no texts"));
    EXPECT_THAT(dataverse("preferredcontactmethodcode is 'Email'"), HasSubstr("'Email' is 2"));
    EXPECT_THAT(dataverse("preferredcontactmethodcode is 'Fax'"), HasSubstr("no code of this choice"));
    EXPECT_THAT(dataverse("new_interests is '1;2'"), HasSubstr("use contains, in or not in"));
    EXPECT_THAT(dataverse("contactid is 'x) or (1 eq 1'"), HasSubstr("is no GUID"));
    EXPECT_THAT(dataverse("contactid < '5f0a1b2c-0000-0000-0000-00000000000a'"), HasSubstr("has no order"));
    EXPECT_THAT(dataverse("revenue is 'many'"), HasSubstr("'many' is no value of a field of kind decimal"));
    EXPECT_THAT(dataverse("birthdate contains '19'"), HasSubstr("only texts are searched"));
    EXPECT_THAT(dataverse("fullname is today"), HasSubstr("a moment is no value of it"));
}

TEST(FilterOData, RefusesWhatCantBeAField) {
    const model::Filter filter{
        .form = model::Filter::Form::comparison, .field = "a) or (b", .values = {{.text = "x"}}};
    EXPECT_EQ(odata_condition(filter, test::contact_schema(), Instant{}, Dialect::dataverse).error().kind,
              ErrorKind::invalid);
}

TEST(FilterOData, LetsNothingOutOfItsQuotes) {
    for (const std::string_view text :
         {"a' or 'b' eq 'b", "'", "''", "\\'", ") or (1 eq 1", "\"]) or (x eq null", "a\\\\\" b"}) {
        for (const std::string_view op : {"is", "is not", "contains", "starts with"}) {
            model::Filter filter{.form = model::Filter::Form::comparison, .field = "fullname"};
            filter.values = {{.text = std::string{text}}};
            filter.op = op == "is"         ? model::Operator::is
                        : op == "is not"   ? model::Operator::is_not
                        : op == "contains" ? model::Operator::contains
                                           : model::Operator::starts_with;
            const auto condition =
                odata_condition(filter, test::contact_schema(), Instant{}, Dialect::dataverse);
            ASSERT_TRUE(condition);
            EXPECT_TRUE(check_condition(*condition)) << *condition;
        }
        model::Filter filter{.form = model::Filter::Form::comparison, .field = "fullname"};
        filter.op = model::Operator::in;
        filter.values = {{.text = std::string{text}}, {.text = "b"}};
        const auto condition = odata_condition(filter, test::contact_schema(), Instant{}, Dialect::dataverse);
        ASSERT_TRUE(condition);
        EXPECT_TRUE(check_condition(*condition)) << *condition;
    }
    EXPECT_EQ(dataverse("fullname contains '50%_['"), "contains(fullname,'50[%][_][[]')");
    EXPECT_EQ(plain("Name contains '50%_['"), "contains(Name,'50%_[')");
}

}  // namespace
}  // namespace koppla::odata
