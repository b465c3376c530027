#include "base/test/manual_clock.h"
#include "http/certificate.h"
#include "sandbox/base64.h"
#include "sandbox/entra/authority.h"
#include "sandbox/web/certificate.h"
#include "sandbox/web/jwt.h"
#include "sandbox/web/signature.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::entra {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr const char* origin = "https://127.0.0.1:8443";
constexpr const char* callback = "http://localhost:1717/callback";

/// Keys are slow to make.
const NewRegistration& registered() {
    static const auto made = *make_registration();
    return made;
}

class EntraTest : public testing::Test {
  protected:
    http::Response ask(const std::string& method, const std::string& target, const std::string& body = {},
                       const http::Headers& more = {}) {
        http::Request request{.method = method, .target = target, .headers = more, .body = body};
        request.headers.add("Host", "127.0.0.1:8443");
        const auto answered = answer(authority_, request);
        EXPECT_TRUE(answered) << target << " is nobody's address";
        return answered.value_or(http::Response{});
    }
    http::Response post(const std::string& path, const Fields& fields, const http::Headers& more = {}) {
        return ask("POST", "/" + own().tenant + path, http::form_body(fields), more);
    }
    http::Response token(Fields fields) {
        fields.emplace_back("client_id", own().client_id);
        if (scope_.empty()) return post("/oauth2/v2.0/token", fields);
        fields.emplace_back("scope", scope_);
        return post("/oauth2/v2.0/token", fields);
    }
    http::Response with_secret(const std::string& secret) {
        return token({{"grant_type", "client_credentials"}, {"client_secret", secret}});
    }
    Admission admitted(const http::Response& response) {
        const auto body = json::parse(response.body);
        return admit_with(body.value("access_token", "none"));
    }
    Admission admit_with(const std::string& access_token) {
        return admit(authority_, http::Request{.target = "/api/data/v9.2/",
                                               .headers = {{"Host", "127.0.0.1:8443"},
                                                           {"Authorization", "Bearer " + access_token}}});
    }
    /// "invalid_client 7000215", with the status before it.
    static std::string problem(const http::Response& response) {
        const auto body = json::parse(response.body, nullptr, false);
        if (!body.is_object()) return std::to_string(response.status);
        const auto codes = body.value("error_codes", json::array());
        return std::to_string(response.status) + " " + body.value("error", "") + " " +
               (codes.empty() ? "" : codes[0].dump());
    }
    void change(const json& settings) {
        const auto next = changed(authority_.settings(), settings);
        ASSERT_TRUE(next) << next.error().message;
        authority_.set(*next);
    }
    const Registration& own() const { return authority_.registration; }

    ManualClock clock_;
    Authority authority_{registered().registration, clock_};
    std::string scope_ = std::string{origin} + "/.default";
};

TEST_F(EntraTest, DiscoveryNamesTheEndpointsOnTheHostThatWasAsked) {
    const auto found =
        json::parse(ask("GET", "/" + own().tenant + "/v2.0/.well-known/openid-configuration").body);
    const auto base = std::string{origin} + "/" + own().tenant;
    EXPECT_EQ(found["issuer"], base + "/v2.0");
    EXPECT_EQ(found["token_endpoint"], base + "/oauth2/v2.0/token");
    EXPECT_EQ(found["device_authorization_endpoint"], base + "/oauth2/v2.0/devicecode");
    const auto instances = json::parse(ask("GET", "/common/discovery/instance?api-version=1.1").body);
    EXPECT_EQ(instances["metadata"][0]["preferred_network"], "127.0.0.1:8443");
    EXPECT_EQ(problem(ask("GET", "/" + new_guid() + "/v2.0/.well-known/openid-configuration")),
              "400 invalid_request 90002");
    EXPECT_EQ(ask("GET", "/" + own().tenant + "/oauth2/v2.0/token").status, 405);
}

