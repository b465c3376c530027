#include "http/curl/destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(AllowedHosts, are_compared_whole) {
    struct Row {
        std::string pattern, url;
        bool is_covered;
    };
    const std::vector<Row> table = {
        {"acme.example", "https://acme.example/", true},
        {"Acme.Example", "https://ACME.example:8443/", true},
        {"acme.example:443", "https://acme.example/", true},
        {"acme.example:443", "https://acme.example:8443/", false},
        {"acme.example", "https://acme.example.evil/", false},
        {"acme.example", "https://evilacme.example/", false},
        {"acme.example", "https://a.acme.example/", false},
        {"*.acme.example", "https://a.acme.example/", true},
        {"*.acme.example", "https://a.b.acme.example/", true},
        {"*.acme.example", "https://acme.example/", false},
        {"*.acme.example", "https://.acme.example/", false},
        {"*.acme.example", "https://evilacme.example/", false},
        {"*.acme.example:8443", "https://a.acme.example:8443/", true},
        {"*.acme.example:8443", "https://a.acme.example/", false},
        {"[::1]", "https://[::1]:8443/", true},
        {"[::1]:8443", "https://[::1]:8443/", true},
        {"[::1]:8443", "https://[::1]/", false},
        {"*", "https://acme.example/", false},
        {"*.", "https://acme.example/", false},
        {"", "https://acme.example/", false},
        {"acme.example", "https://acme.example./", false},
    };
    for (const auto& row : table) {
        const auto url = parse_url(row.url);
        ASSERT_TRUE(url) << row.url;
        EXPECT_EQ(covers(row.pattern, *url), row.is_covered) << row.pattern << " and " << row.url;
    }
}

Result<Url> check(const Request& request) {
    return check_request(request, {"host"});
}

TEST(CheckRequest, refuses_what_would_become_another_line) {
    const std::vector<Request> table = {
        {.target = "https://host/a\r\nX: y"},
        {.target = "https://host/a b"},
        {.target = "https://host/\n"},
        {.method = "GET /x HTTP/1.1\r\nX:", .target = "https://host/"},
        {.method = "", .target = "https://host/"},
        {.target = "https://host/", .headers = {{"X", "a\r\nY: b"}}},
        {.target = "https://host/", .headers = {{"X", "a\n"}}},
        {.target = "https://host/", .headers = {{"X", std::string{"a\0b", 3}}}},
        {.target = "https://host/", .headers = {{"X\r\nY", "a"}}},
        {.target = "https://host/", .headers = {{"X:", "a"}}},
        {.target = "https://host/", .headers = {{"", "a"}}},
        {.target = "https://host/", .headers = {{"content-LENGTH", "3"}}},
        {.target = "https://host/", .headers = {{"Transfer-Encoding", "chunked"}}},
        {.target = "https://host/", .headers = {{"Host", "other"}}},
    };
    for (const auto& request : table) {
        const auto checked = check(request);
        ASSERT_FALSE(checked) << describe(request);
        EXPECT_EQ(checked.error().kind, ErrorKind::invalid);
        EXPECT_THAT(checked.error().message, Not(HasSubstr("\n")));
        EXPECT_THAT(checked.error().message, Not(HasSubstr("\r")));
    }
    EXPECT_TRUE(check({.target = "https://host/a%0D%0A", .headers = {{"X-1", "a\tü; b=\"c\""}}}));
}

TEST(CheckRequest, never_shows_a_query_a_user_name_or_a_header_value) {
    for (const auto& request :
         std::vector<Request>{{.target = "https://me:geheim@host/x"},
                              {.target = "https://other/x?token=geheim"},
                              {.target = "http://host/x?token=geheim"},
                              {.target = "https://host/", .headers = {{"A", "geheim\n"}}}}) {
        const auto checked = check(request);
        ASSERT_FALSE(checked);
        EXPECT_THAT(checked.error().message, Not(HasSubstr("geheim")));
    }
}

TEST(CheckRequest, allows_no_host_where_none_is_named) {
    const auto checked = check_request({.target = "https://host/"}, {});
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, HasSubstr("none"));
}

}  // namespace
}  // namespace koppla::http
