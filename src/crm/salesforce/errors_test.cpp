#include "crm/salesforce/errors.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {
namespace {

struct Case {
    int status;
    std::string body;
    ErrorKind kind;
    std::string symbol, words;
};

std::string api_body(const std::string& code, const std::string& message) {
    return nlohmann::json::array({{{"errorCode", code}, {"message", message}}}).dump();
}

TEST(Errors, SayWhatTheCallerShallDo) {
    const std::vector<Case> cases = {
        {400, api_body("MALFORMED_QUERY", "unexpected token: x"), ErrorKind::invalid, "MALFORMED_QUERY",
         "unexpected token"},
        {400, api_body("INVALID_FIELD", "No such column 'x' on entity 'Y'"), ErrorKind::invalid,
         "INVALID_FIELD", "column 'x'"},
        {400, api_body("INVALID_TYPE", "sObject type 'X'"), ErrorKind::not_found, "INVALID_TYPE",
         "can't see it"},
        {400, api_body("INVALID_QUERY_LOCATOR", "gone"), ErrorKind::expired, "INVALID_QUERY_LOCATOR",
         "begin again"},
        {400, api_body("QUERY_TIMEOUT", "slow"), ErrorKind::unavailable, "QUERY_TIMEOUT", "indexed"},
        {400, api_body("INVALIDENTITY", "X is not supported by the Bulk API"), ErrorKind::unsupported,
         "INVALIDENTITY", "pages"},
        {400, api_body("API_ERROR", "Implementation restriction: x"), ErrorKind::unsupported, "API_ERROR",
         "View All"},
        {400, api_body("API_ERROR", "job is not terminated"), ErrorKind::invalid, "API_ERROR",
         "not terminated"},
        {400, api_body("UNABLE_TO_LOCK_ROW", "x"), ErrorKind::unavailable, "UNABLE_TO_LOCK_ROW", ""},
        {400, api_body("DUPLICATE_VALUE", "x"), ErrorKind::conflict, "DUPLICATE_VALUE", ""},
        {400, api_body("SOMETHING_NEW", "x"), ErrorKind::invalid, "SOMETHING_NEW", "SOMETHING_NEW"},
        {401, api_body("INVALID_SESSION_ID", "Session expired or invalid"), ErrorKind::expired,
         "INVALID_SESSION_ID", ""},
        {403, api_body("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), ErrorKind::throttled,
         "REQUEST_LIMIT_EXCEEDED", "allowance"},
        {403, api_body("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded"),
         ErrorKind::unavailable, "REQUEST_LIMIT_EXCEEDED", "same time"},
        {403, api_body("API_CURRENTLY_DISABLED", "x"), ErrorKind::denied, "API_CURRENTLY_DISABLED",
         "API Enabled"},
        {404, api_body("NOT_FOUND", "The requested resource does not exist"), ErrorKind::not_found,
         "NOT_FOUND", ""},
        {410, api_body("GONE", "x"), ErrorKind::unsupported, "GONE", "api-version"},
        {410, "", ErrorKind::unsupported, "HTTP 410", "api-version"},
        {414, "<html>too long</html>", ErrorKind::invalid, "HTTP 414", "fewer fields"},
        {431, api_body("URI_TOO_LONG", "x"), ErrorKind::invalid, "HTTP 431", "fewer fields"},
        {406, "", ErrorKind::unavailable, "HTTP 406", ""},
        {420, "", ErrorKind::unavailable, "HTTP 420", "moved"},
        {429, "", ErrorKind::throttled, "HTTP 429", ""},
        {500, api_body("UNKNOWN_EXCEPTION", "An unexpected error (123)"), ErrorKind::unavailable,
         "UNKNOWN_EXCEPTION", "123"},
        {503, "<html><body>Maintenance</body></html>", ErrorKind::unavailable, "HTML", "web page"},
        {503, "{broken", ErrorKind::unavailable, "HTTP 503", ""},
        {302, "", ErrorKind::invalid, "HTTP 302", "points elsewhere"},
        {400, "[]", ErrorKind::invalid, "HTTP 400", ""},
        {400, "[7]", ErrorKind::invalid, "HTTP 400", ""},
        {400, "null", ErrorKind::invalid, "HTTP 400", ""},
    };
    for (const Case& each : cases) {
        const Error error = error_of(each.status, each.body, "reading Contact");
        EXPECT_EQ(name(error.kind), name(each.kind)) << each.status << each.body;
        EXPECT_EQ(error.symbol, each.symbol) << each.body;
        EXPECT_TRUE(error.message.starts_with("reading Contact failed")) << error.message;
        EXPECT_NE(error.message.find(each.words), std::string::npos) << error.message;
    }
}

TEST(Errors, RetryAfterIsHandedOn) {
    const http::Response response{.status = 503, .headers = {{"Retry-After", "7"}}};
    EXPECT_EQ(error_of(response, "x").retry_after, std::chrono::milliseconds{7'000});
    const http::Response odd{.status = 503, .headers = {{"Retry-After", "tomorrow"}}};
    EXPECT_FALSE(error_of(odd, "x").retry_after);
}

TEST(Errors, OfALoginNameTheSettingToLookAt) {
    const std::vector<std::tuple<int, std::string, std::string, ErrorKind, std::string>> cases = {
        {400, "invalid_client_id", "client identifier invalid", ErrorKind::denied, "'client-id'"},
        {400, "invalid_client", "invalid client credentials", ErrorKind::denied, "'client-secret'"},
        {400, "invalid_grant", "authentication failure", ErrorKind::denied, "'security-token'"},
        {400, "invalid_grant", "authentication failure - Invalid Password", ErrorKind::denied, "'password'"},
        {400, "invalid_grant", "user hasn't approved this consumer", ErrorKind::denied, "administrator"},
        {400, "invalid_grant", "no client credentials user enabled", ErrorKind::denied, "Run As"},
        {400, "invalid_grant", "something new", ErrorKind::denied, "'password'"},
        {400, "unsupported_grant_type", "grant type not supported", ErrorKind::unsupported, "'server'"},
        {503, "server_error", "x", ErrorKind::unavailable, ""},
    };
    for (const auto& [status, code, description, kind, words] : cases) {
        const http::Response response{
            .status = status,
            .body = nlohmann::json{{"error", code}, {"error_description", description}}.dump()};
        const Error error = login_error_of(response, "https://acme.my.salesforce.com",
                                           "look at 'password' and 'security-token'");
        EXPECT_EQ(name(error.kind), name(kind)) << code;
        EXPECT_EQ(error.symbol, code);
        EXPECT_TRUE(error.message.starts_with("logging in at https://acme.my.salesforce.com failed"))
            << error.message;
        EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    }
}

TEST(Errors, TextFromOutsideIsBoundedAndHarmless) {
    const std::string text = shown(std::string(499, 'x') + "😀" + std::string(10'000, 'y'));
    EXPECT_LT(text.size(), 520U);
    EXPECT_EQ(text, std::string(499, 'x') + "…");
    EXPECT_EQ(shown("a\x1b[31mb\n"), "a [31mb ");
    EXPECT_EQ(shown("grün"), "grün");
}

TEST(Errors, RecordedBodiesAreRead) {
    const char* const set = std::getenv("KOPPLA_SHARED");
    const std::filesystem::path shared = set != nullptr
                                             ? std::filesystem::path{set}
                                             : std::filesystem::path{__FILE__} / "../../../../../shared";
    const auto folder = (shared / "data/salesforce/recorded/restforce").lexically_normal();
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "there are no recorded bodies at " << folder;
    int found = 0;
    for (const auto& each : std::filesystem::directory_iterator{folder}) {
        const std::string file = each.path().filename().string();
        if (file.find("error") == std::string::npos || file.find("multiple") != std::string::npos) continue;
        std::stringstream body;
        body << std::ifstream{each.path()}.rdbuf();
        const bool is_login = file.starts_with("auth") || file.starts_with("refresh");
        const Error error = is_login ? login_error_of({.status = 400, .body = body.str()}, "x", "")
                                     : error_of(400, body.str(), "x");
        EXPECT_FALSE(error.symbol.starts_with("HTTP")) << file << ": " << error.message;
        ++found;
    }
    EXPECT_GE(found, 8);
}

}  // namespace
}  // namespace koppla::salesforce