TEST_F(EntraTest, AClientWithItsSecretIsLetIn) {
    const auto given = with_secret(own().client_secret);
    EXPECT_EQ(given.status, 200) << given.body;
    EXPECT_EQ(json::parse(given.body)["expires_in"], 3'599);
    const auto admission = admitted(given);
    ASSERT_TRUE(admission.principal);
    EXPECT_EQ(admission.principal->object_id, own().app_object_id);
}

TEST_F(EntraTest, ASecretMayComeByHttpBasicWithItsEscapes) {
    const auto basic = base64_encode(own().client_id + ":" + http::percent_encode(own().client_secret));
    const auto given = post("/oauth2/v2.0/token", {{"grant_type", "client_credentials"}, {"scope", scope_}},
                            {{"Authorization", "Basic " + basic}});
    EXPECT_EQ(given.status, 200) << given.body;
}

TEST_F(EntraTest, TheOlderEndpointTakesAResourceAndAnswersInText) {
    const auto given = post("/oauth2/token", {{"grant_type", "client_credentials"},
                                              {"client_id", own().client_id},
                                              {"client_secret", own().client_secret},
                                              {"resource", origin}});
    const auto body = json::parse(given.body);
    EXPECT_EQ(body["expires_in"], "3599");
    EXPECT_EQ(body["resource"], origin);
    EXPECT_TRUE(admitted(given).principal);
}

TEST_F(EntraTest, WrongRequestsGetTheirCodes) {
    EXPECT_EQ(problem(with_secret("wrong")), "401 invalid_client 7000215");
    EXPECT_EQ(problem(with_secret("")), "401 invalid_client 7000218");
    EXPECT_EQ(problem(token({{"grant_type", "telepathy"}})), "400 unsupported_grant_type 70003");
    EXPECT_EQ(problem(token({})), "400 invalid_request 900144");
    EXPECT_EQ(problem(token({{"grant_type", "client_credentials"}, {"resource", origin}})),
              "400 invalid_request 901002");
    EXPECT_EQ(problem(post("/oauth2/v2.0/token", {{"grant_type", "client_credentials"}, {"client_id", "x"}})),
              "400 unauthorized_client 700016");
    for (const auto& [scope, expected] :
         Fields{{"https://other.example/.default", "400 invalid_resource 500011"},
                {"nonsense", "400 invalid_scope 70011"},
                {scope_ + " https://127.0.0.1/x/.default", "400 invalid_scope 70011"},
                {std::string{origin} + "/user_impersonation", "400 invalid_scope 70011"},
                {"https://localhost/.default", "200  "}}) {
        scope_ = scope;
        EXPECT_EQ(problem(with_secret(own().client_secret)), expected) << scope;
    }
    change({{"secret", "expired"}});
    EXPECT_EQ(problem(with_secret(own().client_secret)), "401 invalid_client 7000222");
    change({{"app", "disabled"}});
    EXPECT_EQ(problem(with_secret(own().client_secret)), "400 unauthorized_client 7000112");
}

TEST_F(EntraTest, ErrorsCarryTheirTraces) {
    const auto body = json::parse(with_secret("wrong").body);
    EXPECT_THAT(body["error_description"].get<std::string>(),
                HasSubstr("AADSTS7000215: Invalid client secret"));
    EXPECT_EQ(body["timestamp"], "2026-11-01 10:00:00Z");
    EXPECT_TRUE(body.contains("trace_id") && body.contains("correlation_id"));
}

class AssertionTest : public EntraTest {
  protected:
    AssertionTest() {
        const auto names = thumbprints(own().certificate_pem);
        header = {{"alg", "PS256"}, {"typ", "JWT"}, {"x5t#S256", names->x5t_s256}};
        claims = {{"aud", std::string{origin} + "/" + own().tenant + "/oauth2/v2.0/token"},
                  {"iss", own().client_id},
                  {"sub", own().client_id},
                  {"jti", new_guid()},
                  {"nbf", now()},
                  {"exp", now() + 600}};
    }
    std::int64_t now() const {
        return std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
    }
    std::string log_in(const std::string& key = registered().private_key.reveal()) {
        const auto text = signing_input(header, claims);
        const auto scheme = header.value("alg", "") == "RS256" ? Scheme::rs256 : Scheme::ps256;
        return log_in_by(text + "." + base64url_encode(*sign(scheme, key, text)));
    }
    std::string log_in_by(const std::string& assertion) {
        return problem(
            token({{"grant_type", "client_credentials"},
                   {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                   {"client_assertion", assertion}}));
    }

    json header;
    json claims;
};

TEST_F(AssertionTest, EveryNameOfTheCertificateAndBothAlgorithmsLogIn) {
    const auto names = thumbprints(own().certificate_pem);
    const auto der = base64_encode(*certificate_bytes(own().certificate_pem));
    EXPECT_EQ(log_in(), "200  ");
    for (const json& named : {json{{"x5t", names->x5t}}, json{{"kid", names->hex}},
                              json{{"kid", own().key_id}}, json{{"x5c", json::array({der})}}}) {
        header = named;
        header["alg"] = "RS256";
        EXPECT_EQ(log_in(), "200  ") << named;
    }
    claims["aud"] = std::string{origin} + "/" + own().tenant + "/v2.0";
    EXPECT_EQ(log_in(), "200  ");
}

TEST_F(AssertionTest, WhatIsWrongIsFoundInOrder) {
    EXPECT_EQ(log_in_by("no.token"), "401 invalid_client 50027");
    claims["exp"] = now() - 301;
    EXPECT_EQ(log_in(), "401 invalid_client 700024");
    claims["aud"] = "https://elsewhere.example/token";
    EXPECT_EQ(log_in(), "401 invalid_client 700023");
    claims["iss"] = new_guid();
    EXPECT_EQ(log_in(), "401 invalid_client 700021");
    EXPECT_EQ(log_in(http::make_signing_key()->reveal()), "401 invalid_client 700027");
    header["x5t#S256"] = "AAAA";
    EXPECT_EQ(log_in(), "401 invalid_client 700027");
    header["alg"] = "HS256";
    EXPECT_EQ(log_in(), "401 invalid_client 700027");
}

TEST_F(AssertionTest, FiveMinutesOfSkewAreForgiven) {
    claims["exp"] = now() - 290;
    EXPECT_EQ(log_in(), "200  ");
    claims["exp"] = now() + 600;
    claims["nbf"] = now() + 301;
    EXPECT_EQ(log_in(), "401 invalid_client 700024");
}

TEST_F(AssertionTest, AnExpiredCertificateSaysSo) {
    const auto expired = *http::make_signing_certificate(
        {.common_name = "old", .names = {}, .days_valid = -60, .days_before = 90}, registered().private_key);
    change({{"certificate", expired}});
    header["x5t#S256"] = thumbprints(expired)->x5t_s256;
    EXPECT_EQ(log_in(), "401 invalid_client 700027");
}

TEST_F(EntraTest, APasswordBringsTheUserInAndRefreshesGoOn) {
    scope_ += " offline_access openid";
    const Fields fields{
        {"grant_type", "password"}, {"username", own().username}, {"password", own().password}};
    const auto given = json::parse(token(fields).body);
    EXPECT_EQ(admit_with(given["access_token"]).principal->name, own().username);
    EXPECT_TRUE(given.contains("id_token"));
    const Fields refresh{{"grant_type", "refresh_token"}, {"refresh_token", given["refresh_token"]}};
    const auto again = json::parse(token(refresh).body);
    EXPECT_NE(again["refresh_token"], given["refresh_token"]);
    EXPECT_EQ(authority_.grants.expire_refresh_tokens(), 2U);
    EXPECT_EQ(problem(token(refresh)), "400 invalid_grant 700082");
    EXPECT_EQ(problem(token({{"grant_type", "password"}, {"username", own().username}, {"password", "x"}})),
              "400 invalid_grant 50126");
    change({{"approval", "missing"}});
    EXPECT_EQ(problem(token(fields)), "400 invalid_grant 65001");
    change({{"user", "needs_mfa"}});
    EXPECT_EQ(problem(token(fields)), "400 interaction_required 50076");
}

TEST_F(EntraTest, ADeviceCodeWaitsForAPerson) {
    const auto begun = json::parse(
        post("/oauth2/v2.0/devicecode", {{"client_id", own().client_id}, {"scope", scope_}}).body);
    const Fields poll{{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                      {"device_code", begun["device_code"]}};
    EXPECT_EQ(problem(token(poll)), "400 authorization_pending 70016");
    const auto page = ask("GET", "/" + own().tenant + "/oauth2/v2.0/deviceauth");
    EXPECT_THAT(page.body, HasSubstr("name=\"user_code\""));
    EXPECT_EQ(
        post("/oauth2/v2.0/deviceauth", {{"user_code", begun["user_code"]}, {"decision", "allow"}}).status,
        200);
    EXPECT_EQ(problem(token(poll)), "200  ");
    EXPECT_EQ(problem(token(poll)), "400 bad_verification_code 70018");
}

TEST_F(EntraTest, ADeviceCodeEndsByItsTimeOrByRefusal) {
    const auto begin = [&] {
        const auto response =
            post("/oauth2/v2.0/devicecode", {{"client_id", own().client_id}, {"scope", scope_}});
        return Fields{{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                      {"device_code", json::parse(response.body)["device_code"]}};
    };
    const auto late = begin();
    clock_.advance(std::chrono::minutes{16});
    EXPECT_EQ(problem(token(late)), "400 expired_token 70019");
    change({{"device", "refused"}});
    EXPECT_EQ(problem(token(begin())), "400 authorization_declined 70016");
}

class EntraCodeTest : public EntraTest {
  protected:
    std::string code(const Fields& more = {}) {
        change({{"consent", "given"}});
        Fields fields{{"client_id", own().client_id},
                      {"response_type", "code"},
                      {"redirect_uri", callback},
                      {"scope", scope_ + " offline_access"},
                      {"state", "a b"}};
        fields.insert(fields.end(), more.begin(), more.end());
        const auto answered =
            ask("GET", "/" + own().tenant + "/oauth2/v2.0/authorize?" + http::form_body(fields));
        const auto location = std::string{answered.headers.find("Location").value_or("")};
        EXPECT_THAT(location, testing::StartsWith(callback));
        return *http::form_value(location.substr(location.find('?') + 1), "code");
    }
    std::string redeem(const std::string& code, const std::string& verifier) {
        return problem(token({{"grant_type", "authorization_code"},
                              {"code", code},
                              {"redirect_uri", callback},
                              {"code_verifier", verifier}}));
    }
    const std::string verifier_ = "a-verifier-that-is-long-enough-to-be-one-0123456789";
    const Fields pkce_{{"code_challenge", base64url_encode(sha256(verifier_))},
                       {"code_challenge_method", "S256"}};
};

TEST_F(EntraCodeTest, ACodeIsGoodForOnceAndForItsVerifier) {
    const auto first = code(pkce_);
    EXPECT_EQ(redeem(first, verifier_), "200  ");
    EXPECT_EQ(redeem(first, verifier_), "400 invalid_grant 54005");
    EXPECT_EQ(redeem(code(pkce_), "another"), "400 invalid_grant 501481");
    EXPECT_EQ(redeem(code(), ""), "401 invalid_client 7000218");
    const auto late = code(pkce_);
    clock_.advance(std::chrono::minutes{11});
    EXPECT_EQ(redeem(late, verifier_), "400 invalid_grant 70008");
}

TEST_F(EntraCodeTest, ThePageAsksAndItsAnswerCounts) {
    const Fields fields{{"client_id", own().client_id},
                        {"response_type", "code"},
                        {"redirect_uri", callback},
                        {"scope", scope_}};
    const auto page = ask("GET", "/" + own().tenant + "/oauth2/v2.0/authorize?" + http::form_body(fields));
    EXPECT_THAT(page.body, HasSubstr("name=\"decision\" value=\"allow\""));
    auto denied = fields;
    denied.emplace_back("decision", "deny");
    EXPECT_THAT(std::string{post("/oauth2/v2.0/authorize", denied).headers.find("Location").value_or("")},
                HasSubstr("error=access_denied"));
    auto elsewhere = fields;
    elsewhere[2].second = "https://elsewhere.example/";
    const auto refused =
        ask("GET", "/" + own().tenant + "/oauth2/v2.0/authorize?" + http::form_body(elsewhere));
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("AADSTS50011"));
}

TEST_F(EntraTest, TheWebApiSaysNoWithTheChallenge) {
    const auto none = admit(authority_, http::Request{.headers = {{"Host", "127.0.0.1:8443"}}});
    ASSERT_TRUE(none.refusal);
    EXPECT_EQ(none.refusal->status, 401);
    EXPECT_EQ(none.refusal->headers.find("WWW-Authenticate"),
              "Bearer authorization_uri=https://127.0.0.1:8443/" + own().tenant +
                  "/oauth2/authorize, resource_id=https://127.0.0.1:8443/");
    const auto given = with_secret(own().client_secret);
    clock_.advance(std::chrono::hours{1});
    EXPECT_THAT(std::string{admitted(given).refusal->headers.find("WWW-Authenticate").value_or("")},
                HasSubstr("invalid_token"));
    change({{"member", "missing"}});
    const auto stranger = admitted(with_secret(own().client_secret));
    EXPECT_EQ(stranger.refusal->status, 403);
    EXPECT_THAT(stranger.refusal->body, HasSubstr("0x80072560"));
}

TEST_F(EntraTest, RegistrationsOutliveARestart) {
    const auto read = read_kept(kept_text(own()));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->client_secret, own().client_secret);
    EXPECT_EQ(read->signing_key_pem, own().signing_key_pem);
}

}  // namespace
}  // namespace koppla::sandbox::entra
