#include "crm/dynamics/errors.h"
#include "crm/dynamics/person.h"
#include "crm/dynamics/session.h"
#include "crm/dynamics/test/environment.h"
#include "crm/signing.h"
#include "http/certificate.h"

#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::dynamics {
namespace {

using koppla::test::Answer;
using koppla::test::MemoryTokens;
using koppla::test::ScriptedClient;
using nlohmann::json;
using test::root;
using test::server;
using testing::HasSubstr;

constexpr const char* tenant = "99999999-2222-3333-4444-555555555555";
constexpr const char* client_id = "11111111-2222-3333-4444-555555555555";
const std::string authority = "https://login.microsoftonline.com";
const std::string token_endpoint = authority + "/" + tenant + "/oauth2/v2.0/token";

/// An account and what stands around it.
struct Account {
    explicit Account(ScriptedClient::Script script) : client{std::move(script)} {}

    [[nodiscard]] ConnectorParts parts() {
        return {.settings = settings,
                .secrets = secrets,
                .client = client,
                .tokens = tokens,
                .clock = clock,
                .account = "acme"};
    }
    Result<http::Response> ask(const std::string& path = "WhoAmI") {
        AccountSettings account = TRY(account_settings(settings, secrets));
        account.name = "acme";
        Session session{std::move(account), parts()};
        return session.web_api().send_text({.path = path, .attempted = "asking"}, {});
    }

    model::Settings settings = {
        {"server", server}, {"auth", "client-secret"}, {"client-id", client_id}, {"tenant", tenant}};
    Secrets secrets = {{"client-secret", Secret{"s3cr+t/="}}};
    ScriptedClient client;
    MemoryTokens tokens;
    ManualClock clock;
};

Answer token(const std::string& text, const std::string& refresh = {}) {
    json body = {{"token_type", "Bearer"}, {"expires_in", 3599}, {"access_token", text}};
    if (!refresh.empty()) body["refresh_token"] = refresh;
    return {.body = body.dump()};
}

Answer refused(const std::string& name, const std::string& description, int status = 400) {
    return {.status = status, .body = json{{"error", name}, {"error_description", description}}.dump()};
}

ScriptedClient::Script by_token(const Answer& answer) {
    return [answer](const http::Request& request) -> Answer {
        return request.target.ends_with("/token") ? answer : Answer{.body = "{}"};
    };
}

json part_of(const std::string& assertion, int part) {
    std::size_t from = 0;
    for (int i = 0; i < part; ++i) from = assertion.find('.', from) + 1;
    return json::parse(from_base64(assertion.substr(from, assertion.find('.', from) - from)).value());
}

TEST(DynamicsLogin, ASecretLogsInAndRequestsCarryWhatTheServiceExpects) {
    Account account{by_token(token("t1"))};
    ASSERT_TRUE(account.ask());
    const auto requests = account.client.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].target, token_endpoint);
    EXPECT_EQ(http::form_value(requests[0].body, "grant_type"), "client_credentials");
    EXPECT_EQ(http::form_value(requests[0].body, "client_secret"), "s3cr+t/=");
    EXPECT_EQ(http::form_value(requests[0].body, "scope"), server + "/.default");
    EXPECT_EQ(requests[1].target, root + "WhoAmI");
    EXPECT_EQ(requests[1].headers.find("Authorization"), "Bearer t1");
    EXPECT_EQ(requests[1].headers.find("OData-Version"), "4.0");
    EXPECT_EQ(requests[1].headers.find("OData-MaxVersion"), "4.0");
    EXPECT_EQ(requests[1].headers.find("Accept"), "application/json");
    EXPECT_EQ(account.tokens.writes, 1);
}

