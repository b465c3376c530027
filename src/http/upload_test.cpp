#include "base/test/manual_clock.h"
#include "http/curl_client.h"
#include "http/loopback_test.h"
#include "http/pieces_test.h"
#include "http/retrying.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla::http {
namespace {

using testing::HasSubstr;

std::string numbers(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += std::to_string(i) + ",";
    return text;
}

/// Answers with the length that was announced and the body that came.
Answering::Function echo() {
    return [](const Request& request, Exchange& exchange) {
        exchange.reply(
            {.status = 201,
             .headers = {{"X-Method", request.method},
                         {"X-Length", std::string{request.headers.find("Content-Length").value_or("")}},
                         {"X-Type", std::string{request.headers.find("Content-Type").value_or("")}}},
             .body = request.body});
    };
}

TEST(Upload, a_body_that_is_made_while_it_is_sent_arrives_whole_with_its_length) {
    Loopback loopback{echo()};
    CurlClient client{loopback.transport()};
    for (const std::string method : {"PUT", "POST", "PATCH"}) {
        for (const int count : {0, 1, 200'000}) {
            const std::string text = numbers(count);
            Pieces pieces{text, 4'321};
            const auto response = send_text(client,
                                            {.method = method,
                                             .target = loopback.url(),
                                             .headers = {{"Content-Type", "text/csv"}},
                                             .source = &pieces},
                                            {});
            ASSERT_TRUE(response) << response.error().message;
            EXPECT_EQ(response->status, 201);
            EXPECT_EQ(response->headers.find("X-Method"), method);
            EXPECT_EQ(response->headers.find("X-Length"), std::to_string(text.size()));
            EXPECT_EQ(response->headers.find("X-Type"), "text/csv");
            EXPECT_EQ(response->body, text);
        }
    }
}

TEST(Upload, a_body_that_fails_or_ends_early_ends_the_request_and_the_next_goes_through) {
    Loopback loopback{echo()};
    CurlClient client{loopback.transport()};
    Pieces failing{numbers(100'000)};
    failing.fails_at = 50'000;
    const auto gone =
        failure_of(send_text(client, {.method = "PUT", .target = loopback.url(), .source = &failing}, {}));
    EXPECT_EQ(gone.message, "the rows are gone");

    Pieces early{numbers(1'000)};
    early.announced += 7;
    const auto cut =
        failure_of(send_text(client, {.method = "PUT", .target = loopback.url(), .source = &early}, {}));
    EXPECT_EQ(cut.kind, ErrorKind::corrupt);
    EXPECT_THAT(cut.message, HasSubstr("the body ends after 3890 bytes of 3897"));
    EXPECT_EQ(loopback.handler.requests, 0);

    Pieces whole{"abc"};
    const auto response =
        send_text(client, {.method = "PUT", .target = loopback.url(), .source = &whole}, {});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "abc");
}

TEST(Upload, a_stop_ends_it) {
    Loopback loopback{echo()};
    CurlClient client{loopback.transport()};
    std::stop_source stop;
    class Stopping final : public BodySource {
      public:
        explicit Stopping(std::stop_source& stop) : stop_{stop} {}
        [[nodiscard]] std::size_t size() const override { return std::size_t{100} << 20; }
        Result<void> rewind() override { return {}; }
        Result<std::size_t> read(std::span<char> room) override {
            if (++reads_ == 20) stop_.request_stop();
            std::fill(room.begin(), room.end(), 'x');
            return room.size();
        }

      private:
        std::stop_source& stop_;
        int reads_ = 0;
    } endless{stop};
    const auto failure = failure_of(send_text(
        client, {.method = "PUT", .target = loopback.url(), .source = &endless}, {.stop = stop.get_token()}));
    EXPECT_EQ(failure.kind, ErrorKind::cancelled);
}

TEST(Upload, what_is_sent_again_begins_at_its_first_byte) {
    int requests = 0;
    Loopback loopback{[&](const Request& request, Exchange& exchange) {
        if (++requests < 3) return exchange.reply({.status = 503});
        exchange.reply({.status = 200, .body = request.body});
    }};
    CurlClient client{loopback.transport()};
    const ManualClock clock;
    Retrying retrying{client, clock, RetryPolicy{}, {}};
    Pieces pieces{numbers(20'000)};
    const auto response =
        send_text(retrying, {.method = "PUT", .target = loopback.url(), .source = &pieces}, {});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, numbers(20'000));
    EXPECT_EQ(pieces.rewinds, 3);
}

TEST(Upload, who_takes_it_whole_has_it_in_memory) {
    Pieces pieces{"some text", 4};
    const auto whole = with_whole_body({.method = "PUT", .target = "/", .source = &pieces});
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->body, "some text");
    EXPECT_EQ(whole->source, nullptr);
    pieces.announced = 10;
    EXPECT_EQ(with_whole_body({.target = "/", .source = &pieces}).error().kind, ErrorKind::corrupt);
    EXPECT_EQ(with_whole_body({.target = "/", .body = "plain"})->body, "plain");
}

}  // namespace
}  // namespace koppla::http
