#include "crm/salesforce/settings.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::salesforce {
namespace {

constexpr const char* server_of_acme = "https://acme.my.salesforce.com";

model::Settings good() {
    return {{"server", server_of_acme}, {"auth", "client-credentials"}, {"client-id", "app"}};
}

std::string refusal(const std::string& name, const std::string& value) {
    model::Settings settings = good();
    settings[name] = value;
    const auto checked = check_settings(settings);
    return checked ? "accepted" : checked.error().message;
}

TEST(Settings, ThatAreRightAreAccepted) {
    EXPECT_EQ(refusal("server", "https://acme.my.salesforce.com/"), "accepted");
    EXPECT_EQ(refusal("server", "https://127.0.0.1:8443"), "accepted");
    EXPECT_EQ(refusal("api-version", "latest"), "accepted");
    EXPECT_EQ(refusal("api-version", "49.0"), "accepted");
    EXPECT_EQ(refusal("safety-lag", "0s"), "accepted");
    EXPECT_EQ(refusal("allowed-hosts", "a.example, *.b.example 10.0.0.1:8443"), "accepted");
    EXPECT_EQ(refusal("compression", "off"), "accepted");
}

TEST(Settings, ThatAreWrongAreNamedWithTheReason) {
    const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
        {"server", "http://acme.my.salesforce.com", "write https://acme.my.salesforce.com"},
        {"server", "acme", "not a URL"},
        {"server", "", "missing"},
        {"server", "https://acme.my.salesforce.com/services", "has a path"},
        {"server", "https://user:pass@acme.my.salesforce.com", "not a URL"},
        {"server", "https://acme.lightning.force.com", "not of the API"},
        {"server", "https://login.salesforce.com", "no client credentials"},
        {"auth", "kerberos", "client-credentials, jwt, browser, password, access-token"},
        {"auth", "password", "setting 'username'"},
        {"auth", "jwt", "setting 'username'"},
        {"username", "jo", "auth client-credentials has no user name"},
        {"client-id", "", "missing"},
        {"api-version", "48.0", "too old"},
        {"api-version", "68", "not a version"},
        {"api-version", "v68.0", "not a version"},
        {"api-version", "68.00", "not a version"},
        {"api-version", "-8.0", "not a version"},
        {"safety-lag", "10", "not a length of time"},
        {"safety-lag", "-1s", "not a length of time"},
        {"safety-lag", "ten", "not a length of time"},
        {"allowed-hosts", "https://a.example", "not a host"},
        {"allowed-hosts", "*", "not a host"},
        {"allowed-hosts", "*.com/x", "not a host"},
        {"compression", "perhaps", "on, off"},
    };
    for (const auto& [name, value, words] : cases) {
        const std::string message = refusal(name, value);
        EXPECT_TRUE(message.starts_with("setting '")) << name << '=' << value << ": " << message;
        EXPECT_NE(message.find(words), std::string::npos) << message;
    }
}

TEST(Settings, OnlyTheServersOwnHostsAreAllowed) {
    EXPECT_EQ(allowed_hosts(good()),
              (std::vector<std::string>{"acme.my.salesforce.com", "*.salesforce.com"}));
    model::Settings own = good();
    own["server"] = "https://127.0.0.1:8443";
    own["allowed-hosts"] = "a.example";
    EXPECT_EQ(allowed_hosts(own), (std::vector<std::string>{"127.0.0.1:8443", "a.example"}));
    own["server"] = "https://evilsalesforce.com";
    EXPECT_EQ(allowed_hosts(own), (std::vector<std::string>{"evilsalesforce.com", "a.example"}));
}

