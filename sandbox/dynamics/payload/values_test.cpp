#include "sandbox/dynamics/payload/values.h"

#include "sandbox/dynamics/org/derive.h"
#include "sandbox/dynamics/resource.h"
#include "sandbox/web/exact_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

TEST(Scaled, KeepsEveryDigitThatFitsAndRoundsTheRest) {
    EXPECT_EQ(scaled_of("12.5", 4), 125'000);
    EXPECT_EQ(scaled_of("-0.00005", 4), -1);
    EXPECT_EQ(scaled_of("0.00004", 4), 0);
    EXPECT_EQ(scaled_of("1.5E7", 4), 150'000'000'000);
    EXPECT_EQ(scaled_of("15e-1", 2), 150);
    EXPECT_EQ(scaled_of("922337203685477.5807", 4), 9'223'372'036'854'775'807);
    EXPECT_FALSE(scaled_of("922337203685477.5808", 4));
    EXPECT_FALSE(scaled_of("1e300", 4));
    EXPECT_FALSE(scaled_of("x", 4));
    EXPECT_FALSE(scaled_of("", 4));
}

TEST(BaseAmount, IsDividedByTheRateAndRoundedToCents) {
    EXPECT_EQ(base_amount(1'000'000, 10'000'000'000), 1'000'000);
    EXPECT_EQ(base_amount(1'000'000, 20'000'000'000), 500'000);
    EXPECT_EQ(base_amount(100'50, 10'000'000'000), 101'00);
    EXPECT_EQ(base_amount(-100'50, 10'000'000'000), -101'00);
}

TEST(ExactJson, KeepsNumbersAsTheyAreWritten) {
    const auto tree = parse_exact(R"({"a":20000.0000,"b":[1,2.50e3],"c":"x"})");
    ASSERT_TRUE(tree);
    EXPECT_EQ(exact_text(*tree), R"({"a":20000.0000,"b":[1,2.50e3],"c":"x"})");
    EXPECT_FALSE(parse_exact("{"));
}

TEST(Resource, IsTakenApartWhereNoQuoteOrParenthesisHides) {
    const auto segments = read_resource("/contacts(new_key='a/b,(c''d')%20/name");
    ASSERT_TRUE(segments) << segments.error().message;
    const auto plain = read_resource("accounts(accountnumber='A%2FB',name='x')/primarycontactid/$ref");
    ASSERT_TRUE(plain);
    ASSERT_EQ(plain->size(), 3U);
    EXPECT_EQ(plain->at(0).name, "accounts");
    EXPECT_EQ(plain->at(0).literal("accountnumber"), "'A/B'");
    EXPECT_EQ(plain->at(2).name, "$ref");
    EXPECT_TRUE(read_resource("WhoAmI()")->at(0).has_parentheses);
    EXPECT_FALSE(read_resource("accounts('x")) << "a quote that doesn't end";
    EXPECT_EQ(guid_of("'ABCDEF01-2345-6789-ABCD-EF0123456789'"), "abcdef01-2345-6789-abcd-ef0123456789");
    EXPECT_EQ(guid_of("abc"), "");
    EXPECT_EQ(unquoted("'O''Hara'"), "O'Hara");
}

}  // namespace
}  // namespace koppla::sandbox::dynamics
