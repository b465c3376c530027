#include "crm/auth.h"

#include "crm/salesforce/test/org.h"
#include "http/certificate.h"

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

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

/// The claims of a signed login, as its request carries them.
nlohmann::json claims_of(const http::Request& request) {
    const std::string token = http::form_value(request.body, "assertion").value();
    std::string text = token.substr(token.find('.') + 1);
    text.resize(text.find('.'));
    for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (text.size() % 4 != 0) text += '=';
    std::string bytes(text.size(), '\0');
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                    reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    return nlohmann::json::parse(bytes.substr(0, bytes.find_last_of('}') + 1));
}

std::int64_t epoch_seconds(Instant instant) {
    return std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count();
}

void use_key(Org& org) {
    static const Secret key = http::make_signing_key().value();
    org.settings["auth"] = "jwt";
    org.settings["username"] = "jo@acme.example";
    org.secrets = {{"private-key", key}, {"client-secret", Secret{"not for this"}}};
    org.connect();
}

TEST(Auth, ASignedLoginSaysWhoForWhomAndUntilWhen) {
    Org org{
        test::with_login([](const http::Request&) -> Answer { return {.body = std::string{no_objects}}; })};
    use_key(org);
    ASSERT_TRUE(org.connector->objects(org.call));
    const http::Request login = org.client.requests().front();
    EXPECT_EQ(http::form_value(login.body, "grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    EXPECT_FALSE(http::form_value(login.body, "client_secret"));
    const nlohmann::json expected = {{"iss", "app"},
                                     {"sub", "jo@acme.example"},
                                     {"aud", "https://login.salesforce.com"},
                                     {"exp", epoch_seconds(org.clock.now()) + 120}};
    EXPECT_EQ(claims_of(login), expected);
}

TEST(Auth, ASignedLoginThatAWrongClockSpoiltIsSignedByTheServersClock) {
    const auto ahead = std::chrono::minutes{10};
    ManualClock clock;
    const Instant theirs = clock.now() + ahead;
    Org org{[&](const http::Request& request) -> Answer {
        if (!request.target.ends_with("/token")) return {.body = std::string{no_objects}};
        const http::Headers date = {{"Date", format_http_date(theirs)}};
        const auto expiry = claims_of(request)["exp"].get<std::int64_t>() - epoch_seconds(theirs);
        if (expiry > 0 && expiry <= 180) return {.body = test::token_answer("token1"), .headers = date};
        return {.status = 400,
                .body = R"({"error":"invalid_grant","error_description":"invalid assertion"})",
                .headers = date};
    }};
    use_key(org);
    org.settings["api-version"] = "60.0";
    (void)org.connector->objects(org.call);
    EXPECT_EQ(org.client.count("/token"), 2);
    EXPECT_EQ(org.tokens.events, (std::vector<std::string>{"store token1"}));
}

TEST(Auth, ASignedLoginThatIsRefusedAllTheSameTellsOfTheClockToo) {
    for (const auto& [minutes, logins] : {std::pair{0, 1}, std::pair{10, 2}, std::pair{-10, 2}}) {
        Org org{{}};
        org.client.answer_with([&, off = minutes](const http::Request&) -> Answer {
            return {.status = 400,
                    .body = R"({"error":"invalid_grant","error_description":"invalid assertion"})",
                    .headers = {{"Date", format_http_date(org.clock.now() + std::chrono::minutes{off})}}};
        });
        use_key(org);
        const auto objects = org.connector->objects(org.call);
        ASSERT_FALSE(objects);
        EXPECT_EQ(objects.error().kind, ErrorKind::denied);
        const std::string& message = objects.error().message;
        EXPECT_EQ(org.client.count("/token"), logins);
        EXPECT_NE(message.find("koppla account certificate"), std::string::npos) << message;
        const std::string words = minutes == 0 ? "" : minutes > 0 ? "600 s behind" : "600 s ahead of";
        EXPECT_EQ(message.find("clock") != std::string::npos, minutes != 0) << message;
        EXPECT_NE(message.find(words), std::string::npos) << message;
    }
}

TEST(Auth, AReadyAccessTokenIsUsedAndItsEndNamesTheRemedy) {
    bool is_expired = false;
    Org org{test::with_login([&](const http::Request& request) -> Answer {
        EXPECT_EQ(bearer(request), "Bearer ready");
        if (is_expired) return session_expired();
        return {.body = std::string{no_objects}};
    })};
    org.settings = {{"server", server}, {"auth", "access-token"}};
    org.secrets = {{"access-token", Secret{"ready"}}};
    org.connect();
    ASSERT_TRUE(org.connector->objects(org.call));
    is_expired = true;
    const auto objects = org.connector->objects(org.call);
    ASSERT_FALSE(objects);
    EXPECT_EQ(objects.error().kind, ErrorKind::denied);
    EXPECT_NE(objects.error().message.find("koppla account edit acme --access-token-file FILE"),
              std::string::npos);
    EXPECT_EQ(org.client.count("/token"), 0);
    EXPECT_EQ(org.tokens.writes, 0);
}

std::string soap_session(const std::string& url) {
    return R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result><passwordExpired>false</passwordExpired><serverUrl>)" +
           url +
           R"(</serverUrl><sessionId>00Dxx!soap</sessionId><userId>005xx0000000001AAA</userId></result></loginResponse></soapenv:Body></soapenv:Envelope>)";
}

void use_soap(Org& org) {
    org.settings = {{"server", server}, {"auth", "password"}, {"username", "jo@acme.example"}};
    org.secrets = {{"password", Secret{"p<ss"}}, {"security-token", Secret{"TOK"}}};
    org.connect();
}

TEST(Auth, APasswordAloneLogsInBySoapAtTheLastVersionThatHasIt) {
    for (const auto& [version, path] :
         {std::pair{"latest", "/services/Soap/u/64.0"}, std::pair{"60.0", "/services/Soap/u/60.0"}}) {
        Org org{test::with_login([](const http::Request& request) -> Answer {
            if (request.target.find("/Soap/") != std::string::npos)
                return {.body = soap_session(server + "/services/Soap/u/64.0/00Dxx0000000001")};
            EXPECT_EQ(bearer(request), "Bearer 00Dxx!soap");
            return {.body = std::string{no_objects}};
        })};
        use_soap(org);
        org.settings["api-version"] = version;
        org.connect();
        ASSERT_TRUE(org.connector->objects(org.call));
        const http::Request login = org.client.requests().front();
        EXPECT_EQ(login.target, server + path);
        EXPECT_NE(login.body.find("<sf:password>p&lt;ssTOK</sf:password>"), std::string::npos);
        EXPECT_EQ(org.client.count("oauth2/token"), 0);
        EXPECT_EQ(org.tokens.events, (std::vector<std::string>{"store 00Dxx!soap"}));
    }
}

TEST(Auth, SoapRefusalsNameTheSettingAndLeadNowhereElse) {
    const auto fault = [](const std::string& code) {
        return R"(<soapenv:Envelope xmlns:soapenv="x"><soapenv:Body><soapenv:Fault><faultcode>)" + code +
               "</faultcode><faultstring>" + code +
               R"(: told so</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>)";
    };
    const std::vector<std::tuple<int, std::string, ErrorKind, std::string>> cases = {
        {500, fault("INVALID_LOGIN"), ErrorKind::denied, "'password'"},
        {500, fault("LOGIN_MUST_USE_SECURITY_TOKEN"), ErrorKind::denied, "set 'security-token'"},
        {500, fault("UNSUPPORTED_API_VERSION"), ErrorKind::unsupported, "UNSUPPORTED_API_VERSION"},
        {500, fault("SERVER_UNAVAILABLE"), ErrorKind::unavailable, "try again"},
        {503, "busy", ErrorKind::unavailable, "HTTP 503"},
        {200, "<html></html>", ErrorKind::corrupt, "'server'"},
        {200, soap_session("not a url"), ErrorKind::corrupt, "no session"},
        {200, soap_session("https://evil.example/services/Soap/u/64.0"), ErrorKind::denied, "evil.example"},
        {200, soap_session("http://acme.my.salesforce.com/services/"), ErrorKind::denied, "not https"},
    };
    for (const auto& [status, body, kind, words] : cases) {
        Org org{[&, status = status, body = body](const http::Request&) -> Answer {
            return {.status = status, .body = body};
        }};
        use_soap(org);
        const auto objects = org.connector->objects(org.call);
        ASSERT_FALSE(objects) << body;
        EXPECT_EQ(name(objects.error().kind), name(kind)) << objects.error().message;
        EXPECT_NE(objects.error().message.find(words), std::string::npos) << objects.error().message;
        // Busy is not yet a refusal.
        EXPECT_EQ(org.client.requests().size(), status == 503 ? 5U : 1U);
        EXPECT_EQ(org.tokens.writes, 0);
    }
}

/// An org whose refresh tokens are good for one use; a second use ends them all.
struct Rotating {
    int uses = 0;
    bool is_revoked = false;
    std::string good = "refresh0";

    Answer operator()(const http::Request& request) {
        if (!request.target.ends_with("/token")) {
            if (is_revoked || bearer(request) != "Bearer access" + std::to_string(uses))
                return session_expired();
            return {.body = std::string{no_objects}};
        }
        EXPECT_EQ(http::form_value(request.body, "grant_type"), "refresh_token");
        if (is_revoked || http::form_value(request.body, "refresh_token") != good) {
            is_revoked = true;
            return {
                .status = 400,
                .body = R"({"error":"invalid_grant","error_description":"expired access/refresh token"})"};
        }
        good = "refresh" + std::to_string(++uses);
        return {.body = R"({"access_token":"access)" + std::to_string(uses) + R"(","refresh_token":")" +
                        good + R"(","instance_url":")" + server + R"("})"};
    }
};

