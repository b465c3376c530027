#include "http/message.h"
#include "sandbox/odata/cookie.h"
#include "sandbox/odata/options.h"
#include "sandbox/odata/syntax/parser.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace koppla::sandbox::odata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string problem(const std::string& filter) {
    const auto parsed = parse_filter(filter, {});
    return parsed ? "" : parsed.error().message;
}

TEST(ODataSyntax, ConditionsAreReadByTheirPrecedence) {
    const auto parsed = parse_filter("a eq 1 or not b eq 2 and (c ne 'x''y' or d)", {});
    ASSERT_TRUE(parsed) << parsed.error().message;
    const auto& any = std::get<Junction>(parsed->is);
    EXPECT_EQ(any.kind, Junction::Kind::any);
    const auto& all = std::get<Junction>(any.parts.at(1).is);
    EXPECT_EQ(all.kind, Junction::Kind::all);
    EXPECT_TRUE(std::holds_alternative<Negation>(all.parts.at(0).is));
    const auto& inner = std::get<Junction>(all.parts.at(1).is);
    EXPECT_EQ(std::get<Literal>(std::get<Comparison>(inner.parts.at(0).is).other).text, "x'y");
    EXPECT_TRUE(std::holds_alternative<Flag>(inner.parts.at(1).is));
}

TEST(ODataSyntax, LiteralsHaveTheirKinds) {
    const auto kind = [](const std::string& literal) {
        const auto parsed = parse_filter("a eq " + literal, {});
        return std::get<Literal>(std::get<Comparison>(parsed->is).other).kind;
    };
    EXPECT_EQ(kind("-12.50"), Literal::Kind::number);
    EXPECT_EQ(kind("2026-11-23"), Literal::Kind::date);
    EXPECT_EQ(kind("2026-11-23T10:00:00Z"), Literal::Kind::instant);
    EXPECT_EQ(kind("2026-11-23T10:00:00+01:00"), Literal::Kind::instant);
    EXPECT_EQ(kind("ABCDEF01-2345-6789-abcd-ef0123456789"), Literal::Kind::guid);
    EXPECT_EQ(kind("12345678-2345-6789-abcd-ef0123456789"), Literal::Kind::guid);
    EXPECT_EQ(kind("null"), Literal::Kind::null);
    EXPECT_EQ(kind("true"), Literal::Kind::boolean);
}

TEST(ODataSyntax, QueryFunctionsAndLambdasAreRead) {
    const auto function = parse_filter(
        "Microsoft.Dynamics.CRM.In(PropertyName='accountnumber',PropertyValues=[\"a\",\"b\"])", {});
    ASSERT_TRUE(function) << function.error().message;
    const auto& in = std::get<QueryFunction>(function->is);
    EXPECT_EQ(in.name, "In");
    EXPECT_THAT(in.values, ElementsAre("a", "b"));
    const auto lambda = parse_filter("contact_customer_accounts/any(c:c/firstname eq 'A')", {});
    ASSERT_TRUE(lambda) << lambda.error().message;
    EXPECT_EQ(std::get<Lambda>(lambda->is).variable, "c");
}

TEST(ODataSyntax, MistakesAreNamedByTheirPosition) {
    EXPECT_EQ(problem("name eq 'x"), "There is an unterminated literal at position 8 in 'name eq 'x'.");
    EXPECT_EQ(problem("name eq"), "Syntax error at position 7 in 'name eq'.");
    EXPECT_EQ(problem("name has 5"), "Syntax error at position 5 in 'name has 5'.");
    EXPECT_THAT(problem("tolower(name) eq 'x'"), HasSubstr("unknown function with name 'tolower'"));
    EXPECT_THAT(problem(std::string(500, '(') + "a" + std::string(500, ')')), HasSubstr("nests too deeply"));
}

TEST(ODataSyntax, OptionsAreCaseSensitiveAndOnceEach) {
    const auto options = Options::of(
        "$select=a,b&$filter=a%20eq%20@p1&$orderby=b%20desc,c&$top=5&$count=true&@p1='x'&tag=me"
        "&$expand=nav($select=d;$expand=e)&$skiptoken=t");
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_THAT(options->select, ElementsAre("a", "b"));
    EXPECT_EQ(std::get<Literal>(std::get<Comparison>(options->filter->is).other).text, "x");
    EXPECT_EQ(options->order.at(0).direction, Ordering::Direction::descending);
    EXPECT_EQ(options->expand.at(0).expand.at(0).navigation, "e");
    EXPECT_THAT(options->repeated, testing::Not(HasSubstr("skiptoken")));
    EXPECT_THAT(Options::of("$skip=5").error().message, HasSubstr("$skip is not supported"));
    EXPECT_THAT(Options::of("$Filter=a").error().message, HasSubstr("$Filter is not supported"));
    EXPECT_THAT(Options::of("$top=1&$top=2").error().message, HasSubstr("more than once"));
}

TEST(ODataSyntax, ApplyIsFilterGroupAndAggregate) {
    const auto apply = parse_apply(
        "filter(statecode eq 0)/groupby((statuscode),aggregate(revenue with sum as total,$count as n))", {});
    ASSERT_TRUE(apply) << apply.error().message;
    EXPECT_EQ(apply->filters.size(), 1U);
    EXPECT_THAT(apply->group_by, ElementsAre("statuscode"));
    EXPECT_EQ(apply->aggregates.at(0).method, Aggregate::Method::sum);
    EXPECT_EQ(apply->aggregates.at(1).alias, "n");
}

TEST(ODataSyntax, APagingCookieComesBackAsItWent) {
    const Cookie cookie{
        .page = 3,
        .marks = {{.name = "name", .last = std::string{"A & \"B\" <ü>"}},
                  {.name = "revenue", .last = std::int64_t{-15}},
                  {.name = "createdon", .last = Value{}},
                  {.name = "accountid", .last = std::string{"8151925c-cde2-e411-80db-00155d2a68cb"}}},
        .tracking = "42!11/26/2026 10:00:00"};
    const auto token = skip_token(cookie);
    EXPECT_THAT(token,
                testing::StartsWith(
                    "%3Ccookie%20pagenumber=%223%22%20pagingcookie=%22%253ccookie%2520page%253d%25222%2522"));
    const auto read = read_skip_token(*http::form_value("$skiptoken=" + token, "$skiptoken"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->page, 3);
    EXPECT_EQ(read->tracking, cookie.tracking);
    ASSERT_EQ(read->marks.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(read->marks[i].last, cookie.marks[i].last) << i;
    EXPECT_FALSE(read_skip_token("<cookie pagenumber=\"2\" />"));
}

}  // namespace
}  // namespace koppla::sandbox::odata
