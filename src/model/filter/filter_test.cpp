#include "model/filter/filter.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace koppla::model {
namespace {

using testing::HasSubstr;

std::string round(std::string_view text) {
    const auto filter = parse_filter(text);
    if (!filter) return filter.error().message;
    const std::string written = to_text(*filter);
    const auto again = parse_filter(written);
    EXPECT_TRUE(again) << written;
    if (again) {
        EXPECT_EQ(*again, *filter) << written;
    }
    return written;
}

TEST(FilterText, IsReadAndWrittenInOneForm) {
    EXPECT_EQ(round("a = 'x' AND b <> 2 or not c is empty"),
              R"((a is "x" and b is not 2) or not (c is empty))");
    EXPECT_EQ(round("a is \"x\" and (b is 1 or c is 2) and d in (1,2, 3)"),
              R"(a is "x" and (b is 1 or c is 2) and d in (1, 2, 3))");
    EXPECT_EQ(round("Account.Name contains \"a\\\"b\\\\c\""), R"(Account.Name contains "a\"b\\c")");
    EXPECT_EQ(round("a starts with '<'"), R"(a starts with "<")");
    EXPECT_EQ(round("`in` is not empty"), "in is not empty");
    EXPECT_EQ(round("a >= today - 7d"),
              "filter, column 12: '-' comes where 'and', 'or' or the end is expected");
    EXPECT_EQ(round("a >= today-7d and b < NOW+90min"), "a >= today-7d and b < now+90min");
    EXPECT_EQ(round("a is yesterday"), "a is today-1d");
    EXPECT_EQ(round("a < now+0h and b > today-0y"), "a < now and b > today");
    EXPECT_EQ(round("a is 1.50 or a is 15e2 or a is -0"), "a is 1.5 or a is 1500 or a is 0");
    EXPECT_EQ(round("a is TRUE"), "a is true");
}

TEST(FilterText, SaysWhereItIsWrongAndWhatIsExpected) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "column 1: it ends where a field is expected"},
        {"Name", "column 5: it ends where is, is not, =,"},
        {"Name = ", "column 8: it ends where a value"},
        {"Name = open", "column 8: 'open' comes where a value: \"text\" in quotes"},
        {"Name = 'open", "column 8: the quote ' is never closed"},
        {"Name is 'a' AND", "column 16: it ends where a field is expected"},
        {"(Name is 'a'", "column 13: it ends where ')' is expected"},
        {"Id is 'a') or (Id is 'b'", "column 10: ')' comes where 'and', 'or' or the end is expected"},
        {"a in ()", "column 7: ')' comes where a value"},
        {"a is ;", "column 6: ';' means nothing here"},
        {"a is \x01", "'\\x01' means nothing here"},
        {"a is 2026-02-30", "a value"},
        {"a is today-7", "a value"},
        {"5 is a", "'5' comes where a field is expected"},
        {"a..b is 1", "a field is expected"},
        {std::string(200, '('), "nested more than 50 deep"},
        {std::string(200'000, ' '), "more than 100000 bytes"},
    };
    for (const auto& [text, message] : cases) {
        const auto filter = parse_filter(text);
        ASSERT_FALSE(filter) << text;
        EXPECT_EQ(filter.error().kind, ErrorKind::invalid);
        EXPECT_THAT(filter.error().message, HasSubstr(message)) << text;
    }
}

TEST(FilterJson, MeansTheSame) {
    EXPECT_EQ(round(R"( {"all": [{"field": "a", "op": "is", "value": "x"}, {"any": [{"field": "b", "op": "<=",
                     "value": 2.5}, {"not": {"field": "c", "op": "in", "values": [true, 1]}}]}]})"),
              R"(a is "x" and (b <= 2.5 or not (c in (true, 1))))");
    EXPECT_EQ(round(R"({"any": [{"field": "a", "op": "is empty"}]})"), "a is empty");
}