TEST(DynamicsLogin, ACertificateSignsForTheTokenEndpointAndNamesItself) {
    const Secret key = http::make_signing_key().value();
    const std::string certificate = http::make_signing_certificate({.common_name = "acme"}, key).value();
    const auto facts = http::read_certificate(certificate).value();
    Account account{by_token(token("t1"))};
    account.settings["auth"] = "certificate";
    account.secrets = {{"private-key", key}, {"certificate", Secret{certificate}}};
    ASSERT_TRUE(account.ask());
    const std::string form = account.client.requests().at(0).body;
    EXPECT_FALSE(http::form_value(form, "client_secret"));
    EXPECT_EQ(http::form_value(form, "client_assertion_type"),
              "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    const std::string assertion = http::form_value(form, "client_assertion").value();
    const json header = part_of(assertion, 0);
    EXPECT_EQ(header["alg"], "PS256");
    EXPECT_EQ(header["x5t#S256"], base64url(facts.sha256));
    EXPECT_FALSE(header.contains("x5t"));
    EXPECT_FALSE(header.contains("kid"));
    const json claims = part_of(assertion, 1);
    EXPECT_EQ(claims["aud"], token_endpoint);
    EXPECT_EQ(claims["iss"], client_id);
    EXPECT_EQ(claims["sub"], client_id);
    EXPECT_EQ(claims["exp"].get<long>() - claims["nbf"].get<long>(), 600);
    EXPECT_EQ(
        claims["nbf"],
        std::chrono::duration_cast<std::chrono::seconds>(account.clock.now().time_since_epoch()).count());
}

TEST(DynamicsLogin, WhereOnlyAShortThumbprintIsKnownTheOlderSignatureNamesIt) {
    Account account{by_token(token("t1"))};
    account.settings["auth"] = "certificate";
    account.settings["custom-key-identifier"] = std::string(40, '1');
    account.settings["key-id"] = "K1";
    account.secrets = {{"private-key", http::make_signing_key().value()}};
    ASSERT_TRUE(account.ask());
    const json header =
        part_of(http::form_value(account.client.requests().at(0).body, "client_assertion").value(), 0);
    EXPECT_EQ(header["alg"], "RS256");
    EXPECT_EQ(header["x5t"], base64url(std::string(20, '\x11')));
    EXPECT_EQ(header["kid"], "K1");
}

TEST(DynamicsLogin, ACertificateThatHasEndedIsNamedBesideTheRefusal) {
    const Secret key = http::make_signing_key().value();
    const std::string certificate =
        http::make_signing_certificate({.common_name = "acme", .days_valid = -1, .days_before = 30}, key)
            .value();
    Account account{by_token(refused(
        "invalid_client", "AADSTS700024: Client assertion is not within its valid time range.", 401))};
    account.clock.advance(std::chrono::hours{24 * 365 * 50});
    account.settings["auth"] = "certificate";
    account.secrets = {{"private-key", key}, {"certificate", Secret{certificate}}};
    const auto asked = account.ask();
    ASSERT_FALSE(asked);
    EXPECT_THAT(asked.error().message, HasSubstr("has ended on"));
    EXPECT_THAT(asked.error().message, HasSubstr("koppla account certificate acme"));
    EXPECT_EQ(asked.error().symbol, "AADSTS700024");
}

TEST(DynamicsLogin, AWrongClockIsMadeUpForByTheOtherSides) {
    int asked = 0;
    Account account{[&](const http::Request& request) -> Answer {
        if (!request.target.ends_with("/token")) return {.body = "{}"};
        if (asked++ > 0) return token("t1");
        Answer late = refused("invalid_client", "AADSTS700024: …", 401);
        late.headers = {{"Date", "Sun, 01 Nov 2026 11:00:00 GMT"}};
        return late;
    }};
    account.settings["auth"] = "certificate";
    account.settings["custom-key-identifier"] = std::string(64, '1');
    account.secrets = {{"private-key", http::make_signing_key().value()}};
    ASSERT_TRUE(account.ask());
    const json claims =
        part_of(http::form_value(account.client.requests().at(1).body, "client_assertion").value(), 1);
    EXPECT_EQ(
        claims["nbf"].get<long>() -
            std::chrono::duration_cast<std::chrono::seconds>(account.clock.now().time_since_epoch()).count(),
        3600);
}

TEST(DynamicsLogin, ThePasswordOfAUserLogsInForThatUser) {
    Account account{by_token(token("t1"))};
    account.settings["auth"] = "password";
    account.settings["username"] = "jo@acme.example";
    account.secrets = {{"password", Secret{"p&ss"}}};
    ASSERT_TRUE(account.ask());
    const std::string form = account.client.requests().at(0).body;
    EXPECT_EQ(http::form_value(form, "grant_type"), "password");
    EXPECT_EQ(http::form_value(form, "username"), "jo@acme.example");
    EXPECT_EQ(http::form_value(form, "password"), "p&ss");
    EXPECT_EQ(http::form_value(form, "scope"), server + "/user_impersonation offline_access");
}

TEST(DynamicsLogin, TheServerTellsTheTenantAndNothingElse) {
    std::string challenge = "Bearer authorization_uri=" + authority + "/" + tenant +
                            "/oauth2/authorize, resource_id=https://acme.api.crm.dynamics.com/";
    Account account{[&](const http::Request& request) -> Answer {
        if (request.target.ends_with("/token")) return token("t1");
        if (request.headers.find("Authorization")) return {.body = "{}"};
        return {.status = 401, .headers = {{"WWW-Authenticate", challenge}}};
    }};
    account.settings.erase("tenant");
    ASSERT_TRUE(account.ask());
    EXPECT_EQ(account.client.requests().at(0).target, root);
    EXPECT_EQ(account.client.requests().at(1).target, token_endpoint);

    account.tokens.put({});
    challenge = "Bearer resource_id=\"x\", Authorization_URI=\"" + authority + "/common/oauth2/authorize\"";
    EXPECT_THAT(account.ask().error().message, HasSubstr("set 'tenant'"));
    challenge = "Bearer authorization_uri=https://evil.example/" + std::string{tenant} + "/oauth2/authorize";
    const auto elsewhere = account.ask();
    ASSERT_FALSE(elsewhere);
    EXPECT_THAT(elsewhere.error().message, HasSubstr("evil.example"));
    EXPECT_THAT(elsewhere.error().message, HasSubstr("set 'authority'"));
    challenge = "Negotiate";
    EXPECT_THAT(account.ask().error().message, HasSubstr("names none"));
    EXPECT_EQ(account.client.count("evil.example"), 0);
}

TEST(DynamicsLogin, ARefusedTokenIsRenewedOnceAndThenTold) {
    int logins = 0;
    bool accepts_second = true;
    Account account{[&](const http::Request& request) -> Answer {
        if (request.target.ends_with("/token")) return token("t" + std::to_string(++logins));
        const auto bearer = request.headers.find("Authorization");
        return bearer == "Bearer t2" && accepts_second ? Answer{.body = "{}"} : Answer{.status = 401};
    }};
    ASSERT_TRUE(account.ask());
    EXPECT_EQ(logins, 2);
    accepts_second = false;
    const auto asked = account.ask();
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().kind, ErrorKind::denied);
    EXPECT_THAT(asked.error().message, HasSubstr("refused again after a new login"));
    EXPECT_EQ(logins, 3);
}

