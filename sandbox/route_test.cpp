#include "sandbox/route.h"

#include <array>

#include <gtest/gtest.h>

namespace koppla::sandbox {
namespace {

Answer nothing(Services&, const Ask&) {
    return {};
}

constexpr std::array table{Route{"GET", "/data/{version}/sobjects/{object}/describe", nothing},
                           Route{"GET", "/data/{version}/sobjects/{object}/{id}", nothing},
                           Route{"PATCH", "/data/{version}/sobjects/{object}/{id}", nothing},
                           Route{"GET", "/data", nothing}};

std::string found(std::string_view method, std::string_view target) {
    const auto match = find_route(std::span<const Route>{table}, method, split_target(target));
    if (match.route == nullptr) {
        std::string allowed;
        for (const auto one : match.allowed) allowed += std::string{one} + " ";
        return "none: " + allowed;
    }
    std::string text{match.route->pattern};
    for (const auto& part : match.parts) text += " " + part;
    return text;
}

TEST(Route, TakesLeadingAndTrailingSlashesAndAnyCaseOfItsWords) {
    EXPECT_EQ(found("GET", "//Data"), "/data");
    EXPECT_EQ(found("GET", "/data/"), "/data");
    EXPECT_EQ(found("GET", "///data/?x=1"), "/data");
    EXPECT_EQ(found("GET", "//data/v1.0/SObjects/contact/Describe/"),
              "/data/{version}/sobjects/{object}/describe v1.0 contact");
}

TEST(Route, RefusesADoubledSlashInTheMiddle) {
    EXPECT_EQ(found("GET", "/data/v1.0/sobjects//describe"), "none: ");
}

TEST(Route, PrefersTheEarlierPatternAndDecodesWhatItMatched) {
    EXPECT_EQ(found("GET", "/data/v1.0/sobjects/Contact/describe"),
              "/data/{version}/sobjects/{object}/describe v1.0 Contact");
    EXPECT_EQ(found("GET", "/data/v1.0/sobjects/Contact/a%2Fb+c%20d"),
              "/data/{version}/sobjects/{object}/{id} v1.0 Contact a/b+c d");
}

TEST(Route, NamesTheMethodsOfAPathThatIsKnown) {
    EXPECT_EQ(found("PUT", "/data/v1.0/sobjects/Contact/1"), "none: GET PATCH ");
    EXPECT_EQ(found("GET", "/elsewhere"), "none: ");
    EXPECT_EQ(found("GET", "/"), "none: ");
}

TEST(Route, ReadsVersionsAsTheyAreWritten) {
    EXPECT_EQ(parse_version("v68.0"), 68);
    EXPECT_EQ(parse_version("V7.0"), 7);
    for (const auto* odd : {"68.0", "v68", "v68.1", "v068.0", "v.0", "vx.0", "v6 8.0", "v1000.0", ""})
        EXPECT_FALSE(parse_version(odd)) << odd;
}

}  // namespace
}  // namespace koppla::sandbox
