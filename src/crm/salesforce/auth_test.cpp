#include "crm/salesforce/auth.h"

#include "crm/salesforce/test/script.h"

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::salesforce {
namespace {

using test::Answer;
using test::Org;
using test::server;

const Credentials stored{
    .access_token = Secret{"stored"}, .refresh_token = {}, .instance_url = server, .identity = {}};

std::string bearer(const http::Request& request) {
    return std::string{request.headers.find("Authorization").value_or("")};
}

Answer session_expired() {
    return {.status = 401,
            .body = R"([{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}])"};
}

constexpr std::string_view no_objects = R"({"sobjects":[]})";

TEST(Auth, ClientCredentialsLogInAndEveryRequestNamesUs) {
    Org org{test::with_login([](const http::Request& request) -> Answer {
        EXPECT_EQ(bearer(request), "Bearer token1");
        EXPECT_EQ(request.headers.find("Sforce-Call-Options"), "client=koppla/" KOPPLA_VERSION);
        return {.body = std::string{no_objects}};
    })};
    ASSERT_TRUE(org.connector->objects(org.call));
    const http::Request login = org.client.requests().front();
    EXPECT_EQ(login.method + " " + login.target, "POST " + server + "/services/oauth2/token");
    EXPECT_EQ(http::form_value(login.body, "grant_type"), "client_credentials");
    EXPECT_EQ(http::form_value(login.body, "client_id"), "app");
    EXPECT_EQ(http::form_value(login.body, "client_secret"), "s3cret");
    EXPECT_EQ(org.tokens.writes, 1);
    EXPECT_EQ(org.connector->usage().charged_calls, 1);
}

TEST(Auth, ThePasswordFlowAppendsTheSecurityToken) {
    Org org{
        test::with_login([](const http::Request&) -> Answer { return {.body = std::string{no_objects}}; })};
    org.settings["auth"] = "password";
    org.settings["username"] = "jo@acme.example";
    org.secrets["password"] = Secret{"p&ss"};
    org.secrets["security-token"] = Secret{"TOK"};
    org.connect();
    ASSERT_TRUE(org.connector->objects(org.call));
    const http::Request login = org.client.requests().front();
    EXPECT_EQ(http::form_value(login.body, "grant_type"), "password");
    EXPECT_EQ(http::form_value(login.body, "username"), "jo@acme.example");
    EXPECT_EQ(http::form_value(login.body, "password"), "p&ssTOK");
}

TEST(Auth, AStoredTokenSavesTheLogin) {
    Org org{test::with_login([](const http::Request& request) -> Answer {
        EXPECT_EQ(bearer(request), "Bearer stored");
        return {.body = std::string{no_objects}};
    })};
    org.tokens.put(stored);
    ASSERT_TRUE(org.connector->objects(org.call));
    EXPECT_EQ(org.client.count("oauth2/token"), 0);
}

TEST(Auth, ARefusedTokenIsRenewedOnceAndTheRequestRepeated) {
    Org org{test::with_login([](const http::Request& request) -> Answer {
        if (bearer(request) == "Bearer stored") return session_expired();
        return {.body = std::string{no_objects}};
    })};
    org.tokens.put(stored);
    ASSERT_TRUE(org.connector->objects(org.call));
    EXPECT_EQ(org.client.count("oauth2/token"), 1);
    EXPECT_EQ(org.client.count("/sobjects"), 2);
    EXPECT_EQ(org.connector->usage().charged_calls, 1);
}

TEST(Auth, ATokenRefusedAgainIsAnErrorNotALoop) {
    Org org{test::with_login([](const http::Request&) -> Answer { return session_expired(); })};
    const auto objects = org.connector->objects(org.call);
    ASSERT_FALSE(objects);
    EXPECT_EQ(objects.error().kind, ErrorKind::denied);
    EXPECT_EQ(org.client.count("/sobjects"), 2);
}

TEST(Auth, EightThreadsThatMeetTheSameRefusalRenewOnce) {
    constexpr int threads = 8;
    std::barrier together{threads};
    std::atomic<int> refused = 0;
    Org org{test::with_login([&](const http::Request& request) -> Answer {
        if (bearer(request) == "Bearer stored") {
            ++refused;
            together.arrive_and_wait();
            return session_expired();
        }
        return {.body = std::string{no_objects}};
    })};
    org.tokens.put(stored);
    // The version is fetched first, so that all eight requests are of the same kind.
    ASSERT_TRUE(org.connector->now(org.call));
    std::atomic<int> successes = 0;
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < threads; ++i) {
            workers.emplace_back([&] {
                if (org.connector->objects(org.call)) ++successes;
            });
        }
    }
    EXPECT_EQ(refused, threads);
    EXPECT_EQ(successes, threads);
    EXPECT_EQ(org.client.count("oauth2/token"), 1);
    EXPECT_EQ(org.tokens.writes, 1);
}

