#include "http/certificate.h"
#include "sandbox/base64.h"
#include "sandbox/fixture.h"
#include "sandbox/web/signature.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr const char* callback = "http://localhost:1717/OauthRedirect";

class LoginTest : public SandboxTest {
  protected:
    http::Response form(const std::string& path, const Fields& fields) {
        return ask_bare("POST", path, http::form_body(fields),
                        {{"Content-Type", "application/x-www-form-urlencoded"}});
    }
    http::Response token(const Fields& fields) { return form("/services/oauth2/token", fields); }
    void set_auth(const json& settings) {
        const auto response = ask_bare("POST", "/sandbox/auth", settings.dump());
        EXPECT_EQ(response.status, 200) << response.body;
    }
    static std::string problem(const http::Response& response) {
        EXPECT_EQ(response.status, 400) << response.body;
        const auto body = read_body(response);
        return body.value("error", "") + ": " + body.value("error_description", "");
    }
    int status_with(const json& access_token) {
        return ask_bare("GET", "/services/data/v68.0/limits", {},
                        {{"Authorization", "Bearer " + access_token.get<std::string>()}})
            .status;
    }
    std::string client_id() const { return services_->credentials.client_id; }
};

class JwtTest : public LoginTest {
  protected:
    JwtTest() { set_auth({{"certificate", *public_key_of(key())}}); }