TEST(DynamicsLogin, ATokenOfAnotherServerIsNotSentToThisOne) {
    Account account{by_token(token("fresh"))};
    account.tokens.put({.access_token = Secret{"old"},
                        .refresh_token = {},
                        .instance_url = "https://other.crm.dynamics.com",
                        .identity = {}});
    ASSERT_TRUE(account.ask());
    EXPECT_EQ(account.client.requests().back().headers.find("Authorization"), "Bearer fresh");
}

TEST(DynamicsLogin, RefusalsNameTheSettingToMend) {
    const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
        {"invalid_client", "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: g1",
         "'client-secret' is wrong"},
        {"invalid_client", "AADSTS7000222: The provided client secret keys are expired.", "has expired"},
        {"invalid_client",
         "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered.",
         "koppla account certificate"},
        {"invalid_request", "AADSTS90002: Tenant 'x' not found.", "'tenant'"},
        {"unauthorized_client", "AADSTS700016: Application with identifier 'x' was not found.",
         "'client-id'"},
        {"invalid_resource", "AADSTS500011: The resource principal named x was not found.", "'server'"},
        {"invalid_grant", "AADSTS65001: The user or administrator has not consented.", "Grant admin consent"},
        {"invalid_grant", "AADSTS50126: Error validating credentials.", "'username' and 'password'"},
        {"interaction_required", "AADSTS50076: you must use multi-factor authentication.",
         "auth device or browser"},
        {"invalid_grant", "AADSTS99999999: Something new.", "Something new"},
    };
    for (const auto& [name, description, words] : cases) {
        Account account{by_token(refused(name, description))};
        const auto asked = account.ask();
        ASSERT_FALSE(asked) << description;
        EXPECT_EQ(asked.error().kind, ErrorKind::denied) << description;
        EXPECT_THAT(asked.error().message, HasSubstr(words));
        EXPECT_THAT(asked.error().message, testing::Not(HasSubstr("Trace ID")));
        EXPECT_THAT(asked.error().symbol, testing::StartsWith("AADSTS"));
    }
    Account busy{by_token(refused("temporarily_unavailable", "AADSTS90033: A transient error.", 503))};
    EXPECT_EQ(busy.ask().error().kind, ErrorKind::unavailable);
    Account page{by_token({.status = 403, .body = "<html>"})};
    EXPECT_THAT(page.ask().error().message, HasSubstr("web page"));
}

struct DeviceService {
    std::vector<Answer> polls;
    Answer operator()(const http::Request& request) {
        if (request.target.ends_with("/devicecode")) {
            return {
                .body =
                    R"({"device_code":"D1","user_code":"ABCD1234","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":5})"};
        }
        Answer next = polls.front();
        if (polls.size() > 1) polls.erase(polls.begin());
        return next;
    }
};

