#include "http/retrying.h"

#include "base/test/manual_clock.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

/// Gives its outcomes one after the other; the last again and again.
class ScriptedClient final : public Client {
  public:
    struct Outcome {
        int status = 200;
        Headers headers{};
        std::string body{};
        std::optional<Error> failure{};
    };
    Result<Response> send(const Request&, BodySink& sink, const Call&) override {
        const Outcome& outcome = outcomes.at(std::min(sent++, outcomes.size() - 1));
        if (outcome.status == 200) TRY(sink.put(outcome.body));
        if (outcome.failure) return *outcome.failure;
        return Response{.status = outcome.status, .headers = outcome.headers};
    }
    std::vector<Outcome> outcomes;
    std::size_t sent = 0;
};

/// Hands on what comes.
class Stream final : public BodySink {
  public:
    Result<void> put(std::string_view) override { return {}; }
};

class Repeating : public testing::Test {
  protected:
    Result<Response> send(const std::string& method = "GET") {
        Stream stream;
        return send_into(stream, method);
    }
    Result<Response> send_into(BodySink& sink, const std::string& method = "GET") {
        client.sent = 0;
        clock.waits.clear();
        return retrying.send({.method = method, .target = "https://crm.example/x?secret=1"}, sink, call);
    }

    ManualClock clock;
    ScriptedClient client;
    std::vector<std::string> told;
    Retrying retrying{client, clock, RetryPolicy{},
                      [this](std::string_view text) { told.emplace_back(text); }};
    Call call;
};

TEST_F(Repeating, waits_longer_each_time_and_hands_the_last_answer_over) {
    client.outcomes = {{.status = 503}};
    const auto response = send();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 503);
    EXPECT_EQ(client.sent, 5U);
    ASSERT_EQ(clock.waits.size(), 4U);
    milliseconds whole{500};
    for (const milliseconds wait : clock.waits) {
        EXPECT_THAT(wait, AllOf(Ge(whole / 2), Le(whole)));
        whole *= 2;
    }
    EXPECT_THAT(told, Each(AllOf(HasSubstr("crm.example: the answer was 503; trying again in"),
                                 testing::Not(HasSubstr("secret")))));
}

TEST_F(Repeating, ends_with_the_first_good_answer) {
    client.outcomes = {
        {.status = 429}, {.failure = error(ErrorKind::unavailable, "no route")}, {.status = 200}};
    EXPECT_EQ(send("POST")->status, 200);
    EXPECT_EQ(client.sent, 3U);
}

TEST_F(Repeating, leaves_alone_what_may_have_happened_unless_nothing_changes_by_it) {
    for (const auto& outcome :
         std::vector<ScriptedClient::Outcome>{{.status = 500},
                                              {.status = 502},
                                              {.status = 504},
                                              {.status = 0, .failure = error(ErrorKind::in_doubt, "cut")}}) {
        client.outcomes = {outcome, {.status = 200}};
        (void)send("POST");
        EXPECT_EQ(client.sent, 1U);
        EXPECT_TRUE(send("GET"));
        EXPECT_EQ(client.sent, 2U);
    }
}

TEST_F(Repeating, never_repeats_once_a_byte_was_handed_on) {
    client.outcomes = {{.status = 200, .body = "x", .failure = error(ErrorKind::in_doubt, "cut")}};
    EXPECT_FALSE(send());
    EXPECT_EQ(client.sent, 1U);
}

TEST_F(Repeating, begins_anew_what_lies_in_memory) {
    client.outcomes = {{.body = "hal", .failure = error(ErrorKind::in_doubt, "cut")}, {.body = "whole"}};
    BodyText text;
    EXPECT_TRUE(send_into(text));
    EXPECT_EQ(client.sent, 2U);
    EXPECT_EQ(text.text, "whole");
}

TEST_F(Repeating, hands_on_at_once_what_does_not_pass) {
    for (const int status : {400, 401, 403, 404, 410}) {
        client.outcomes = {{.status = status}};
        EXPECT_EQ(send()->status, status);
        EXPECT_EQ(client.sent, 1U);
    }
    client.outcomes = {{.failure = error(ErrorKind::denied, "certificate")}};
    EXPECT_FALSE(send());
    EXPECT_EQ(client.sent, 1U);
}

TEST_F(Repeating, keeps_the_pause_that_was_asked_for) {
    client.outcomes = {{.status = 429, .headers = {{"Retry-After", "7"}}}, {.status = 200}};
    EXPECT_EQ(send()->status, 200);
    EXPECT_THAT(clock.waits, ElementsAre(seconds{7}));
    client.outcomes = {{.status = 503, .headers = {{"Retry-After", "3600"}}}, {.status = 200}};
    EXPECT_EQ(send()->status, 503) << "an hour is the caller's to decide";
    EXPECT_TRUE(clock.waits.empty());
}

TEST_F(Repeating, does_not_wait_for_a_server_that_has_never_answered) {
    client.outcomes = {{.failure = error(ErrorKind::unavailable, "no such host")}};
    EXPECT_FALSE(send());
    EXPECT_EQ(client.sent, 1U);
    client.outcomes = {{.status = 200}, {.failure = error(ErrorKind::unavailable, "down")}};
    EXPECT_TRUE(send());
    client.outcomes.erase(client.outcomes.begin());
    EXPECT_FALSE(send());
    EXPECT_EQ(client.sent, 5U);
}

TEST_F(Repeating, knows_a_server_that_took_the_first_request_in) {
    client.outcomes = {{.failure = error(ErrorKind::in_doubt, "empty reply")}, {.status = 200}};
    EXPECT_EQ(send()->status, 200);
    EXPECT_EQ(client.sent, 2U);
}

TEST_F(Repeating, ends_with_the_call) {
    std::stop_source stop;
    call.stop = stop.get_token();
    stop.request_stop();
    client.outcomes = {{.status = 503}};
    EXPECT_EQ(send()->status, 503);
    EXPECT_EQ(client.sent, 1U);
}

TEST(RetryAfter, is_seconds_or_a_date_measured_from_the_answers_own) {
    EXPECT_EQ(retry_after({{"Retry-After", "12"}}), seconds{12});
    EXPECT_EQ(retry_after({{"Date", "Sun, 01 Nov 2026 10:00:00 GMT"},
                           {"Retry-After", "Sun, 01 Nov 2026 10:00:30 GMT"}}),
              seconds{30});
    EXPECT_EQ(retry_after({{"Date", "Sun, 01 Nov 2026 10:00:00 GMT"},
                           {"Retry-After", "Sun, 01 Nov 2026 09:00:00 GMT"}}),
              seconds{0});
    for (const char* text :
         {"", "-1", "12x", "99999999999999999999", "666666666666666666", "864000", "soon"}) {
        EXPECT_EQ(retry_after({{"Retry-After", text}}), std::nullopt) << text;
    }
    EXPECT_EQ(retry_after({}), std::nullopt);
}

}  // namespace
}  // namespace koppla::http