void use_browser(Org& org) {
    org.settings = {{"server", server}, {"auth", "browser"}, {"client-id", "app"}};
    org.secrets = {};
    org.tokens.put({.access_token = Secret{"old"},
                    .refresh_token = Secret{"refresh0"},
                    .instance_url = server,
                    .identity = server + "/id/00D/005"});
    org.connect();
}

Credentials now_stored(Org& org) {
    return org.tokens.current(org.call).value().value();
}

TEST(Auth, ARefreshTokenIsSentOnceWhateverTheAnswer) {
    for (const int status : {429, 503}) {
        Org org{test::with_versions([&](const http::Request& request) -> Answer {
            if (request.target.ends_with("/token")) return {.status = status, .body = "busy"};
            return session_expired();
        })};
        use_browser(org);
        EXPECT_FALSE(org.connector->objects(org.call));
        EXPECT_EQ(org.client.count("/token"), 1) << status;
    }
}

TEST(Auth, AClearRefusalLeavesNoDoubtBehind) {
    Org org{test::with_versions([&](const http::Request& request) -> Answer {
        if (request.target.ends_with("/token"))
            return {.status = 400, .body = R"({"error":"invalid_client","error_description":"no"})"};
        return session_expired();
    })};
    use_browser(org);
    EXPECT_FALSE(org.connector->objects(org.call));
    EXPECT_EQ(org.tokens.events, (std::vector<std::string>{"begin", "undo"}));
}

