#include "crm/dynamics/pace.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace koppla::dynamics {
namespace {

using namespace std::chrono_literals;
using Time = Pace::Time;

const Time start = Time{} + 24h;

http::Response answer(int status, http::Headers headers = {}, std::string body = {}) {
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

http::Headers left(int requests) {
    return {{"x-ms-ratelimit-burst-remaining-xrm-requests", std::to_string(requests)}};
}

/// An environment with a sliding window, and clients that always have a next request; time is an event queue.
class Rehearsal {
  public:
    struct Limits {
        std::size_t requests = 60;
        Pace::Span window = 3s;
        int in_flight = 5;
        int advised = 5;
        Pace::Span round_trip = 20ms;
        std::size_t used_by_others = 0;  ///< of the first window
        bool tells_budget = true;
        bool tells_window = true;  ///< in refusals
        std::size_t weight = 1;    ///< operations of each request
    };
    explicit Rehearsal(const Limits& limits) : limits_{limits} {
        for (std::size_t i = 0; i < limits.used_by_others; ++i) served_.push_back(start);
    }

    /// So many requests, sent again after a refusal, by so many lanes.
    void run(Pace& pace, int requests, int lanes) {
        int open = requests;
        int busy = 0;
        std::optional<Time> retry;
        while (done < requests) {
            const auto wait = open > 0 && busy < lanes
                                  ? pace.wait(now, weight())
                                  : std::optional<Pace::Wait>{Pace::Wait{.span = {}, .is_for_slot = true}};
            if (!wait) {
                --open;
                ++busy;
                send(pace.begin(now, weight()));
                continue;
            }
            const Time next = events_.empty() ? Time::max() : events_.begin()->first;
            const Time woken = wait->is_for_slot ? Time::max() : now + wait->span;
            ASSERT_NE(std::min(next, woken), Time::max()) << "nothing will ever happen";
            if (woken < next) {
                now = woken;
                continue;
            }
            now = next;
            const auto event = std::move(events_.begin()->second);
            events_.erase(events_.begin());
            if (const auto end = event()) {
                pace.end(end->turn, now, &end->response);
                --busy;
                if (end->response.status == 429) {
                    ++refused;
                    ++open;
                } else {
                    ++done;
                }
            }
        }
    }

    Time now = start;
    int done = 0;
    int refused = 0;
    int most_in_flight = 0;

  private:
    struct End {
        Pace::Turn turn;
        http::Response response;
    };
    using Event = std::function<std::optional<End>()>;

    void send(const Pace::Turn& turn) {
        events_.emplace(now + limits_.round_trip / 2, [this, turn]() -> std::optional<End> {
            ++in_flight_;
            most_in_flight = std::max(most_in_flight, in_flight_);
            http::Response response = serve();
            events_.emplace(now + limits_.round_trip / 2,
                            [this, turn, response = std::move(response)]() -> std::optional<End> {
                                --in_flight_;
                                return End{.turn = turn, .response = response};
                            });
            return std::nullopt;
        });
    }

    [[nodiscard]] std::string refusal() const {
        if (!limits_.tells_window) return "0x80072322";
        return fmt::format("Number of requests exceeded the limit of {} over time window of {} seconds.",
                           limits_.requests, std::chrono::duration<double>(limits_.window).count());
    }
    [[nodiscard]] std::int64_t weight() const { return static_cast<std::int64_t>(limits_.weight); }

    http::Response serve() {
        while (!served_.empty() && served_.front() + limits_.window <= now) served_.pop_front();
        http::Headers headers{{"x-ms-dop-hint", std::to_string(limits_.advised)}};
        if (in_flight_ > limits_.in_flight || served_.size() >= limits_.requests) {
            headers.set("Retry-After", "3");
            return answer(429, headers, in_flight_ > limits_.in_flight ? "0x80072326" : refusal());
        }
        // Let in as one, a batch counts by its operations, beyond the limit too.
        for (std::size_t i = 0; i < limits_.weight; ++i) served_.push_back(now);
        if (limits_.tells_budget) {
            headers.set("x-ms-ratelimit-burst-remaining-xrm-requests",
                        std::to_string(limits_.requests - std::min(limits_.requests, served_.size())));
        }
        return answer(200, headers);
    }

    const Limits limits_;
    std::multimap<Time, Event> events_;
    std::deque<Time> served_;
    int in_flight_ = 0;
};

double seconds(const Rehearsal& rehearsal) {
    return std::chrono::duration<double>(rehearsal.now - start).count();
}

TEST(Pace, UsesUpTheBudgetAndDoesNotOverrunIt) {
    for (const int lanes : {1, 2, 4, 8}) {
        for (const auto round_trip : {2ms, 20ms, 60ms}) {
            Pace pace{8};
            Rehearsal rehearsal{{.round_trip = round_trip}};
            rehearsal.run(pace, 400, lanes);
            SCOPED_TRACE(fmt::format("{} lanes, {} ms", lanes, round_trip.count()));
            // One lane that waits for each answer can't send more.
            const double alone = 400 * std::chrono::duration<double>(round_trip).count();
            const double floor = std::max(20.0, lanes == 1 ? alone : 0.0);
            EXPECT_LE(seconds(rehearsal), 1.11 * floor);
            EXPECT_EQ(rehearsal.refused, 0);
            EXPECT_LE(rehearsal.most_in_flight, 5);
        }
    }
}

TEST(Pace, BatchesUseUpTheBudgetByTheirOperations) {
    for (const std::size_t weight : {std::size_t{7}, std::size_t{100}}) {
        for (const int lanes : {1, 4, 8}) {
            Pace pace{8};
            Rehearsal rehearsal{{.requests = 1'000, .window = 50s, .weight = weight}};
            const int batches = static_cast<int>(5'000 / weight);
            rehearsal.run(pace, batches, lanes);
            SCOPED_TRACE(fmt::format("{} lanes, {} a batch", lanes, weight));
            // As many whole batches as 1,000 hold at once, and as many more with each window that ends.
            const int a_window = static_cast<int>(1'000 / weight);
            const int windows = (batches + a_window - 1) / a_window;
            EXPECT_LE(seconds(rehearsal), 1.05 * 50 * (windows - 1) + 5);
            EXPECT_LE(rehearsal.refused, 1) << "the one that is told how long the window is";
        }
    }
}

TEST(Pace, ARefusalTellsTheWindowWhateverItWasThoughtToBe) {
    for (const auto window : {3s, 300s, 3'000s}) {
        Pace pace{52};
        Rehearsal rehearsal{{.requests = 6'000, .window = window, .round_trip = 40ms, .weight = 100}};
        rehearsal.run(pace, 300, 52);
        SCOPED_TRACE(window.count());
        EXPECT_LE(seconds(rehearsal), 4.2 * static_cast<double>(window.count()) + 4);
        EXPECT_EQ(rehearsal.refused, 1);
    }
}

TEST(Pace, WhereNoRefusalTellsTheWindowItIsThoughtToBeAsDocumented) {
    Pace pace{8};
    Rehearsal rehearsal{{.requests = 1'000, .window = 50s, .tells_window = false, .weight = 100}};
    rehearsal.run(pace, 50, 4);
    EXPECT_LE(seconds(rehearsal), 1.1 * 200 + 5);
    EXPECT_EQ(rehearsal.refused, 1);
}

TEST(Pace, ABatchThatIsMoreThanThereEverIsGoesOutAllTheSame) {
    Pace pace{8};
    Rehearsal rehearsal{{.requests = 60, .window = 3s, .weight = 100}};
    rehearsal.run(pace, 5, 2);
    EXPECT_EQ(rehearsal.done, 5);
}

TEST(Pace, LearnsTheWindowWhereOthersHaveUsedItUp) {
    Pace pace{8};
    Rehearsal rehearsal{{.used_by_others = 40}};
    rehearsal.run(pace, 400, 4);
    EXPECT_LE(seconds(rehearsal), 1.3 * 20);
    EXPECT_LE(rehearsal.refused, 16);
}

TEST(Pace, WithoutABudgetToldRefusalsAloneSlowItDown) {
    Pace pace{8};
    Rehearsal rehearsal{{.tells_budget = false}};
    rehearsal.run(pace, 200, 4);
    EXPECT_EQ(rehearsal.done, 200);
    EXPECT_LE(rehearsal.refused, 20);
}

TEST(Pace, ARefusalHoldsBackEverythingForAsLongAsItAsks) {
    Pace pace{4};
    const auto one = pace.begin(start);
    const auto other = pace.begin(start);
    const http::Response refused = answer(429, {{"Retry-After", "7"}});
    pace.end(one, start + 10ms, &refused);
    ASSERT_TRUE(pace.wait(start + 20ms));
    EXPECT_EQ(pace.wait(start + 20ms)->span, 6990ms);
    const http::Response good = answer(200);
    pace.end(other, start + 30ms, &good);
    EXPECT_TRUE(pace.wait(start + 7s));
    EXPECT_FALSE(pace.wait(start + 7010ms));
}

TEST(Pace, WhereThereIsRoomARefusalIsOverWithItsPause) {
    Pace pace{4};
    const http::Response good = answer(200, left(5'900));
    pace.end(pace.begin(start), start, &good);
    const http::Response refused =
        answer(429, {{"Retry-After", "1"}},
               "Number of requests exceeded the limit of 6000 over time window of 300 seconds.");
    pace.end(pace.begin(start), start, &refused);
    EXPECT_EQ(pace.wait(start)->span, 1s);
    EXPECT_FALSE(pace.wait(start + 1s));
}

TEST(Pace, ARefusalMayNameADate) {
    Pace pace{4};
    const http::Response refused = answer(
        429, {{"Date", "Sun, 01 Nov 2026 10:00:00 GMT"}, {"Retry-After", "Sun, 01 Nov 2026 10:00:05 GMT"}});
    pace.end(pace.begin(start), start, &refused);
    EXPECT_EQ(pace.wait(start)->span, 5s);
}

TEST(Pace, ARefusalThatAsksForNoPauseGetsOneThatDoubles) {
    Pace pace{4};
    Time now = start;
    for (const auto expected : {1s, 2s, 4s, 8s}) {
        const http::Response refused = answer(429);
        pace.end(pace.begin(now), now, &refused);
        ASSERT_TRUE(pace.wait(now));
        EXPECT_EQ(pace.wait(now)->span, expected);
        now += expected;
        EXPECT_FALSE(pace.wait(now));
    }
    const http::Response good = answer(200);
    pace.end(pace.begin(now), now, &good);
    const http::Response refused = answer(429);
    pace.end(pace.begin(now), now, &refused);
    EXPECT_EQ(pace.wait(now)->span, 1s);
}

TEST(Pace, RequestsInFlightFollowTheAdviceAndTheAccount) {
    Pace pace{8};
    EXPECT_EQ(pace.in_flight_max(), 4);
    const auto advise = [&](const char* hint) {
        const http::Response good = answer(200, {{"x-ms-dop-hint", hint}});
        pace.end(pace.begin(start), start, &good);
    };
    advise("6");
    EXPECT_EQ(pace.in_flight_max(), 6);
    advise("100");
    EXPECT_EQ(pace.in_flight_max(), 8);
    advise("nonsense");
    EXPECT_EQ(pace.in_flight_max(), 8);
    advise("0");
    EXPECT_EQ(pace.in_flight_max(), 8);
    advise("1");
    EXPECT_EQ(pace.in_flight_max(), 1);
    const auto turn = pace.begin(start);
    ASSERT_TRUE(pace.wait(start));
    EXPECT_TRUE(pace.wait(start)->is_for_slot);
    pace.end(turn, start, nullptr);
    EXPECT_FALSE(pace.wait(start));
}

TEST(Pace, ARefusalHalvesWhatIsInFlightAndGoodAnswersRaiseItAgain) {
    Pace pace{8};
    const http::Response good = answer(200, {{"x-ms-dop-hint", "8"}});
    const http::Response refused = answer(429, {{"x-ms-dop-hint", "8"}, {"Retry-After", "1"}});
    pace.end(pace.begin(start), start, &good);
    EXPECT_EQ(pace.in_flight_max(), 8);
    // Several refusals of one moment are one.
    const auto one = pace.begin(start);
    const auto other = pace.begin(start);
    pace.end(one, start, &refused);
    pace.end(other, start, &refused);
    EXPECT_EQ(pace.in_flight_max(), 4);
    for (int i = 0; i < 100; ++i) pace.end(pace.begin(start + 2s), start + 2s, &good);
    EXPECT_EQ(pace.in_flight_max(), 8);
}

TEST(Pace, ExecutionTimeThatRunsShortLowersWhatIsInFlight) {
    Pace pace{8};
    const auto tell = [&](const char* time) {
        const http::Response good =
            answer(200, {{"x-ms-dop-hint", "8"}, {"x-ms-ratelimit-time-remaining-xrm-requests", time}});
        pace.end(pace.begin(start), start, &good);
    };
    tell("1,200.00");
    EXPECT_EQ(pace.in_flight_max(), 8);
    tell("400.00");
    EXPECT_EQ(pace.in_flight_max(), 8);
    tell("150.00");
    EXPECT_EQ(pace.in_flight_max(), 4);
    tell("0.00");
    EXPECT_EQ(pace.in_flight_max(), 1);
    tell("1,199.50");
    EXPECT_EQ(pace.in_flight_max(), 8);
}

TEST(Pace, AnOlderAnswerSaysNothingOfTheBudget) {
    Pace pace{8};
    const auto first = pace.begin(start);
    const auto second = pace.begin(start);
    const http::Response late = answer(200, left(0));
    const http::Response early = answer(200, left(50));
    pace.end(second, start + 1ms, &late);
    pace.end(first, start + 2ms, &early);
    ASSERT_TRUE(pace.wait(start + 3ms));
}

TEST(Pace, QuantitiesAreReadAsTheyAreWritten) {
    EXPECT_EQ(read_quantity("7999"), 7999.0);
    EXPECT_EQ(read_quantity("1,200.00"), 1200.0);
    for (const char* nonsense : {"", "x", "1.2.3", "-1", "nan", "inf", "12x"})
        EXPECT_FALSE(read_quantity(nonsense)) << nonsense;
}

}  // namespace
}  // namespace koppla::dynamics
