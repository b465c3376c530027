#include "crm/salesforce/allowance.h"

#include "crm/salesforce/test/org.h"

#include <gmock/gmock.h>

namespace koppla::salesforce {
namespace {

using test::Answer;
using testing::HasSubstr;

constexpr std::string_view data = "https://acme.my.salesforce.com/services/data/v60.0/query";

Result<http::Response> send(Allowance& allowance, std::string_view target) {
    return http::send_text(allowance, {.target = std::string{target}}, {});
}

TEST(AllowanceShare, CountsWhatIsChargedAndNothingElse) {
    int status = 200;
    test::ScriptedClient client{[&](const http::Request&) { return Answer{.status = status}; }};
    Allowance allowance{client, 90};
    for (const char* path : {"/services/data", "/services/data/", "/services/oauth2/userinfo"}) {
        ASSERT_TRUE(send(allowance, "https://acme.my.salesforce.com" + std::string{path}));
    }
    EXPECT_EQ(allowance.usage().charged_calls, 0);
    for (const int each : {200, 304, 401, 404, 503}) {
        status = each;
        ASSERT_TRUE(send(allowance, data));
    }
    EXPECT_EQ(allowance.usage().charged_calls, 4) << "a refused token is free";
}

TEST(AllowanceShare, StopsBeforeTheShareIsUsedUpAndNamesTheSetting) {
    int used = 7;
    test::ScriptedClient client{[&](const http::Request&) {
        return Answer{.headers = {{"Sforce-Limit-Info", "api-usage=" + std::to_string(++used) + "/10"}}};
    }};
    Allowance allowance{client, 90};
    EXPECT_TRUE(send(allowance, data)) << "nothing is known yet";
    EXPECT_TRUE(send(allowance, data));
    const auto refused = send(allowance, data);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::throttled);
    EXPECT_EQ(refused.error().symbol, "ALLOWANCE_SHARE");
    EXPECT_THAT(refused.error().message, HasSubstr("of the org's 10 in 24 hours 9 are used"));
    EXPECT_THAT(refused.error().message, HasSubstr("'allowance-share'"));
    EXPECT_EQ(client.requests().size(), 2U);
    EXPECT_TRUE(send(allowance, "https://acme.my.salesforce.com/services/data")) << "free ones go on";
}

TEST(AllowanceShare, ForecastsFromWhatIsKnown) {
    test::ScriptedClient client{[](const http::Request&) {
        return Answer{.headers = {{"Sforce-Limit-Info", "api-usage=40/100"}}};
    }};
    Allowance allowance{client, 50};
    EXPECT_TRUE(allowance.forecast(1'000'000, "reading Contact"));
    ASSERT_TRUE(send(allowance, data));
    EXPECT_TRUE(allowance.forecast(10, "reading Contact"));
    const auto refused = allowance.forecast(11, "reading Contact");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("reading Contact failed: it takes 11 more API calls"));
}

}  // namespace
}  // namespace koppla::salesforce
