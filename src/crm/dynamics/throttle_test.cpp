#include "crm/dynamics/throttle.h"

#include "base/test/manual_clock.h"
#include "crm/test/script.h"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::dynamics {
namespace {

using namespace std::chrono_literals;
using koppla::test::Answer;
using koppla::test::ScriptedClient;

const http::Request request{.target = "https://acme.crm.dynamics.com/api/data/v9.2/WhoAmI"};

TEST(Throttle, LetsSoManyBeUnderWayAndNoMore) {
    std::atomic<int> in_flight = 0;
    std::atomic<int> most = 0;
    ScriptedClient client{[&](const http::Request&) -> Answer {
        const int now = ++in_flight;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --in_flight;
        return {.headers = {{"x-ms-dop-hint", "2"}}};
    }};
    const ManualClock clock;
    Throttle throttle{client, clock, 2, {}};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int k = 0; k < 25; ++k) EXPECT_TRUE(http::send_text(throttle, request, {}));
        });
    }
    threads.clear();
    EXPECT_LE(most, 2);
    EXPECT_EQ(throttle.usage().charged_calls, 200);
    EXPECT_EQ(throttle.in_flight_max(), 2);
}

TEST(Throttle, CountsWhatIsServedAndNotWhatNeverArrived) {
    std::vector<Answer> script = {{.status = 401},
                                  {.failure = error(ErrorKind::unavailable, "no route")},
                                  {.status = 404},
                                  {.failure = error(ErrorKind::in_doubt, "cut")},
                                  {}};
    std::size_t at = 0;
    ScriptedClient client{[&](const http::Request&) { return script.at(at++); }};
    const ManualClock clock;
    Throttle throttle{client, clock, 4, {}};
    for (std::size_t i = 0; i < script.size(); ++i) (void)http::send_text(throttle, request, {});
    EXPECT_EQ(throttle.usage().charged_calls, 3);
}

TEST(Throttle, CountsABatchByItsOperations) {
    ScriptedClient client{[](const http::Request&) -> Answer { return {}; }};
    const ManualClock clock;
    Throttle throttle{client, clock, 4, {}};
    http::Request batch{.method = "POST",
                        .target = "https://acme.crm.dynamics.com/api/data/v9.2/$batch",
                        .headers = {{"Content-Type", "multipart/mixed; boundary=b"}},
                        .body = "--b\r\n\r\nGET x\r\n--b\r\n\r\nGET y\r\n--b\r\n\r\nGET z\r\n--b--\r\n"};
    (void)http::send_text(throttle, batch, {});
    EXPECT_EQ(throttle.usage().charged_calls, 3);
    batch.body.clear();
    (void)http::send_text(throttle, batch, {});
    EXPECT_EQ(throttle.usage().charged_calls, 4);
}

TEST(Throttle, HoldsBackEveryRequestAfterARefusalAndSaysSoOnce) {
    bool is_refused = true;
    ScriptedClient client{[&](const http::Request&) -> Answer {
        if (!std::exchange(is_refused, false)) return {};
        return {.status = 429, .headers = {{"Retry-After", "30"}}};
    }};
    const ManualClock clock;
    std::vector<std::string> told;
    Throttle throttle{client, clock, 4, [&](std::string_view text) { told.emplace_back(text); }};
    EXPECT_EQ(http::send_text(throttle, request, {})->status, 429);
    EXPECT_EQ(http::send_text(throttle, request, {})->status, 200);
    std::chrono::milliseconds waited{};
    for (const auto each : clock.waits) waited += each;
    EXPECT_EQ(waited, 30s);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told.front().find("30 s"), std::string::npos) << told.front();
}

TEST(Throttle, AStopEndsTheWait) {
    ScriptedClient client{[](const http::Request&) -> Answer {
        return {.status = 429, .headers = {{"Retry-After", "300"}}};
    }};
    ManualClock clock;
    std::stop_source stop;
    clock.on_wait = [&] { stop.request_stop(); };
    Throttle throttle{client, clock, 4, {}};
    (void)http::send_text(throttle, request, {});
    const auto second = http::send_text(throttle, request, Call{.stop = stop.get_token()});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::cancelled);
}

}  // namespace
}  // namespace koppla::dynamics
