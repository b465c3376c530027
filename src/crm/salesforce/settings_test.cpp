#include "crm/salesforce/settings.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::salesforce {
namespace {

model::Settings good() {
    return {
        {"server", "https://acme.my.salesforce.com"}, {"auth", "client-credentials"}, {"client-id", "app"}};
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
        {"auth", "jwt", "client-credentials or password"},
        {"auth", "password", "setting 'username'"},
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
        {"compression", "perhaps", "on or off"},
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
}

}  // namespace
}  // namespace koppla::salesforce
