#include "http/message.h"

#include <gtest/gtest.h>

namespace koppla::http {
namespace {

TEST(Headers, compare_names_without_case_and_keep_them_as_given) {
    Headers headers{{"ETag", "1"}, {"etag", "2"}, {"X", ""}};
    EXPECT_EQ(headers.find("ETAG"), "1");
    EXPECT_EQ(headers.find("x"), "");
    EXPECT_EQ(headers.find("E"), std::nullopt);
    EXPECT_EQ(headers.begin()->first, "ETag");
    headers.set("Etag", "3");
    EXPECT_EQ(headers.find("etag"), "3");
    EXPECT_EQ(std::distance(headers.begin(), headers.end()), 2);
}

TEST(PercentEncoding, leaves_unreserved_characters_only) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", ""},
        {"a b&c", "a%20b%26c"},
        {"AZaz09-._~", "AZaz09-._~"},
        {"/?#[]@!$'()*+,;=%", "%2F%3F%23%5B%5D%40%21%24%27%28%29%2A%2B%2C%3B%3D%25"},
        {"é\xF0\x9F\x98\x80", "%C3%A9%F0%9F%98%80"},
        {std::string{"\0\n\x7f", 3}, "%00%0A%7F"},
    };
    for (const auto& [text, encoded] : table) {
        EXPECT_EQ(percent_encode(text), encoded);
        EXPECT_EQ(percent_decode(encoded), text);
    }
}

TEST(PercentDecoding, leaves_bad_escapes_as_they_are) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"a+b", "a b"}, {"%2", "%2"},   {"%", "%"},         {"%zz", "%zz"},  {"%4", "%4"},   {"%41", "A"},
        {"%4a", "J"},   {"%%41", "%A"}, {"100%25", "100%"}, {"%C3%A9", "é"}, {"%2g", "%2g"}, {"%2B", "+"},
    };
    for (const auto& [encoded, text] : table) EXPECT_EQ(percent_decode(encoded), text) << encoded;
}

TEST(Url, is_taken_apart) {
    struct Row {
        std::string text, scheme, host;
        int port;
        std::string path_and_query;
    };
    const std::vector<Row> table = {
        {"https://acme.my.salesforce.com/services?q=1", "https", "acme.my.salesforce.com", 443,
         "/services?q=1"},
        {"HTTPS://Acme.Example:8443", "https", "acme.example", 8443, "/"},
        {"http://127.0.0.1:80/", "http", "127.0.0.1", 80, "/"},
        {"http://h", "http", "h", 80, "/"},
        {"https://h?x=/y", "https", "h", 443, "/?x=/y"},
        {"https://h/a#part", "https", "h", 443, "/a"},
        {"https://h#part", "https", "h", 443, "/"},
        {"https://[::1]:8443/x", "https", "[::1]", 8443, "/x"},
        {"https://[fe80::1]/x", "https", "[fe80::1]", 443, "/x"},
        {"https://h/a@b:c", "https", "h", 443, "/a@b:c"},
    };
    for (const auto& row : table) {
        const auto url = parse_url(row.text);
        ASSERT_TRUE(url) << row.text;
        EXPECT_EQ(url->scheme, row.scheme);
        EXPECT_EQ(url->host, row.host);
        EXPECT_EQ(url->port, row.port);
        EXPECT_EQ(url->path_and_query, row.path_and_query);
    }
}

TEST(Url, that_could_be_read_in_two_ways_is_refused) {
    for (const std::string text : {"",
                                   "https",
                                   "https://",
                                   "https:///x",
                                   "//host/x",
                                   "://host",
                                   "/path",
                                   "https://user@host/",
                                   "https://a:b@host/",
                                   "https://host:/",
                                   "https://host:0/",
                                   "https://host:65536/",
                                   "https://host:8x/",
                                   "https://host:-1/",
                                   "https://ho st/",
                                   "https://host/a b",
                                   "https://host\\@evil/",
                                   "https://host/\r\nX: y",
                                   "https://host/\x01",
                                   "https://höst/",
                                   "https://host/é",
                                   "https://[::1",
                                   "https://[::1]x/",
                                   "https://[]/",
                                   "https://ho%73t/",
                                   "ftp://host/",
                                   "1ht://host/",
                                   "https://::1/"}) {
        EXPECT_FALSE(parse_url(text)) << text;
    }
}

TEST(Form, value_is_the_first_of_that_name_decoded) {
    const std::string form = "a=1&b=x+y%26z&a=2&empty=&bare&%63=3&=nameless&&d==";
    EXPECT_EQ(form_value(form, "a"), "1");
    EXPECT_EQ(form_value(form, "b"), "x y&z");
    EXPECT_EQ(form_value(form, "empty"), "");
    EXPECT_EQ(form_value(form, "bare"), "");
    EXPECT_EQ(form_value(form, "c"), "3");
    EXPECT_EQ(form_value(form, "d"), "=");
    EXPECT_EQ(form_value(form, "e"), std::nullopt);
    EXPECT_EQ(form_value("", "a"), std::nullopt);
}

TEST(Form, body_reads_back_as_written) {
    const auto body = form_body({{"grant_type", "password"}, {"p&=", "a+b c=ü&"}, {"e", ""}});
    EXPECT_EQ(body, "grant_type=password&p%26%3D=a%2Bb%20c%3D%C3%BC%26&e=");
    EXPECT_EQ(form_value(body, "p&="), "a+b c=ü&");
    EXPECT_EQ(form_body({}), "");
}

}  // namespace
}  // namespace koppla::http