    static const std::string& key() {
        static const auto made = http::make_signing_key()->reveal();
        return made;
    }
    std::int64_t now() const {
        return std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
    }
    json claims() const {
        return {{"iss", client_id()},
                {"sub", services_->credentials.username},
                {"aud", services_->url},
                {"exp", now() + 180}};
    }
    static std::string assertion(const json& claims, const std::string& key,
                                 const json& header = {{"alg", "RS256"}}) {
        const auto text = base64url_encode(header.dump()) + "." + base64url_encode(claims.dump());
        return text + "." + base64url_encode(*sign(Scheme::rs256, key, text));
    }
    http::Response log_in(const std::string& assertion) {
        return token(
            {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", assertion}});
    }
    http::Response log_in_with(const char* claim, const json& value) {
        auto changed = claims();
        changed[claim] = value;
        return log_in(assertion(changed, key()));
    }
};

TEST_F(JwtTest, LogsInByASignedAssertion) {
    const auto response = log_in(assertion(claims(), key()));
    ASSERT_EQ(response.status, 200) << response.body;
    const auto body = read_body(response);
    EXPECT_EQ(body.size(), 5U) << body;
    EXPECT_EQ(body["instance_url"], services_->url);
    EXPECT_EQ(status_with(body["access_token"]), 200);
}

TEST_F(JwtTest, TakesWhatRealClientsWrite) {
    EXPECT_EQ(log_in_with("aud", services_->url + "/").status, 200);
    EXPECT_EQ(log_in_with("aud", "https://login.salesforce.com").status, 200);
    EXPECT_EQ(log_in_with("aud", "login.salesforce.com").status, 200);
    EXPECT_EQ(log_in_with("exp", std::to_string(now() + 180)).status, 200);
    EXPECT_EQ(log_in_with("exp", (now() + 300) * 1'000).status, 200);
}

TEST_F(JwtTest, RefusesWhatDoesNotHold) {
    EXPECT_EQ(problem(log_in_with("iss", "other")), "invalid_client_id: client identifier invalid");
    EXPECT_EQ(problem(log_in_with("aud", "https://elsewhere.example.com")),
              "invalid_grant: audience is invalid");
    EXPECT_EQ(problem(log_in_with("sub", "nobody@example.com")),
              "invalid_grant: user hasn't approved this consumer");
    EXPECT_EQ(problem(log_in_with("exp", now())), "invalid_grant: expired authorization code");
    EXPECT_EQ(problem(log_in_with("exp", "soon")), "invalid_grant: expired authorization code");
    set_auth({{"approval", "missing"}});
    EXPECT_EQ(problem(log_in(assertion(claims(), key()))),
              "invalid_grant: user hasn't approved this consumer");
}

TEST_F(JwtTest, ChecksTheSignature) {
    const auto good = assertion(claims(), key());
    const auto dot = good.find('.');
    auto forged = claims();
    forged["admin"] = true;
    const auto text = good.substr(0, dot) + "." + base64url_encode(forged.dump());
    const std::string wrong = "invalid_grant: invalid assertion";
    EXPECT_EQ(problem(log_in(text + good.substr(good.rfind('.')))), wrong);
    EXPECT_EQ(problem(log_in(good.substr(0, good.rfind('.') + 1))), wrong);
    EXPECT_EQ(problem(log_in(assertion(claims(), key(), {{"alg", "none"}}))), wrong);
    EXPECT_EQ(problem(log_in(assertion(claims(), http::make_signing_key()->reveal()))), wrong);
    EXPECT_EQ(problem(log_in("a.b")), wrong);
    EXPECT_EQ(problem(log_in("")), wrong);
    set_auth({{"certificate", ""}});
    EXPECT_EQ(problem(log_in(good)), wrong);
}

class CodeTest : public LoginTest {
  protected:
    static constexpr std::string_view verifier = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-._~";

    static std::string authorize(const Fields& fields) {
        return "/services/oauth2/authorize?" + http::form_body(fields);
    }
    Fields asked(const Fields& more = {}) const {
        Fields fields{{"response_type", "code"},
                      {"client_id", client_id()},
                      {"redirect_uri", callback},
                      {"state", "a&b"},
                      {"code_challenge", base64url_encode(sha256(verifier))}};
        fields.insert(fields.end(), more.begin(), more.end());
        return fields;
    }
    std::string parameter(const http::Response& redirect, std::string_view name) {
        EXPECT_EQ(redirect.status, 302) << redirect.body;
        const auto location = header(redirect, "Location");
        return http::form_value(location.substr(location.find('?') + 1), name).value_or("");
    }
    std::string code() {
        set_auth({{"consent", "given"}});
        return parameter(ask_bare("GET", authorize(asked())), "code");
    }
    http::Response redeem(const std::string& code, const Fields& more = {}) {
        Fields fields{{"grant_type", "authorization_code"},
                      {"code", code},
                      {"client_id", client_id()},
                      {"redirect_uri", callback}};
        fields.insert(fields.end(), more.begin(), more.end());
        return token(fields);
    }
    http::Response refresh(const json& refresh_token) {
        return token({{"grant_type", "refresh_token"},
                      {"client_id", client_id()},
                      {"refresh_token", refresh_token.get<std::string>()}});
    }
};

TEST_F(CodeTest, ShowsAPageThatAsksAndTakesTheAnswer) {
    const auto page = ask_bare("GET", authorize(asked({{"scope", "api <refresh_token>"}})));
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr(">Allow</button>"));
    EXPECT_THAT(page.body, HasSubstr("name=\"state\" value=\"a&amp;b\""));
    EXPECT_THAT(page.body, HasSubstr("api &lt;refresh_token&gt;"));
    const auto allowed = form("/services/oauth2/authorize", asked({{"decision", "allow"}}));
    EXPECT_THAT(header(allowed, "Location"), StartsWith(std::string{callback} + "?code="));
    EXPECT_EQ(parameter(allowed, "state"), "a&b");
    const auto denied = form("/services/oauth2/authorize", asked({{"decision", "deny"}}));
    EXPECT_EQ(parameter(denied, "error"), "access_denied");
    EXPECT_EQ(parameter(denied, "state"), "a&b");
}

TEST_F(CodeTest, SendsNobodyToStrangeAddresses) {
    auto fields = asked();
    fields[2].second = "https://elsewhere.example.com/";
    EXPECT_THAT(problem(ask_bare("GET", authorize(fields))), StartsWith("redirect_uri_mismatch"));
    set_auth({{"redirect_uris", {"https://elsewhere.example.com/"}}});
    EXPECT_EQ(ask_bare("GET", authorize(fields)).status, 200);
    EXPECT_THAT(problem(ask_bare("GET", authorize(asked()))), StartsWith("redirect_uri_mismatch"));
}

TEST_F(CodeTest, RefusesRequestsThatItCannotServe) {
    auto fields = asked();
    fields[1].second = "other";
    EXPECT_THAT(problem(ask_bare("GET", authorize(fields))), StartsWith("invalid_client_id"));
    fields = asked();
    fields[0].second = "token";
    EXPECT_THAT(problem(ask_bare("GET", authorize(fields))), StartsWith("unsupported_response_type"));
    EXPECT_THAT(problem(ask_bare("GET", authorize(asked({{"code_challenge_method", "plain"}})))),
                StartsWith("invalid_request"));
}

TEST_F(CodeTest, TurnsACodeWithItsVerifierIntoTokensOnce) {
    const auto granted = code();
    const Fields proof{{"code_verifier", std::string{verifier}}};
    const auto response = redeem(granted, proof);
    ASSERT_EQ(response.status, 200) << response.body;
    const auto body = read_body(response);
    EXPECT_EQ(status_with(body["access_token"]), 200);
    EXPECT_TRUE(body.contains("refresh_token"));
    EXPECT_THAT(problem(redeem(granted, proof)), StartsWith("invalid_grant"));
    EXPECT_EQ(refresh(body["refresh_token"]).status, 200);
}

TEST_F(CodeTest, WantsTheVerifierTheAddressAndHaste) {
    EXPECT_THAT(problem(redeem(code())), StartsWith("invalid_request: missing required code verifier"));
    EXPECT_EQ(problem(redeem(code(), {{"code_verifier", std::string(50, 'x')}})),
              "invalid_grant: invalid code verifier");
    const auto late = code();
    clock_.advance(std::chrono::minutes{16});
    const Fields proof{{"code_verifier", std::string{verifier}}};
    EXPECT_EQ(problem(redeem(late, proof)), "invalid_grant: expired authorization code");
    EXPECT_THAT(problem(token({{"grant_type", "authorization_code"},
                               {"code", code()},
                               {"client_id", client_id()},
                               {"redirect_uri", "http://localhost:1/"},
                               {"code_verifier", std::string{verifier}}})),
                StartsWith("redirect_uri_mismatch"));
    EXPECT_THAT(
        problem(redeem(code(), {{"client_secret", "wrong"}, {"code_verifier", std::string{verifier}}})),
        StartsWith("invalid_client"));
}

TEST_F(CodeTest, RotatesRefreshTokensAndRevokesAllWhenAnOldOneComesBack) {
    set_auth({{"rotation", "each_time"}});
    const auto first = read_body(redeem(code(), {{"code_verifier", std::string{verifier}}}));
    const auto second = read_body(refresh(first["refresh_token"]));
    ASSERT_TRUE(second.contains("refresh_token")) << second;
    EXPECT_NE(second["refresh_token"], first["refresh_token"]);
    const auto third = read_body(refresh(second["refresh_token"]));
    EXPECT_EQ(status_with(third["access_token"]), 200);
    EXPECT_EQ(problem(refresh(first["refresh_token"])), "invalid_grant: expired access/refresh token");
    EXPECT_THAT(problem(refresh(third["refresh_token"])), StartsWith("invalid_"));
    EXPECT_EQ(status_with(first["access_token"]), 401);
    EXPECT_EQ(status_with(third["access_token"]), 401);
    EXPECT_EQ(status_with(services_->credentials.access_token), 200);
}

TEST_F(CodeTest, TakesTheReadyFilesRefreshToken) {
    EXPECT_EQ(refresh(services_->credentials.refresh_token).status, 200);
}

TEST_F(CodeTest, RevokesARefreshTokenWithItsSessions) {
    const auto tokens = read_body(redeem(code(), {{"code_verifier", std::string{verifier}}}));
    EXPECT_EQ(form("/services/oauth2/revoke", {{"token", tokens["refresh_token"]}}).status, 200);
    EXPECT_EQ(status_with(tokens["access_token"]), 401);
}

TEST_F(CodeTest, SaysWhatATokenMayDo) {
    const auto tokens = read_body(redeem(code(), {{"code_verifier", std::string{verifier}}}));
    const auto inspect = [&](const json& token) {
        return read_body(
            form("/services/oauth2/introspect", {{"token", token},
                                                 {"client_id", client_id()},
                                                 {"client_secret", services_->credentials.client_secret}}));
    };
    const auto access = inspect(tokens["access_token"]);
    EXPECT_EQ(access["active"], true);
    EXPECT_EQ(access["scope"], "refresh_token api");
    EXPECT_EQ(access["exp"], 1'793'527'200 + 7'200);
    EXPECT_FALSE(inspect(tokens["refresh_token"]).contains("exp"));
    EXPECT_EQ(inspect("5Aep"), (json{{"active", false}}));
    EXPECT_EQ(form("/services/oauth2/introspect", {{"token", "x"}}).status, 401);
}

class SoapTest : public LoginTest {
  protected:
    http::Response post(const std::string& version, const std::string& body, const std::string& header = {}) {
        return ask_bare("POST", "/services/Soap/u/" + version,
                        R"(<?xml version="1.0"?><soapenv:Envelope)"
                        R"( xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/")"
                        R"( xmlns="urn:partner.soap.sforce.com"><soapenv:Header>)" +
                            header + "</soapenv:Header><soapenv:Body>" + body +
                            "</soapenv:Body></soapenv:Envelope>",
                        {{"Content-Type", "text/xml"}, {"SOAPAction", "\"\""}});
    }
    std::string login() const {
        const auto& known = services_->credentials;
        return "<login><username>" + known.username + "</username><password>" + known.password +
               known.security_token + "</password></login>";
    }
    static std::string between(const std::string& text, const std::string& tag) {
        const auto begin = text.find("<" + tag + ">");
        if (begin == std::string::npos) return {};
        const auto from = begin + tag.size() + 2;
        return text.substr(from, text.find("</" + tag + ">") - from);
    }
};

TEST_F(SoapTest, LogsInUpToVersion64) {
    const auto response = post("64.0", login());
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(between(response.body, "organizationId"), org_->organization_id());
    EXPECT_EQ(between(response.body, "serverUrl"),
              services_->url + "/services/Soap/u/64.0/" + org_->organization_id().substr(0, 15));
    EXPECT_EQ(status_with(between(response.body, "sessionId")), 200);
}

TEST_F(SoapTest, NoLongerLogsInFromVersion65On) {
    const auto response = post("65.0", login());
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(between(response.body, "faultcode"), "sf:UNSUPPORTED_API_VERSION");
    EXPECT_EQ(between(post("30.0", login()).body, "sf:exceptionCode"), "UNSUPPORTED_API_VERSION");
}

TEST_F(SoapTest, RefusesWrongPasswordsWithTheDocumentedFaults) {
    const auto& known = services_->credentials;
    const auto wrong = post("60.0", "<login><username>x</username><password>y</password></login>");
    EXPECT_EQ(wrong.status, 500);
    EXPECT_THAT(between(wrong.body, "faultstring"), StartsWith("INVALID_LOGIN: "));
    EXPECT_EQ(between(wrong.body, "sf:exceptionCode"), "INVALID_LOGIN");
    const auto bare = post("60.0", "<login><username>" + known.username + "</username><password>" +
                                       known.password + "</password></login>");
    EXPECT_EQ(between(bare.body, "sf:exceptionCode"), "LOGIN_MUST_USE_SECURITY_TOKEN");
}

TEST_F(SoapTest, LogsOut) {
    const auto session = between(post("60.0", login()).body, "sessionId");
    const auto header = "<SessionHeader><sessionId>" + session + "</sessionId></SessionHeader>";
    EXPECT_THAT(post("60.0/00D000000000000", "<getUserInfo/>", header).body, HasSubstr(org_->username()));
    EXPECT_EQ(post("60.0", "<logout/>", header).status, 200);
    EXPECT_EQ(status_with(session), 401);
    EXPECT_EQ(between(post("60.0", "<logout/>", header).body, "sf:exceptionCode"), "INVALID_SESSION_ID");
}

TEST_F(SoapTest, UndeletesAndMerges) {
    const auto session = between(post("60.0", login()).body, "sessionId");
    const auto header = "<SessionHeader><sessionId>" + session + "</sessionId></SessionHeader>";
    const auto account = [&](const char* name) {
        return send("POST", "/sobjects/Account", {{"Name", name}}, 201).value("id", "");
    };
    const auto winner = account("Winner");
    const auto loser = account("Loser");
    const auto body = post("60.0",
                           "<merge><request><masterRecord><type>Account</type><Id>" + winner +
                               "</Id><Name>Both</Name></masterRecord><recordToMergeIds>" + loser +
                               "</recordToMergeIds></request></merge>",
                           header)
                          .body;
    EXPECT_EQ(between(body, "success"), "true") << body;
    EXPECT_EQ(between(body, "id"), winner);
    EXPECT_EQ(between(body, "mergedRecordIds"), loser);
    EXPECT_EQ(get("/sobjects/Account/" + winner)["Name"], "Both");
    const auto back = post("60.0", "<undelete><ids>" + loser + "</ids><ids>x</ids></undelete>", header).body;
    EXPECT_EQ(between(back, "success"), "true") << back;
    EXPECT_THAT(back, HasSubstr("<statusCode>MALFORMED_ID</statusCode>"));
    EXPECT_EQ(get("/sobjects/Account/" + loser)["MasterRecordId"], nullptr);
    EXPECT_EQ(post("60.0", "<merge/>", header).status, 500);
}

TEST_F(SoapTest, TakesNoHostileXml) {
    const auto answer = [&](const std::string& xml) {
        return ask_bare("POST", "/services/Soap/u/60.0", xml);
    };
    EXPECT_EQ(answer("").status, 500);
    EXPECT_EQ(answer("<a>").status, 500);
    EXPECT_EQ(answer(R"(<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>)").status, 500);
    std::string deep;
    for (int i = 0; i < 1'000; ++i) deep += "<a>";
    EXPECT_EQ(answer(deep).status, 500);
}

}  // namespace
}  // namespace koppla::sandbox
