#include "crm/salesforce/browser.h"

#include "crm/salesforce/test/org.h"
#include "crm/signing.h"

#include <gmock/gmock.h>

namespace koppla::salesforce {
namespace {

using test::Answer;
using test::server;
using testing::HasSubstr;

/// An account whose person logs in by a browser.
struct Account {
    explicit Account(test::ScriptedClient::Script script) : client{std::move(script)} {}
    [[nodiscard]] Result<std::unique_ptr<BrowserLogin>> begin() {
        auto begun = TRY(log_in_by_person({.settings = settings,
                                           .secrets = {},
                                           .client = client,
                                           .tokens = tokens,
                                           .clock = clock,
                                           .account = "acme"},
                                          {}));
        return std::get<std::unique_ptr<BrowserLogin>>(std::move(begun));
    }
    model::Settings settings = {{"server", server}, {"auth", "browser"}, {"client-id", "app"}};
    test::ScriptedClient client;
    test::MemoryTokens tokens;
    ManualClock clock;
};

Answer code_answer(const http::Request&) {
    return {.body = R"({"access_token":"a","refresh_token":"r","instance_url":")" + server + R"("})"};
}

std::string state_of(const BrowserLogin& login) {
    return http::form_value(login.address().substr(login.address().find('?') + 1), "state").value();
}

TEST(Browser, TheAnswerIsRedeemedByTheVerifierThatWasPromised) {
    Account account{code_answer};
    const auto login = account.begin().value();
    EXPECT_THAT(login->address(), testing::StartsWith(server + "/services/oauth2/authorize?"));
    const std::string query = login->address().substr(login->address().find('?') + 1);
    EXPECT_EQ(http::form_value(query, "response_type"), "code");
    EXPECT_EQ(http::form_value(query, "redirect_uri"), "http://localhost:1717/OauthRedirect");
    EXPECT_EQ(http::form_value(query, "code_challenge_method"), "S256");
    EXPECT_EQ(http::form_value(query, "scope"), "api refresh_token");

    const auto notices =
        login->finish(login->callback() + "?code=c%3D%3D&state=" + state_of(*login) + "\n", {});
    ASSERT_TRUE(notices) << notices.error().message;
    EXPECT_TRUE(notices->empty());
    const http::Request request = account.client.requests().at(0);
    EXPECT_EQ(http::form_value(request.body, "grant_type"), "authorization_code");
    EXPECT_EQ(http::form_value(request.body, "code"), "c==");
    const std::string verifier = http::form_value(request.body, "code_verifier").value();
    EXPECT_GE(verifier.size(), 43U);
    EXPECT_EQ(base64url(sha256(verifier)), http::form_value(query, "code_challenge"));
    EXPECT_EQ(account.tokens.current({}).value()->refresh_token.reveal(), "r");
}

TEST(Browser, EveryLoginHasAStateAndAVerifierOfItsOwn) {
    Account account{code_answer};
    EXPECT_NE(account.begin().value()->address(), account.begin().value()->address());
    const auto one = account.begin().value();
    const auto other = account.begin().value();
    for (const std::string& answer :
         {one->callback() + "?code=c&state=" + state_of(*other), one->callback() + "?code=c", std::string{},
          "?state=" + state_of(*one), std::string{"code=c"}}) {
        const auto finished = one->finish(answer, {});
        EXPECT_FALSE(finished) << answer;
    }
    EXPECT_TRUE(account.client.requests().empty());
}

TEST(Browser, ARefusalIsTold) {
    Account account{code_answer};
    const auto login = account.begin().value();
    const auto finished = login->finish(
        "/OauthRedirect?error=access_denied&error_description=end-user+denied&state=" + state_of(*login), {});
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().symbol, "access_denied");
    EXPECT_THAT(finished.error().message, HasSubstr("end-user denied"));
    EXPECT_TRUE(account.client.requests().empty());
}

TEST(Browser, WithoutARefreshTokenTheScopeIsNamed) {
    Account account{[](const http::Request&) -> Answer { return {.body = test::token_answer("a")}; }};
    const auto login = account.begin().value();
    const auto notices = login->finish("?code=c&state=" + state_of(*login), {});
    ASSERT_TRUE(notices);
    EXPECT_THAT(notices->at(0), HasSubstr("refresh_token"));
}

TEST(Browser, AnAccountThatLogsInByItselfNeedsNone) {
    Account account{code_answer};
    account.settings["auth"] = "access-token";
    EXPECT_FALSE(account.begin());
}

}  // namespace
}  // namespace koppla::salesforce