TEST(FilterJson, SaysWhereItIsWrong) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"{", "is no JSON document"},
        {"{}", "at /: it has no field"},
        {R"({"all": []})", "at /all: it is an array that isn't empty"},
        {R"({"all": [1]})", "at /all/0: a condition is an object"},
        {R"({"all": [], "any": []})", "stands alone"},
        {R"({"field": "a", "op": "like", "value": "x"})", "at /op: \"like\" is no op"},
        {R"({"field": "a", "op": "is"})", "'is' takes a value"},
        {R"({"field": "a", "op": "is", "value": null})", "at /value: a value is"},
        {R"({"field": "a", "op": "in", "value": 1})", "'in' takes values"},
        {R"({"field": "a;b", "op": "is", "value": 1})", "'a;b' is no field"},
        {R"({"field": "a", "op": "is empty", "value": 1})", "takes no value"},
        {R"({"field": "a", "op": "is", "value": 1, "x": 1})", "'x' means nothing here"},
    };
    for (const auto& [text, message] : cases) {
        const auto filter = parse_filter(text);
        ASSERT_FALSE(filter) << text;
        EXPECT_THAT(filter.error().message, HasSubstr(message)) << text;
    }
    std::string deep;
    for (int i = 0; i < 100'000 / 8; ++i) deep += R"({"not": )";
    EXPECT_FALSE(parse_filter(deep));
}

rc::Gen<Filter> any_comparison() {
    return rc::gen::exec([] {
        Filter filter{.form = Filter::Form::comparison};
        filter.field =
            *rc::gen::element<std::string>("Name", "a", "Account.Name", "_x9", "empty", "not", "in");
        filter.op = static_cast<Operator>(*rc::gen::inRange(0, 12));
        if (filter.op == Operator::is_empty || filter.op == Operator::is_not_empty) return filter;
        const bool is_many = filter.op == Operator::in || filter.op == Operator::not_in;
        const int count = is_many ? *rc::gen::inRange(1, 4) : 1;
        for (int i = 0; i < count; ++i) {
            FilterValue value;
            switch (*rc::gen::inRange(0, 4)) {
                case 0:
                    value.kind = FilterValue::Kind::number;
                    value.text = std::to_string(*rc::gen::arbitrary<int>());
                    break;
                case 1:
                    value.kind = FilterValue::Kind::relative;
                    value.relative = {
                        .base = static_cast<RelativeMoment::Base>(*rc::gen::inRange(0, 2)),
                        .amount = *rc::gen::inRange(1, 100'000) * (*rc::gen::arbitrary<bool>() ? 1 : -1),
                        .unit = static_cast<RelativeMoment::Unit>(*rc::gen::inRange(0, 6))};
                    break;
                default:
                    value.text = *rc::gen::container<std::string>(
                        rc::gen::element('a', '"', '\'', '\\', '\n', '(', ' ', '\x7f', '\xc3', '%'));
            }
            filter.values.push_back(value);
        }
        return filter;
    });
}

rc::Gen<Filter> any_filter(int depth) {
    if (depth == 0) return any_comparison();
    return rc::gen::exec([depth] {
        const int form = *rc::gen::inRange(0, 4);
        if (form == 3) return *any_comparison();
        Filter filter{.form = static_cast<Filter::Form>(form)};
        const int parts = form == 2 ? 1 : *rc::gen::inRange(2, 4);
        for (int i = 0; i < parts; ++i) {
            filter.parts.push_back(*any_filter(depth - 1));
        }
        return filter;
    });
}

RC_GTEST_PROP(FilterText, IsReadBackAsItWasWritten, ()) {
    const Filter filter = *any_filter(3);
    const auto again = parse_filter(to_text(filter));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == filter);
}

RC_GTEST_PROP(FilterText, NeverFallsOverWhateverItIsGiven, (const std::string& text)) {
    (void)parse_filter(text);
    (void)parse_filter("{" + text);
}

}  // namespace
}  // namespace koppla::model