TEST(Auth, AnotherProcessesRenewalIsTakenOver) {
    test::MemoryTokens* tokens = nullptr;
    Org org{test::with_login([&](const http::Request& request) -> Answer {
        if (bearer(request) == "Bearer stored") {
            Credentials fresh = stored;
            fresh.access_token = Secret{"theirs"};
            tokens->put(fresh);
            return session_expired();
        }
        EXPECT_EQ(bearer(request), "Bearer theirs");
        return {.body = std::string{no_objects}};
    })};
    tokens = &org.tokens;
    org.tokens.put(stored);
    ASSERT_TRUE(org.connector->objects(org.call));
    EXPECT_EQ(org.client.count("oauth2/token"), 0);
}

TEST(Auth, ATokenThatCantBeStoredIsNotUsed) {
    Org org{test::with_login([](const http::Request&) -> Answer {
        ADD_FAILURE() << "the token was used before it was stored";
        return {.body = std::string{no_objects}};
    })};
    org.tokens.failure = error(ErrorKind::unavailable, "the store is full");
    const auto objects = org.connector->objects(org.call);
    ASSERT_FALSE(objects);
    EXPECT_NE(objects.error().message.find("the store is full"), std::string::npos);
    EXPECT_EQ(org.client.count("/services/data"), 0);
}

TEST(Auth, AnInstanceOutsideTheAllowListIsRefusedBeforeAnythingIsSentThere) {
    for (const std::string instance :
         {"https://evil.example", "http://acme.my.salesforce.com", "https://salesforce.com.evil.example",
          "https://evilsalesforce.com", "https://acme.my.salesforce.com@evil.example",
          "https://acme.my.salesforce.com/x", "not a url", ""}) {
        Org org{
            [&](const http::Request&) -> Answer { return {.body = test::token_answer("token1", instance)}; }};
        const auto objects = org.connector->objects(org.call);
        ASSERT_FALSE(objects) << instance;
        EXPECT_EQ(org.client.requests().size(), 1U) << instance;
        EXPECT_EQ(org.tokens.writes, 0) << instance;
        EXPECT_EQ(objects.error().message.find("token1"), std::string::npos);
    }
    Org org{
        test::with_login([](const http::Request&) -> Answer { return {.body = std::string{no_objects}}; })};
    org.tokens.put({.access_token = Secret{"x"},
                    .refresh_token = {},
                    .instance_url = "https://evil.example",
                    .identity = {}});
    ASSERT_TRUE(org.connector->objects(org.call));
    EXPECT_EQ(org.client.count("evil.example"), 0);
}

TEST(Auth, AWrongSecretIsFinalAndNamesItsSetting) {
    Org org{[](const http::Request&) -> Answer {
        return {.status = 400,
                .body = R"({"error":"invalid_client","error_description":"invalid client credentials"})"};
    }};
    const auto objects = org.connector->objects(org.call);
    ASSERT_FALSE(objects);
    EXPECT_EQ(objects.error().kind, ErrorKind::denied);
    EXPECT_NE(objects.error().message.find("'client-secret'"), std::string::npos);
    EXPECT_EQ(objects.error().message.find("s3cret"), std::string::npos);
    EXPECT_EQ(org.client.requests().size(), 1U);
}

TEST(Auth, AnAnswerThatIsNoTokenIsRefused) {
    for (const std::string body :
         {"", "{}", "<html>", R"({"access_token":"a b","instance_url":"https://x.y"})",
          R"({"access_token":"a\r\nX: y","instance_url":"https://x.y"})"}) {
        Org org{[&](const http::Request&) -> Answer { return {.body = body}; }};
        EXPECT_FALSE(org.connector->objects(org.call)) << body;
        EXPECT_EQ(org.client.requests().size(), 1U);
    }
}

}  // namespace
}  // namespace koppla::salesforce
