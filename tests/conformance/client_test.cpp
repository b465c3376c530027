#include "base/test/manual_clock.h"
#include "crm/dynamics/throttle.h"
#include "crm/salesforce/allowance.h"
#include "crm/test/script.h"
#include "http/pieces_test.h"
#include "http/retrying.h"

#include <array>
#include <ostream>
#include <thread>

#include <gtest/gtest.h>

namespace koppla::conformance {
namespace {

using test::Answer;
using test::ScriptedClient;

/// A wrapper around a client: what it adds must not change what a client is.
struct Wrapper {
    std::string_view name;
    std::unique_ptr<http::Client> (*around)(http::Client& inner, const Clock& clock);
};
std::ostream& operator<<(std::ostream& out, const Wrapper& wrapper) {
    return out << wrapper.name;
}

std::unique_ptr<http::Client> retrying(http::Client& inner, const Clock& clock) {
    return std::make_unique<http::Retrying>(inner, clock, http::RetryPolicy{}, [](std::string_view) {});
}
std::unique_ptr<http::Client> allowance(http::Client& inner, const Clock&) {
    return std::make_unique<salesforce::Allowance>(inner, 90);
}
std::unique_ptr<http::Client> throttle(http::Client& inner, const Clock& clock) {
    return std::make_unique<dynamics::Throttle>(inner, clock, 5, [](std::string_view) {});
}

class Client : public testing::TestWithParam<Wrapper> {
  protected:
    void answer(ScriptedClient::Script script) {
        inner_.answer_with(std::move(script));
        client_ = GetParam().around(inner_, clock_);
    }
    Result<http::Response> send(const std::string& method = "GET") {
        return client_->send({.method = method, .target = "https://acme.example/services/data/v60.0/x"},
                             text_, call_);
    }

    ManualClock clock_;
    ScriptedClient inner_{[](const http::Request&) { return Answer{}; }};
    std::unique_ptr<http::Client> client_;
    http::BodyText text_;
    Call call_;
};

TEST_P(Client, a_body_streams_to_the_sink_as_it_came_and_the_response_has_the_rest) {
    const std::string body(12'345, 'x');
    answer([&](const http::Request&) { return Answer{.body = body + "\r\n", .headers = {{"ETag", "7"}}}; });
    const auto response = send();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->headers.find("etag"), "7");
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(text_.text, body + "\r\n");
}

TEST_P(Client, another_answer_is_a_response_with_its_body_and_nothing_for_the_sink) {
    answer([](const http::Request&) { return Answer{.status = 404, .body = "not here"}; });
    const auto response = send();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 404);
    EXPECT_EQ(response->body, "not here");
    EXPECT_EQ(text_.text, "");
}

TEST_P(Client, a_request_is_sent_as_it_is) {
    answer([](const http::Request& request) {
        EXPECT_EQ(request.method, "PATCH");
        EXPECT_EQ(request.target, "https://acme.example/a?b=c%20d");
        EXPECT_EQ(request.headers.find("If-Match"), "*");
        EXPECT_EQ(request.body, "{}");
        return Answer{.status = 204};
    });
    const auto response = client_->send({.method = "PATCH",
                                         .target = "https://acme.example/a?b=c%20d",
                                         .headers = {{"If-Match", "*"}},
                                         .body = "{}"},
                                        text_, call_);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 204);
    EXPECT_EQ(inner_.requests().size(), 1U);
}

TEST_P(Client, a_body_that_is_made_while_it_is_sent_goes_through) {
    answer([](const http::Request& request) { return Answer{.body = request.body}; });
    http::Pieces pieces{std::string(12'345, 'x')};
    ASSERT_TRUE(client_->send(
        {.method = "PUT", .target = "https://acme.example/services/data/v60.0/x", .source = &pieces}, text_,
        call_));
    EXPECT_EQ(text_.text, std::string(12'345, 'x'));
}

TEST_P(Client, what_does_not_pass_by_itself_comes_through_at_once) {
    answer([](const http::Request&) {
        return Answer{.failure = error(ErrorKind::denied, "the certificate is another's")};
    });
    const auto refused = send();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::denied);
    EXPECT_NE(refused.error().message.find("the certificate is another's"), std::string::npos);
    EXPECT_EQ(inner_.requests().size(), 1U);
}

TEST_P(Client, a_change_that_may_have_happened_is_not_sent_again) {
    answer([](const http::Request&) { return Answer{.failure = error(ErrorKind::in_doubt, "cut")}; });
    const auto lost = send("POST");
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, ErrorKind::in_doubt);
    EXPECT_EQ(inner_.requests().size(), 1U);
}

TEST_P(Client, no_byte_is_handed_on_twice) {
    class Cutting final : public http::Client {
      public:
        Result<http::Response> send(const http::Request&, http::BodySink& sink, const Call&) override {
            TRY(sink.put("half of it"));
            return error(ErrorKind::in_doubt, "the connection was cut");
        }
    } cutting;
    const auto client = GetParam().around(cutting, clock_);
    const auto cut = client->send({.target = "https://acme.example/"}, text_, call_);
    ASSERT_FALSE(cut);
    EXPECT_EQ(text_.text, "half of it");
}

TEST_P(Client, a_sink_that_refuses_ends_the_transfer_with_its_error) {
    class Full final : public http::BodySink {
      public:
        Result<void> put(std::string_view) override { return error(ErrorKind::corrupt, "too much"); }
    } full;
    answer([](const http::Request&) { return Answer{.body = "x"}; });
    const auto refused = client_->send({.target = "https://acme.example/"}, full, call_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "too much");
}

TEST_P(Client, a_call_that_is_over_is_cancelled) {
    std::stop_source stop;
    stop.request_stop();
    call_.stop = stop.get_token();
    answer([](const http::Request&) { return Answer{}; });
    const auto cancelled = send();
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().kind, ErrorKind::cancelled);
}

TEST_P(Client, threads_may_send_at_once) {
    answer([](const http::Request&) { return Answer{.body = "ok"}; });
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 50; ++n) {
                http::BodyText text;
                EXPECT_TRUE(client_->send({.target = "https://acme.example/"}, text, call_));
                EXPECT_EQ(text.text, "ok");
            }
        });
    }
}

constexpr std::array wrappers = {Wrapper{"retrying", retrying}, Wrapper{"allowance", allowance},
                                 Wrapper{"throttle", throttle}};
INSTANTIATE_TEST_SUITE_P(Each, Client, testing::ValuesIn(wrappers),
                         [](const auto& made) { return std::string{made.param.name}; });

}  // namespace
}  // namespace koppla::conformance
