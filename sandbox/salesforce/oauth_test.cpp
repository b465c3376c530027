#include "sandbox/fixture.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

class Oauth : public SandboxTest {
  protected:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    http::Response token(const Fields& fields, http::Headers headers = {}) {
        headers.add("Content-Type", "application/x-www-form-urlencoded");
        return ask_bare("POST", "/services/oauth2/token", http::form_body(fields), std::move(headers));
    }
    Fields client(Fields fields) {
        fields.emplace_back("client_id", services_->credentials.client_id);
        fields.emplace_back("client_secret", services_->credentials.client_secret);
        return fields;
    }
    Fields password(Fields more = {}) {
        const auto& known = services_->credentials;
        Fields fields{{"grant_type", "password"},
                      {"username", known.username},
                      {"password", known.password + known.security_token}};
        fields.insert(fields.end(), more.begin(), more.end());
        return client(fields);
    }
    static std::string problem(const http::Response& response) {
        EXPECT_EQ(response.status, 400);
        const auto body = read_body(response);
        return body.value("error", "") + ": " + body.value("error_description", "");
    }
    int status_with(const std::string& access_token) {
        return ask_bare("GET", "/services/data/v68.0/limits", {},
                        {{"Authorization", "Bearer " + access_token}})
            .status;
    }
};

TEST_F(Oauth, GrantsAClientItsToken) {
    const auto response = token(client({{"grant_type", "client_credentials"}}));
    ASSERT_EQ(response.status, 200) << response.body;
    const auto body = read_body(response);
    EXPECT_THAT(body["access_token"].get<std::string>(),
                testing::MatchesRegex("00D[0-9A-Za-z]{12}![.0-9A-Za-z_]{96}"));
    EXPECT_EQ(body["instance_url"], "https://127.0.0.1:8443");
    EXPECT_EQ(body["token_type"], "Bearer");
    EXPECT_TRUE(body["issued_at"].is_string());
    EXPECT_EQ(body["id"], "https://127.0.0.1:8443/id/" + org_->organization_id() + "/" + org_->user_id());
    EXPECT_FALSE(body.contains("refresh_token"));
    EXPECT_EQ(status_with(body["access_token"]), 200);
}

