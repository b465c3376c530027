#include "http/curl_client.h"

#include "http/loopback_test.h"
#include "http/serve/gzip.h"

#include <future>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(CurlClient, brings_status_headers_and_body_and_sends_what_it_was_given) {
    Loopback loopback{[](const Request& request, Exchange& exchange) {
        exchange.reply(
            {.status = 201,
             .headers = {{"X-Method", request.method},
                         {"X-Empty", std::string{request.headers.find("x-empty").value_or("missing")}},
                         {"X-Type", std::string{request.headers.find("content-type").value_or("none")}},
                         {"x-Seen", std::string{request.headers.find("X-Given").value_or("")}}},
             .body = request.target + "|" + request.body});
    }};
    CurlClient client{loopback.transport()};
    for (const std::string method : {"GET", "POST", "PATCH", "PUT", "DELETE"}) {
        const std::string body = method == "GET" || method == "DELETE" ? "" : "a\r\nb";
        const auto response = send_text(client,
                                        {.method = method,
                                         .target = loopback.url("/p%20q?x=1&y=%2F"),
                                         .headers = {{"X-Given", " ä "}, {"X-Empty", ""}},
                                         .body = body},
                                        {});
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->status, 201);
        EXPECT_EQ(response->headers.find("x-method"), method);
        EXPECT_EQ(response->headers.find("x-seen"), "ä");
        EXPECT_EQ(response->headers.find("x-empty"), "");
        EXPECT_EQ(response->headers.find("x-type"), "none");
        EXPECT_EQ(response->body, "/p%20q?x=1&y=%2F|" + body);
    }
}

TEST(CurlClient, says_that_a_certificate_has_expired) {
    Loopback loopback{replies({.status = 200}),
                      {.certificate = {.common_name = "x", .names = {"127.0.0.1"}, .days_valid = -2}}};
    CurlClient client{loopback.transport()};
    const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {}));
    EXPECT_EQ(failure.kind, ErrorKind::denied);
    EXPECT_THAT(failure.message, AllOf(HasSubstr("expired"), HasSubstr("127.0.0.1"), Not(HasSubstr("--ca"))));
    EXPECT_EQ(loopback.handler.requests, 0);
}

TEST(CurlClient, says_that_a_certificate_is_self_signed_and_takes_it_once_it_is_trusted) {
    Loopback loopback{replies({.status = 200}), {.is_self_signed = true}};
    CurlClient client{loopback.transport()};
    const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {}));
    EXPECT_EQ(failure.kind, ErrorKind::denied);
    EXPECT_THAT(failure.message, AllOf(HasSubstr("self-signed"), HasSubstr("--ca FILE")));
    EXPECT_EQ(loopback.handler.requests, 0);

    auto transport = loopback.transport();
    transport.ca_file = loopback.certificate_file;
    CurlClient trusting{transport};
    EXPECT_TRUE(send_text(trusting, {.target = loopback.url()}, {}));
}

TEST(CurlClient, says_that_an_authority_is_unknown) {
    Loopback loopback{replies({.status = 200})};
    const Loopback other{replies({.status = 200})};
    for (const auto& ca_file : {std::optional<std::string>{}, std::optional{other.ca_file}}) {
        auto transport = loopback.transport();
        transport.ca_file = ca_file;
        CurlClient client{transport};
        const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {}));
        EXPECT_EQ(failure.kind, ErrorKind::denied) << failure.message;
    }
    auto transport = loopback.transport();
    transport.ca_file.reset();
    CurlClient client{transport};
    const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {}));
    EXPECT_THAT(failure.message,
                AllOf(HasSubstr("authority that this machine doesn't know"), HasSubstr("--ca FILE")));
    EXPECT_EQ(loopback.handler.requests, 0);
}

TEST(CurlClient, says_that_a_certificate_is_for_another_name_and_for_which) {
    Loopback loopback{replies({.status = 200}),
                      {.certificate = {.common_name = "127.0.0.1", .names = {"crm.example", "10.1.2.3"}}}};
    CurlClient client{loopback.transport()};
    const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {}));
    EXPECT_EQ(failure.kind, ErrorKind::denied);
    EXPECT_THAT(failure.message, AllOf(HasSubstr("not for 127.0.0.1"), HasSubstr("crm.example")));
    EXPECT_EQ(loopback.handler.requests, 0);
}