std::unique_ptr<DeviceLogin> begin_device(Account& account) {
    account.settings["auth"] = "device";
    account.secrets.clear();
    auto begun = log_in_by_person(account.parts(), {});
    if (!begun) throw std::runtime_error(begun.error().message);
    return std::get<std::unique_ptr<DeviceLogin>>(std::move(*begun));
}

TEST(DynamicsDevice, IsAskedForAtTheIntervalUntilThePersonHasDoneIt) {
    Account account{
        DeviceService{{refused("authorization_pending", "AADSTS70016: pending"), refused("slow_down", ""),
                       refused("authorization_pending", ""), token("t1", "r1")}}};
    const auto login = begin_device(account);
    EXPECT_EQ(login->address(), "https://microsoft.com/devicelogin");
    EXPECT_EQ(login->code(), "ABCD1234");
    const auto done = login->finish({});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->empty());
    using std::chrono::seconds;
    EXPECT_EQ(account.clock.waits,
              (std::vector<std::chrono::milliseconds>{seconds{5}, seconds{5}, seconds{10}, seconds{10}}));
    EXPECT_EQ(account.tokens.current({}).value()->refresh_token.reveal(), "r1");
    EXPECT_EQ(http::form_value(account.client.requests().back().body, "device_code"), "D1");
}

TEST(DynamicsDevice, ThatIsDeclinedOrForgottenSaysSo) {
    Account declined{DeviceService{{refused("authorization_declined", "")}}};
    EXPECT_THAT(begin_device(declined)->finish({}).error().message, HasSubstr("declined"));
    Account forgotten{DeviceService{{refused("authorization_pending", "")}}};
    const auto finished = begin_device(forgotten)->finish({});
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().kind, ErrorKind::expired);
    EXPECT_LE(forgotten.client.count("/token"), 181);
}

TEST(DynamicsDevice, KeepsItsLoginByARefreshTokenThatChangesWithEachUse) {
    Account account{[](const http::Request& request) -> Answer {
        if (request.target.ends_with("/token")) return token("t2", "r2");
        return request.headers.find("Authorization") == "Bearer t2" ? Answer{.body = "{}"}
                                                                    : Answer{.status = 401};
    }};
    account.settings["auth"] = "device";
    account.secrets.clear();
    EXPECT_THAT(account.ask().error().message, HasSubstr("koppla account login acme"));
    account.tokens.put({.access_token = Secret{"t1"},
                        .refresh_token = Secret{"r1"},
                        .instance_url = server,
                        .identity = {}});
    ASSERT_TRUE(account.ask());
    EXPECT_EQ(account.tokens.current({}).value()->refresh_token.reveal(), "r2");
    EXPECT_EQ(account.tokens.events, (std::vector<std::string>{"begin", "store t2"}));
}

TEST(DynamicsBrowser, GoesByTheTenantsAuthorizeEndpointAndRedeemsTheCode) {
    Account account{by_token(token("t1", "r1"))};
    account.settings["auth"] = "browser";
    account.secrets.clear();
    auto begun = log_in_by_person(account.parts(), {});
    ASSERT_TRUE(begun) << begun.error().message;
    const auto login = std::get<std::unique_ptr<BrowserLogin>>(std::move(*begun));
    EXPECT_THAT(login->address(), testing::StartsWith(authority + "/" + tenant + "/oauth2/v2.0/authorize?"));
    const std::string query = login->address().substr(login->address().find('?') + 1);
    EXPECT_EQ(http::form_value(query, "code_challenge_method"), "S256");
    EXPECT_EQ(http::form_value(query, "scope"), server + "/user_impersonation offline_access");
    const auto done =
        login->finish(login->callback() + "?code=c&state=" + *http::form_value(query, "state"), {});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(account.tokens.current({}).value()->access_token.reveal(), "t1");
    const std::string form = account.client.requests().back().body;
    EXPECT_EQ(base64url(sha256(*http::form_value(form, "code_verifier"))),
              http::form_value(query, "code_challenge"));
}