TEST(Auth, ARotatedRefreshTokenIsWrittenBeforeItsSessionIsUsed) {
    Rotating rotating;
    Org org{test::with_versions([&](const http::Request& request) -> Answer {
        if (bearer(request) == "Bearer access1") {
            EXPECT_EQ(now_stored(org).refresh_token.reveal(), "refresh1");
        }
        return rotating(request);
    })};
    use_browser(org);
    ASSERT_TRUE(org.connector->objects(org.call));
    EXPECT_EQ(org.tokens.events, (std::vector<std::string>{"begin", "store access1"}));
    EXPECT_EQ(now_stored(org).identity, server + "/id/00D/005");
}

TEST(Auth, ARefreshTokenThatIsNotRotatedIsKept) {
    Org org{test::with_versions([&](const http::Request& request) -> Answer {
        if (request.target.ends_with("/token")) return {.body = test::token_answer("new")};
        return bearer(request) == "Bearer old" ? session_expired() : Answer{.body = std::string{no_objects}};
    })};
    use_browser(org);
    ASSERT_TRUE(org.connector->objects(org.call));
    EXPECT_EQ(now_stored(org).refresh_token.reveal(), "refresh0");
}

TEST(Auth, ARotatedTokenThatWasLostOnTheWayNamesTheRemedy) {
    Rotating rotating;
    bool is_cut = true;
    Org org{test::with_versions([&](const http::Request& request) -> Answer {
        Answer answer = rotating(request);
        if (is_cut && request.target.ends_with("/token"))
            return {.failure = error(ErrorKind::in_doubt, "the connection was cut")};
        return answer;
    })};
    use_browser(org);
    const auto first = org.connector->objects(org.call);
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().kind, ErrorKind::in_doubt);
    EXPECT_NE(first.error().message.find("isn't known"), std::string::npos) << first.error().message;
    EXPECT_TRUE(org.tokens.is_in_doubt);
    is_cut = false;
    const auto second = org.connector->objects(org.call);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::denied);
    EXPECT_NE(second.error().message.find("an earlier renewal was cut off"), std::string::npos);
    EXPECT_NE(second.error().message.find("koppla account login acme"), std::string::npos);
}

TEST(Auth, ARefreshThatNeverArrivedLeavesTheTokenAsItWas) {
    Rotating rotating;
    bool is_down = true;
    Org org{test::with_versions([&](const http::Request& request) -> Answer {
        if (is_down && request.target.ends_with("/token"))
            return {.failure = error(ErrorKind::unavailable, "no route")};
        return rotating(request);
    })};
    use_browser(org);
    ASSERT_FALSE(org.connector->objects(org.call));
    EXPECT_EQ(org.tokens.events, (std::vector<std::string>{"begin", "undo"}));
    is_down = false;
    EXPECT_TRUE(org.connector->objects(org.call));
}

TEST(Auth, ARefreshIsNotStoppedHalfWay) {
    Rotating rotating;
    std::stop_source stop;
    Org org{test::with_versions([&](const http::Request& request) -> Answer {
        if (bearer(request) == "Bearer old") return session_expired();
        if (request.target.ends_with("/token")) stop.request_stop();
        return rotating(request);
    })};
    use_browser(org);
    (void)org.connector->objects(Call{.stop = stop.get_token()});
    EXPECT_EQ(now_stored(org).refresh_token.reveal(), "refresh1");
}

TEST(Auth, AnAccountNobodyLoggedInToSaysHow) {
    Org org{test::with_versions([](const http::Request&) -> Answer { return session_expired(); })};
    use_browser(org);
    org.tokens.put({});
    const auto objects = org.connector->objects(org.call);
    ASSERT_FALSE(objects);
    EXPECT_NE(objects.error().message.find("koppla account login acme"), std::string::npos);
    EXPECT_TRUE(org.client.requests().empty());
}

}  // namespace
}  // namespace koppla::salesforce