TEST(CurlClient, names_a_ca_file_that_is_missing_empty_or_damaged) {
    const TemporaryFolder folder;
    const auto authority = make_authority({.common_name = "x"}).value();
    const auto empty = folder.write("empty.pem", "no certificate here\n");
    const auto damaged = folder.write(
        "damaged.pem", authority.certificate_pem.substr(0, 300) + "\n-----END CERTIFICATE-----\n");
    for (const auto& file : {std::string{"/nowhere/ca.pem"}, empty, damaged}) {
        CurlClient client{{.ca_file = file, .allowed_hosts = {"127.0.0.1"}}};
        const auto failure = failure_of(send_text(client, {.target = "https://127.0.0.1:1/"}, {}));
        EXPECT_EQ(failure.kind, ErrorKind::invalid);
        EXPECT_THAT(failure.message, AllOf(HasSubstr("CA file"), HasSubstr(file)));
    }
}

TEST(CurlClient, refuses_http_and_hosts_that_are_not_allowed_before_it_connects) {
    Loopback loopback{replies({.status = 200})};
    auto transport = loopback.transport();
    transport.allowed_hosts = {"crm.example", "*.crm.example", "127.0.0.1:1"};
    CurlClient client{transport};
    const auto other_host = failure_of(send_text(client, {.target = loopback.url("/x?token=geheim")}, {}));
    EXPECT_EQ(other_host.kind, ErrorKind::invalid);
    EXPECT_THAT(other_host.message,
                AllOf(HasSubstr("127.0.0.1"), HasSubstr("crm.example"), Not(HasSubstr("geheim"))));

    const auto http = failure_of(send_text(client, {.target = "http://crm.example/"}, {}));
    EXPECT_EQ(http.kind, ErrorKind::invalid);
    EXPECT_THAT(http.message, HasSubstr("only https"));
    EXPECT_EQ(loopback.handler.requests, 0);
}

TEST(CurlClient, does_not_follow_a_redirect) {
    Loopback loopback{[](const Request&, Exchange& exchange) {
        exchange.reply({.status = 302, .headers = {{"Location", "/elsewhere"}}, .body = "over there"});
    }};
    CurlClient client{loopback.transport()};
    const auto response = send_text(client, {.target = loopback.url()}, {});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 302);
    EXPECT_EQ(response->headers.find("location"), "/elsewhere");
    EXPECT_EQ(response->body, "over there");
    EXPECT_EQ(loopback.handler.requests, 1);
}