TEST(DynamicsSession, LinksToOtherHostsAreNotFollowed) {
    Account account{by_token(token("t1"))};
    for (const std::string link :
         {"https://evil.example/api/data/v9.2/contacts", "http://acme.crm.dynamics.com/x",
          "https://acme.crm.dynamics.com:444/x", "https://acme.crm.dynamics.com.evil.example/x",
          "https://acme.crm.dynamics.com@evil.example/x"}) {
        const auto asked = account.ask(link);
        ASSERT_FALSE(asked) << link;
        EXPECT_EQ(asked.error().symbol, "OTHER_HOST") << link;
    }
    EXPECT_TRUE(account.client.requests().empty());
    EXPECT_TRUE(account.ask(root + "contacts?$skiptoken=1"));
    EXPECT_TRUE(account.ask("/api/data/v9.2/contacts"));
    EXPECT_EQ(account.client.requests().back().target, root + "contacts");
}

TEST(DynamicsSession, RefusalsOfTheWebApiSayWhatToDo) {
    const std::vector<std::tuple<int, std::string, ErrorKind, std::string, std::string>> cases = {
        {403, "0x80072560", ErrorKind::denied, "0x80072560", "application user"},
        {403, "0x80042f09", ErrorKind::denied, "0x80042f09", "security role"},
        {403, "0x80095ffc", ErrorKind::denied, "0x80095ffc", "blocked"},
        {403, "0x80040220", ErrorKind::denied, "0x80040220", "security role"},
        {404, "0x80040217", ErrorKind::not_found, "0x80040217", ""},
        {404, "-2147220969", ErrorKind::not_found, "0x80040217", ""},
        {404, "80040217", ErrorKind::not_found, "0x80040217", ""},
        {400, "0x80041103", ErrorKind::invalid, "0x80041103", "column"},
        {400, "0x80072491", ErrorKind::expired, "0x80072491", ""},
        {400, "0x0", ErrorKind::invalid, "HTTP 400", ""},
        {429, "0x80072322", ErrorKind::throttled, "0x80072322", "requests-in-flight"},
        {500, "0x80040265", ErrorKind::invalid, "0x80040265", "own code"},
    };
    for (const auto& [status, code, kind, symbol, words] : cases) {
        const http::Response response{.status = status,
                                      .headers = {{"Retry-After", "9"}},
                                      .body = json{{"error", {{"code", code}, {"message", "no"}}}}.dump()};
        const Error found = error_of(response, "reading contact");
        EXPECT_EQ(found.kind, kind) << code;
        EXPECT_EQ(found.symbol, symbol) << code;
        EXPECT_THAT(found.message, HasSubstr(words)) << code;
        EXPECT_THAT(found.message, testing::StartsWith("reading contact failed: no")) << code;
        EXPECT_EQ(found.retry_after, std::chrono::seconds{9});
    }
    EXPECT_EQ(error_of({.status = 503, .body = R"({"Message":"gone"})"}, "x").kind, ErrorKind::unavailable);
}

TEST(DynamicsSession, CheckTellsWhoAndWhereWithinFiveCalls) {
    Account account{[](const http::Request& request) -> Answer {
        if (request.target.ends_with("/token")) return token("t1");
        if (request.target == root + "WhoAmI")
            return {.body = R"({"BusinessUnitId":"b","UserId":"u-1","OrganizationId":"o-1"})"};
        if (request.target == root + "RetrieveVersion()")
            return {.body = R"({"Version":"9.2.24112.00189"})",
                    .headers = {{"Date", "Sun, 01 Nov 2026 10:01:00 GMT"}}};
        if (request.target.starts_with(root + "organizations"))
            return {.body = R"({"value":[{"name":"Acme","organizationid":"o-1"}]})"};
        return {.status = 403, .body = R"({"error":{"code":"0x80040220","message":"no"}})"};
    }};
    Session session{account_settings(account.settings, account.secrets).value(), account.parts()};
    const auto identity = session.check({});
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->user, "u-1");
    EXPECT_EQ(identity->organization, "Acme");
    EXPECT_EQ(identity->organization_id, "o-1");
    EXPECT_EQ(identity->clock_difference, std::chrono::milliseconds{60'500});
    EXPECT_EQ(session.usage().charged_calls, 4);
}

TEST(DynamicsSession, ARefusalForHasteIsWaitedForAndSentAgain) {
    int asked = 0;
    Account account{[&](const http::Request& request) -> Answer {
        if (request.target.ends_with("/token")) return token("t1");
        if (++asked == 1) return {.status = 429, .headers = {{"Retry-After", "7"}}};
        return {.body = "{}"};
    }};
    ASSERT_TRUE(account.ask());
    EXPECT_EQ(asked, 2);
    std::chrono::milliseconds waited{};
    for (const auto each : account.clock.waits) waited += each;
    EXPECT_EQ(waited, std::chrono::seconds{7});
}

}  // namespace
}  // namespace koppla::dynamics