TEST(Settings, SecretsAreAskedForByTheLoginThatNeedsThem) {
    const auto without = account_settings(good(), {});
    ASSERT_FALSE(without);
    EXPECT_NE(without.error().message.find("'client-secret'"), std::string::npos);
    model::Settings by_password = good();
    by_password["auth"] = "password";
    by_password["username"] = "jo@acme.example";
    const auto half = account_settings(by_password, {{"client-secret", Secret{"x"}}});
    ASSERT_FALSE(half);
    EXPECT_NE(half.error().message.find("'password'"), std::string::npos);
    EXPECT_TRUE(account_settings(by_password, {{"password", Secret{"y"}}}));
    by_password["auth"] = "jwt";
    EXPECT_NE(account_settings(by_password, {}).error().message.find("koppla account certificate"),
              std::string::npos);
    EXPECT_NE(account_settings(by_password, {{"private-key", Secret{"x"}}}).error().message.find("PEM"),
              std::string::npos);
}

TEST(Settings, EveryLoginNamesWhatItLacks) {
    const auto lacking = [](const std::string& auth) {
        return missing({{"server", server_of_acme}, {"auth", auth}});
    };
    using Names = std::vector<std::string_view>;
    EXPECT_EQ(lacking("client-credentials"), (Names{"client-id", "client-secret"}));
    EXPECT_EQ(lacking("jwt"), (Names{"client-id", "username"}));
    EXPECT_EQ(lacking("browser"), (Names{"client-id"}));
    EXPECT_EQ(lacking("password"), (Names{"username", "password"}));
    EXPECT_EQ(lacking("access-token"), (Names{"access-token"}));
    EXPECT_EQ(lacking("kerberos"), Names{});
}

TEST(Settings, APasswordWithoutAClientSecretGoesBySoapAndSaysThatItEnds) {
    model::Settings settings = {{"server", server_of_acme}, {"auth", "password"}, {"username", "jo"}};
    EXPECT_EQ(account_settings(settings, {{"password", Secret{"y"}}})->flow, Flow::soap);
    EXPECT_NE(notices(settings).at(0).find("Summer '27"), std::string::npos);
    EXPECT_EQ(account_settings(settings, {{"password", Secret{"y"}}, {"client-secret", Secret{"z"}}})->flow,
              Flow::password);
    settings["client-secret"] = "***";
    EXPECT_NE(notices(settings).at(0).find("deprecated"), std::string::npos);
    EXPECT_TRUE(notices(good()).empty());
}

TEST(Settings, ASignedLoginIsMeantForWhomTheServerTells) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"https://login.salesforce.com", "https://login.salesforce.com"},
        {"https://test.salesforce.com", "https://test.salesforce.com"},
        {"https://acme.my.salesforce.com", "https://login.salesforce.com"},
        {"https://acme--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"},
        {"https://127.0.0.1:8443", "https://127.0.0.1:8443"},
        {"https://evilsalesforce.com", "https://evilsalesforce.com"},
    };
    const Secrets secrets = {{"client-secret", Secret{"x"}}, {"password", Secret{"x"}}};
    for (const auto& [address, audience] : cases) {
        model::Settings settings = {{"server", address}, {"auth", "password"}, {"username", "jo"}};
        EXPECT_EQ(account_settings(settings, secrets)->audience, audience);
        settings["audience"] = "https://own.example";
        EXPECT_EQ(account_settings(settings, secrets)->audience, "https://own.example");
    }
}

TEST(Settings, ABrowserComesBackToThisMachineOnly) {
    for (const std::string callback :
         {"https://localhost:1717/x", "http://acme.example/x", "http://localhost.evil.example:1717/x",
          "http://0.0.0.0:1717/", "http://localhost:1717/x?y=1", "localhost:1717"}) {
        model::Settings settings = good();
        settings["auth"] = "browser";
        EXPECT_TRUE(check_settings(settings));
        settings["callback"] = callback;
        const auto checked = check_settings(settings);
        ASSERT_FALSE(checked) << callback;
        EXPECT_NE(checked.error().message.find("not on this machine"), std::string::npos);
    }
}

}  // namespace
}  // namespace koppla::salesforce