TEST(CurlClient, keeps_the_start_of_an_error_body_that_is_too_long) {
    Loopback loopback{replies({.status = 500, .body = std::string(300'000, 'e')})};
    auto transport = loopback.transport();
    transport.error_body_bytes_max = 1000;
    CurlClient client{transport};
    for (int i = 0; i < 2; ++i) {
        const auto response = send_text(client, {.target = loopback.url()}, {});
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->status, 500);
        EXPECT_EQ(response->body, std::string(1000, 'e'));
    }
}

TEST(CurlClient, fails_on_a_body_or_headers_beyond_their_bound) {
    Loopback loopback{replies(
        {.status = 200, .headers = {{"X", std::string(3000, 'h')}}, .body = std::string(50'000, 'b')})};
    auto transport = loopback.transport();
    CurlClient client{transport};
    const auto body = failure_of(send_text(client, {.target = loopback.url()}, {}, 49'999));
    EXPECT_EQ(body.kind, ErrorKind::corrupt);
    EXPECT_THAT(body.message, HasSubstr("49999"));
    EXPECT_TRUE(send_text(client, {.target = loopback.url()}, {}, 50'000));

    transport.header_bytes_max = 2000;
    CurlClient narrow{transport};
    const auto headers = failure_of(send_text(narrow, {.target = loopback.url()}, {}));
    EXPECT_EQ(headers.kind, ErrorKind::corrupt);
    EXPECT_THAT(headers.message, HasSubstr("2000"));
}

TEST(CurlClient, tells_a_zipped_answer_that_was_cut_from_a_whole_one) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + "\n";
    Gzip gzip;
    auto zipped = gzip.put(text);
    zipped += gzip.finish();
    std::string body;
    int status = 200;
    Loopback loopback{[&](const Request&, Exchange& exchange) {
        exchange.reply({.status = status, .headers = {{"Content-Encoding", "gzip"}}, .body = body});
    }};
    CurlClient client{loopback.transport()};
    body = zipped;
    EXPECT_TRUE(send_text(client, {.target = loopback.url()}, {})->body == text);
    for (const std::size_t size : {zipped.size() - 1, zipped.size() - 9, zipped.size() / 2, std::size_t{5}}) {
        body = zipped.substr(0, size);
        const auto cut = failure_of(send_text(client, {.target = loopback.url()}, {}));
        EXPECT_EQ(cut.kind, ErrorKind::in_doubt) << size;
        EXPECT_THAT(cut.message, HasSubstr("in the middle of its gzip stream")) << size;
    }
    body = zipped + "more";
    EXPECT_EQ(failure_of(send_text(client, {.target = loopback.url()}, {})).kind, ErrorKind::corrupt);
    status = 500;
    body = zipped;
    const auto refused = send_text(client, {.target = loopback.url()}, {});
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_TRUE(text.starts_with(refused->body));
    EXPECT_FALSE(refused->body.empty());
}

TEST(CurlClient, unzips_and_says_that_it_can) {
    const auto text = std::string(200'000, 'z') + "end";
    Loopback loopback{[&](const Request& request, Exchange& exchange) {
        if (request.target == "/broken") {
            return exchange.reply(
                {.status = 200, .headers = {{"Content-Encoding", "gzip"}}, .body = "no zip"});
        }
        exchange.reply(
            {.status = 200,
             .headers = {{"X-Accepts", std::string{request.headers.find("Accept-Encoding").value_or("")}}},
             .body = text});
    }};
    CurlClient client{loopback.transport()};
    const auto zipped = send_text(client, {.target = loopback.url()}, {});
    ASSERT_TRUE(zipped) << zipped.error().message;
    EXPECT_EQ(zipped->headers.find("content-encoding"), "gzip");
    EXPECT_EQ(zipped->headers.find("x-accepts"), "gzip");
    EXPECT_EQ(zipped->body, text);
    EXPECT_FALSE(send_text(client, {.target = loopback.url("/broken")}, {}));

    auto transport = loopback.transport();
    transport.accepts_gzip = false;
    CurlClient plain{transport};
    const auto unzipped = send_text(plain, {.target = loopback.url()}, {});
    ASSERT_TRUE(unzipped);
    EXPECT_EQ(unzipped->headers.find("content-encoding"), std::nullopt);
    EXPECT_EQ(unzipped->body, text);
}

TEST(CurlClient, serves_eight_threads_at_once) {
    Loopback loopback{[](const Request& request, Exchange& exchange) {
        exchange.reply({.status = 200, .body = std::string(2000, request.body.at(0)) + request.body});
    }};
    CurlClient client{loopback.transport()};
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 20; ++i) {
                    const auto body = std::string(1, static_cast<char>('a' + t)) + std::to_string(i);
                    const auto response =
                        send_text(client, {.method = "POST", .target = loopback.url(), .body = body}, {});
                    if (response && response->body == std::string(2000, body[0]) + body) ++right;
                }
            });
        }
    }
    EXPECT_EQ(right, 160);
}

/// Takes what arrives, and refuses after so many bytes.
class Refusing final : public BodySink {
  public:
    Result<void> put(std::string_view bytes) override {
        taken += bytes.size();
        if (taken > 100'000) return error(ErrorKind::conflict, "enough");
        return {};
    }
    std::size_t taken = 0;
};

TEST(CurlClient, ends_with_the_error_of_its_sink) {
    Loopback loopback{replies({.status = 200, .body = std::string(4 << 20, 'x')})};
    auto transport = loopback.transport();
    transport.accepts_gzip = false;
    CurlClient client{transport};
    Refusing sink;
    const auto failure = failure_of(client.send({.target = loopback.url()}, sink, {}));
    EXPECT_EQ(failure.kind, ErrorKind::conflict);
    EXPECT_EQ(failure.message, "enough");
    EXPECT_LT(sink.taken, 2U << 20);
    EXPECT_TRUE(send_text(client, {.target = loopback.url()}, {}));
}

class Throwing final : public BodySink {
  public:
    Result<void> put(std::string_view) override { throw std::runtime_error{"thrown"}; }
};

TEST(CurlClient, lets_an_exception_of_its_sink_pass) {
    Loopback loopback{replies({.status = 200, .body = "x"})};
    CurlClient client{loopback.transport()};
    Throwing sink;
    EXPECT_THROW((void)client.send({.target = loopback.url()}, sink, {}), std::runtime_error);
    EXPECT_TRUE(send_text(client, {.target = loopback.url()}, {}));
}

/// Counts, and opens a gate at the first megabyte.
class Counting final : public BodySink {
  public:
    Result<void> put(std::string_view bytes) override {
        taken += bytes.size();
        if (taken >= (1U << 20) && !is_open) {
            is_open = true;
            gate.set_value();
        }
        return {};
    }
    std::size_t taken = 0;
    bool is_open = false;
    std::promise<void> gate;
};

TEST(CurlClient, hands_on_a_long_body_while_it_is_still_being_sent) {
    Counting sink;
    auto opened = sink.gate.get_future();
    bool was_early = false;
    Loopback loopback{[&](const Request&, Exchange& exchange) {
        const std::string piece(1 << 20, 'x');
        exchange.begin({.status = 200});
        for (int i = 0; i < 4; ++i) exchange.write(piece);
        was_early = opened.wait_for(std::chrono::seconds{20}) == std::future_status::ready;
        for (int i = 4; i < 32; ++i) exchange.write(piece);
        exchange.end();
    }};
    auto transport = loopback.transport();
    transport.accepts_gzip = false;
    CurlClient client{transport};
    const auto response = client.send({.target = loopback.url()}, sink, {});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_TRUE(was_early);
    EXPECT_EQ(sink.taken, 32U << 20);
    EXPECT_TRUE(response->body.empty());
}

TEST(CurlClient, sends_a_large_body_from_memory) {
    std::string body;
    for (int i = 0; body.size() < (9U << 20); ++i) body += std::to_string(i) + ',';
    Loopback loopback{[&](const Request& request, Exchange& exchange) {
        exchange.reply({.status = request.body == body ? 200 : 400});
    }};
    CurlClient client{loopback.transport()};
    const auto response = send_text(client, {.method = "PUT", .target = loopback.url(), .body = body}, {});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
}

TEST(CurlClient, passes_a_long_url) {
    const auto path = "/" + std::string(16 << 10, 'u');
    Loopback loopback{[&](const Request& request, Exchange& exchange) {
        exchange.reply({.status = request.target == path ? 200 : 400});
    }};
    CurlClient client{loopback.transport()};
    const auto response = send_text(client, {.target = loopback.url(path)}, {});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
}

TEST(CurlClient, takes_the_headers_of_the_last_answer_only) {
    Loopback loopback{replies({.status = 204, .headers = {{"A", "1"}, {"A", "2"}}})};
    CurlClient client{loopback.transport()};
    for (int i = 0; i < 2; ++i) {
        const auto response = send_text(client, {.target = loopback.url()}, {});
        ASSERT_TRUE(response);
        EXPECT_EQ(std::count_if(response->headers.begin(), response->headers.end(),
                                [](const auto& field) { return field.first == "A"; }),
                  2);
        EXPECT_EQ(response->body, "");
    }
}

TEST(CurlClient, head_brings_no_body) {
    Loopback loopback{replies({.status = 200, .body = "12345"})};
    CurlClient client{loopback.transport()};
    for (int i = 0; i < 2; ++i) {
        const auto response = send_text(client, {.method = "HEAD", .target = loopback.url()}, {});
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->headers.find("content-length"), "5");
        EXPECT_EQ(response->body, "");
    }
}

}  // namespace
}  // namespace koppla::http
