#include "crm/odata/service.h"

#include "base/test/manual_clock.h"
#include "crm/signing.h"
#include "crm/test/script.h"

#include <tuple>

#include <gmock/gmock.h>

namespace koppla::odata {
namespace {

using koppla::test::Answer;
using koppla::test::MemoryTokens;
using koppla::test::ScriptedClient;
using testing::HasSubstr;

constexpr const char* root = "https://acme.example/odata/v4/shop";

struct Account {
    explicit Account(ScriptedClient::Script script) : client{std::move(script)} {}
    [[nodiscard]] std::unique_ptr<Service> connect() {
        return std::make_unique<Service>(account_settings(settings, secrets).value(),
                                         ConnectorParts{.settings = settings,
                                                        .secrets = secrets,
                                                        .client = client,
                                                        .tokens = tokens,
                                                        .clock = clock,
                                                        .account = "shop"});
    }
    model::Settings settings = {{"server", std::string{root} + "/"}, {"auth", "none"}};
    Secrets secrets;
    ScriptedClient client;
    MemoryTokens tokens;
    ManualClock clock;
};

Answer document() {
    return {.body = R"({"@odata.context":"$metadata","value":[{"name":"Books","url":"Books"}]})",
            .headers = {{"Date", "Sun, 01 Nov 2026 10:00:00 GMT"}, {"OData-Version", "4.0"}}};
}

TEST(ServiceOData, IsCheckedByItsServiceDocument) {
    Account account{[](const http::Request& request) -> Answer {
        EXPECT_FALSE(request.headers.find("Authorization"));
        EXPECT_EQ(request.headers.find("OData-MaxVersion"), "4.0");
        return document();
    }};
    const auto identity = account.connect()->check({});
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->server, root);
    EXPECT_EQ(identity->api_version, "4.0");
    EXPECT_EQ(account.client.requests().front().target, std::string{root} + "/");
}

TEST(ServiceOData, ThatAnswersWithSomethingElseIsNone) {
    for (const Answer& answer : {Answer{.body = "{}"}, Answer{.body = "[1"},
                                 Answer{.body = R"({"value":[]})", .headers = {{"OData-Version", "2.0"}}}}) {
        Account account{[&](const http::Request&) { return answer; }};
        const auto identity = account.connect()->check({});
        ASSERT_FALSE(identity);
        EXPECT_EQ(identity.error().kind, ErrorKind::unsupported);
        EXPECT_THAT(identity.error().message, HasSubstr("'server'"));
    }
}

TEST(ServiceOData, TakesWhatTheAccountHolds) {
    Account account{[](const http::Request&) { return document(); }};
    account.settings["auth"] = "basic";
    account.settings["username"] = "jo";
    account.secrets["password"] = Secret{"p:s"};
    ASSERT_TRUE(account.connect()->check({}));
    EXPECT_EQ(account.client.requests().back().headers.find("Authorization"), "Basic " + base64("jo:p:s"));
    account.settings = {{"server", root}, {"auth", "bearer"}};
    account.secrets = {{"access-token", Secret{"tok"}}};
    ASSERT_TRUE(account.connect()->check({}));
    EXPECT_EQ(account.client.requests().back().headers.find("Authorization"), "Bearer tok");
}

TEST(ServiceOData, ARefusalNamesTheSettingToLookAt) {
    Account account{[](const http::Request&) -> Answer { return {.status = 401}; }};
    const auto identity = account.connect()->check({});
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().kind, ErrorKind::denied);
    EXPECT_THAT(identity.error().message, HasSubstr("'auth'"));
}

TEST(ServiceOData, SettingsThatAreWrongAreNamedWithTheRemedy) {
    const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
        {"server", "http://acme.example/odata", "encryption"},
        {"server", "https://acme.example/odata/$metadata", "before $metadata"},
        {"server", "https://acme.example/odata?x=1", "before $metadata"},
        {"auth", "kerberos", "none, basic, bearer"},
        {"auth", "basic", "setting 'username'"},
        {"page-size", "0", "1 to 100000"},
    };
    for (const auto& [name, value, words] : cases) {
        model::Settings settings = {{"server", root}, {"auth", "none"}};
        settings[name] = value;
        const auto checked = check_settings(settings);
        ASSERT_FALSE(checked) << name << '=' << value;
        EXPECT_THAT(checked.error().message, HasSubstr(words));
    }
    EXPECT_FALSE(check_secrets({{"access-token", Secret{"a b"}}}));
    EXPECT_EQ(missing({{"auth", "bearer"}}), std::vector<std::string_view>{"access-token"});
}

}  // namespace
}  // namespace koppla::odata