TEST_F(Oauth, TakesTheClientByHttpBasic) {
    const auto& known = services_->credentials;
    // "id:secret" in base 64, made here by hand so that the decoder is not tested by its own encoder.
    const auto pair = known.client_id + ":" + known.client_secret;
    static constexpr std::string_view signs =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string encoded;
    for (std::size_t i = 0; i < pair.size(); i += 3) {
        unsigned bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8U | (i + k < pair.size() ? static_cast<unsigned char>(pair[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            encoded +=
                i + k <= pair.size() ? signs[(bits >> (18U - 6U * static_cast<unsigned>(k))) & 63U] : '=';
    }
    EXPECT_EQ(token({{"grant_type", "client_credentials"}}, {{"Authorization", "Basic " + encoded}}).status,
              200);
}

TEST_F(Oauth, TakesFormsOfSeveralParts) {
    std::string body;
    for (const auto& [name, value] : client({{"grant_type", "client_credentials"}}))
        body += "--XX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    const auto response = ask_bare("POST", "/services/oauth2/token", body + "--XX--\r\n",
                                   {{"Content-Type", "multipart/form-data; boundary=\"XX\""}});
    EXPECT_EQ(response.status, 200) << response.body;
}

TEST_F(Oauth, RefusesWithTheDocumentedPairs) {
    EXPECT_EQ(problem(token({{"grant_type", "client_credentials"}})),
              "invalid_client_id: client identifier invalid");
    EXPECT_EQ(problem(token({{"grant_type", "client_credentials"},
                             {"client_id", services_->credentials.client_id},
                             {"client_secret", "wrong"}})),
              "invalid_client: invalid client credentials");
    EXPECT_EQ(problem(token(client({{"grant_type", "password"}, {"username", "x"}, {"password", "y"}}))),
              "invalid_grant: authentication failure");
    EXPECT_EQ(problem(token(client({{"grant_type", "refresh_token"}, {"refresh_token", "5Aep"}}))),
              "invalid_grant: expired access/refresh token");
    EXPECT_EQ(problem(token(client({{"grant_type", "telepathy"}}))),
              "unsupported_grant_type: grant type not supported");
    EXPECT_EQ(problem(token(client({}))), "invalid_request: grant_type is missing");
    EXPECT_EQ(ask_bare("GET", "/services/oauth2/token").status, 405);
}

TEST_F(Oauth, WantsTheSecurityTokenBehindThePassword) {
    EXPECT_EQ(token(password()).status, 200);
    EXPECT_EQ(problem(token(client({{"grant_type", "password"},
                                    {"username", services_->credentials.username},
                                    {"password", services_->credentials.password}}))),
              "invalid_grant: authentication failure");
}

TEST_F(Oauth, GivesNoRefreshTokenForAPassword) {
    const auto reply = read_body(token(password({{"scope", "api refresh_token"}})));
    EXPECT_EQ(status_with(reply["access_token"]), 200);
    EXPECT_FALSE(reply.contains("refresh_token")) << reply;
}

TEST_F(Oauth, RefreshesASessionThatHasExpired) {
    const auto first = services_->sessions.begin(Grant{.scope = "api refresh_token"});
    EXPECT_EQ(ask_bare("POST", "/sandbox/session/expire").status, 200);
    EXPECT_EQ(status_with(first.access), 401);
    EXPECT_EQ(status_with(services_->credentials.access_token), 401);
    const auto again = token(client({{"grant_type", "refresh_token"}, {"refresh_token", first.refresh}}));
    ASSERT_EQ(again.status, 200);
    EXPECT_EQ(status_with(read_body(again)["access_token"]), 200);
    EXPECT_FALSE(read_body(again).contains("refresh_token"));
}

TEST_F(Oauth, EndsASessionThatWasNotUsedForItsLifetime) {
    const auto access = read_body(token(password()))["access_token"].get<std::string>();
    clock_.advance(std::chrono::minutes{119});
    EXPECT_EQ(status_with(access), 200);
    clock_.advance(std::chrono::minutes{119});
    EXPECT_EQ(status_with(access), 200);
    clock_.advance(std::chrono::minutes{120});
    EXPECT_EQ(status_with(access), 401);
}

TEST_F(Oauth, LetsTheLifetimeBeSet) {
    const auto access = read_body(token(password()))["access_token"].get<std::string>();
    EXPECT_EQ(ask_bare("POST", "/sandbox/session", R"({"lifetime_seconds":5})").status, 200);
    clock_.advance(std::chrono::seconds{4});
    EXPECT_EQ(status_with(access), 200);
    clock_.advance(std::chrono::seconds{5});
    EXPECT_EQ(status_with(access), 401);
}

TEST_F(Oauth, SaysWhoTheUserIs) {
    const auto info = read_body(ask("GET", "//services/oauth2/userinfo"));
    EXPECT_EQ(info["user_id"], org_->user_id());
    EXPECT_EQ(info["organization_id"], org_->organization_id());
    EXPECT_EQ(info["preferred_username"], org_->username());
    const auto path = "/id/" + org_->organization_id() + "/" + org_->user_id();
    const auto identity = read_body(ask_bare(
        "GET",
        path + "?format=json&oauth_token=" + http::percent_encode(services_->credentials.access_token)));
    EXPECT_EQ(identity["username"], org_->username());
    const auto refused = ask_bare("GET", path, {}, {{"Authorization", "Bearer nonsense"}});
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.body, "Bad_OAuth_Token");
    EXPECT_EQ(ask_bare("GET", "/services/oauth2/userinfo").status, 403);
}

TEST_F(Oauth, RevokesASession) {
    const auto access = read_body(token(password()))["access_token"].get<std::string>();
    const http::Headers form{{"Content-Type", "application/x-www-form-urlencoded"}};
    EXPECT_EQ(ask_bare("POST", "/services/oauth2/revoke", http::form_body({{"token", access}}), form).status,
              200);
    EXPECT_EQ(status_with(access), 401);
    const auto again =
        ask_bare("POST", "/services/oauth2/revoke", http::form_body({{"token", access}}), form);
    EXPECT_EQ(again.status, 400);
    EXPECT_TRUE(again.body.starts_with("error="));
}

TEST_F(Oauth, CostsNothing) {
    token(password());
    ask("GET", "/services/oauth2/userinfo");
    EXPECT_EQ(services_->allowance.figures().used, 0);
}

}  // namespace
}  // namespace koppla::sandbox
