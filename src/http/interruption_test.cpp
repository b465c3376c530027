#include "http/curl_client.h"
#include "http/loopback_test.h"

#include <future>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;

/// Holds requests until the test lets go; says when the first has come.
class Stalling {
  public:
    Answering::Function before_the_answer() {
        return [this](const Request& request, Exchange& exchange) {
            if (request.target != "/first") arrive();
            exchange.reply({.status = 200});
        };
    }
    Answering::Function within_the_body() {
        return [this](const Request& request, Exchange& exchange) {
            exchange.begin({.status = 200});
            exchange.write(std::string(1 << 20, 'x'));
            if (request.target != "/first") arrive();
            exchange.end();
        };
    }
    void wait_for_request() { arrived_.get_future().wait(); }
    void release() { released_.set_value(); }

  private:
    void arrive() {
        if (!has_arrived_.exchange(true)) arrived_.set_value();
        gate_.wait();
    }
    std::promise<void> arrived_, released_;
    std::shared_future<void> gate_{released_.get_future()};
    std::atomic<bool> has_arrived_ = false;
};

TEST(Interruption, stop_ends_a_stalled_request_promptly) {
    for (const bool is_within_body : {false, true}) {
        Stalling stalling;
        Loopback loopback{is_within_body ? stalling.within_the_body() : stalling.before_the_answer()};
        auto transport = loopback.transport();
        transport.accepts_gzip = false;
        CurlClient client{transport};
        // On a kept connection: none of the timers that go with connecting can wake it up.
        ASSERT_TRUE(send_text(client, {.target = loopback.url("/first")}, {}));
        std::stop_source stop;
        auto sending = std::async(std::launch::async, [&] {
            auto result = send_text(client, {.target = loopback.url()}, {.stop = stop.get_token()});
            return std::pair{std::move(result), steady_clock::now()};
        });
        stalling.wait_for_request();
        const auto asked = steady_clock::now();
        stop.request_stop();
        auto [result, ended] = sending.get();
        stalling.release();
        EXPECT_EQ(failure_of(result).kind, ErrorKind::cancelled);
        EXPECT_LT(ended - asked, milliseconds{400});
    }
}

TEST(Interruption, deadline_ends_a_stalled_request_promptly) {
    Stalling stalling;
    Loopback loopback{stalling.before_the_answer()};
    CurlClient client{loopback.transport()};
    const auto deadline = steady_clock::now() + milliseconds{300};
    const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {.deadline = deadline}));
    const auto late = steady_clock::now() - deadline;
    stalling.release();
    EXPECT_EQ(failure.kind, ErrorKind::cancelled);
    EXPECT_THAT(failure.message, HasSubstr("out of time"));
    EXPECT_GE(late, milliseconds{0});
    EXPECT_LT(late, milliseconds{300});
}

TEST(Interruption, call_that_is_over_sends_nothing) {
    Loopback loopback{replies({.status = 200})};
    CurlClient client{loopback.transport()};
    const auto failure =
        failure_of(send_text(client, {.target = loopback.url()}, {.deadline = steady_clock::now()}));
    EXPECT_EQ(failure.kind, ErrorKind::cancelled);
    EXPECT_EQ(loopback.handler.requests, 0);
}

TEST(Interruption, reply_without_a_byte_for_too_long_is_in_doubt) {
    Stalling stalling;
    Loopback loopback{stalling.before_the_answer()};
    auto transport = loopback.transport();
    transport.stall_time_max = milliseconds{250};
    CurlClient client{transport};
    const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {}));
    stalling.release();
    EXPECT_EQ(failure.kind, ErrorKind::in_doubt);
    EXPECT_THAT(failure.message, HasSubstr("0.25 s"));
}

TEST(Interruption, body_that_is_cut_is_in_doubt_and_counts_the_bytes) {
    for (const bool has_length : {true, false}) {
        Loopback loopback{[&](const Request&, Exchange& exchange) {
            Response head{.status = 200};
            if (has_length) head.headers.add("Content-Length", "100000");
            exchange.begin(head);
            exchange.write(std::string(12'345, 'x'));
            exchange.cut();
        }};
        auto transport = loopback.transport();
        transport.accepts_gzip = false;
        CurlClient client{transport};
        const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {}));
        EXPECT_EQ(failure.kind, ErrorKind::in_doubt) << failure.message;
        EXPECT_THAT(failure.message, HasSubstr("cut after 12345 bytes"));
    }
}

TEST(Interruption, body_shorter_or_longer_than_promised_never_looks_whole) {
    for (const std::size_t sent : {99U, 101U}) {
        Loopback loopback{[&](const Request&, Exchange& exchange) {
            exchange.begin({.status = 200, .headers = {{"Content-Length", "100"}}});
            exchange.write(std::string(sent, 'x'));
            exchange.end();
        }};
        CurlClient client{loopback.transport()};
        const auto call = Call{}.within(std::chrono::seconds{20});
        EXPECT_EQ(failure_of(send_text(client, {.target = loopback.url()}, call)).kind, ErrorKind::in_doubt)
            << sent;
    }
}

TEST(Interruption, answer_that_its_handler_leaves_open_never_looks_whole) {
    Loopback loopback{[](const Request& request, Exchange& exchange) {
        exchange.begin({.status = 200});
        exchange.write("half");
        if (request.target == "/throws") throw std::runtime_error{"no"};
    }};
    CurlClient client{loopback.transport()};
    EXPECT_EQ(failure_of(send_text(client, {.target = loopback.url()}, {})).kind, ErrorKind::in_doubt);
    EXPECT_EQ(failure_of(send_text(client, {.target = loopback.url("/throws")}, {})).kind,
              ErrorKind::in_doubt);
}

TEST(Interruption, kept_connection_that_dies_repeats_only_what_changes_nothing) {
    for (const std::string method : {"GET", "POST", "DELETE"}) {
        std::atomic<int> count = 0;
        Loopback loopback{[&](const Request&, Exchange& exchange) {
            if (++count == 2) return exchange.cut();
            exchange.reply({.status = 200});
        }};
        CurlClient client{loopback.transport()};
        ASSERT_TRUE(send_text(client, {.target = loopback.url()}, {}));
        const auto second = send_text(client, {.method = method, .target = loopback.url()}, {});
        if (method == "GET") {
            EXPECT_TRUE(second);
            EXPECT_EQ(count, 3);
        } else {
            EXPECT_EQ(failure_of(second).kind, ErrorKind::in_doubt);
            EXPECT_EQ(count, 2) << method << " was sent twice";
        }
    }
}

TEST(Interruption, refused_connection_is_unavailable_and_names_host_and_port) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor bound{io};  // bound but not listening: nobody else gets the port
    bound.open(boost::asio::ip::tcp::v4());
    bound.bind({boost::asio::ip::address_v4::loopback(), 0});
    const auto port = std::to_string(bound.local_endpoint().port());
    CurlClient client{{.proxy = "", .allowed_hosts = {"127.0.0.1"}}};
    const auto failure = failure_of(send_text(client, {.target = "https://127.0.0.1:" + port + "/"}, {}));
    EXPECT_EQ(failure.kind, ErrorKind::unavailable);
    EXPECT_THAT(failure.message, HasSubstr("127.0.0.1:" + port));
}

}  // namespace
}  // namespace koppla::http
