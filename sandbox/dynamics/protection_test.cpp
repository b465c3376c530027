#include "sandbox/dynamics/protection.h"

#include "base/test/manual_clock.h"

#include <vector>

#include <gmock/gmock.h>

namespace koppla::sandbox::dynamics {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class ProtectionTest : public testing::Test {
  protected:
    ProtectionTest() {
        protection_.set(
            Limits{.requests = 60, .execution = seconds{6}, .concurrent = 5, .window = seconds{3}});
    }
    /// "200", or code and Retry-After of the refusal.
    std::string ask(const std::string& user = "a", milliseconds lasting = milliseconds{0}) {
        const auto entry = protection_.enter(user);
        if (entry.refusal) {
            const auto begin = entry.refusal->body.find("0x");
            return entry.refusal->body.substr(begin, 10) + " " +
                   std::string{entry.refusal->headers.find("Retry-After").value_or("")};
        }
        clock_.advance(lasting);
        return "200";
    }

    ManualClock clock_;
    Protection protection_{clock_};
};

TEST_F(ProtectionTest, RequestsBeyondTheWindowsNumberAreRefusedUntilThereIsRoom) {
    for (int i = 0; i < 60; ++i) ASSERT_EQ(ask(), "200") << i;
    EXPECT_EQ(ask(), "0x80072322 3");
    EXPECT_EQ(ask("b"), "200");
    clock_.advance(milliseconds{3'001});
    EXPECT_EQ(ask(), "200");
    EXPECT_EQ(protection_.figures().refused_requests, 1);
}

TEST_F(ProtectionTest, WhoeverGoesOnAskingWaitsLonger) {
    for (int i = 0; i < 60; ++i) ask();
    for (int i = 0; i < 40; ++i) ask();
    EXPECT_EQ(ask(), "0x80072322 5");
    clock_.advance(seconds{3});
    EXPECT_EQ(ask(), "0x80072322 2");
    clock_.advance(seconds{2});
    EXPECT_EQ(ask(), "200");
}

TEST_F(ProtectionTest, CallsInFlightAreBounded) {
    std::vector<Protection::Entry> entries;
    for (int i = 0; i < 5; ++i) entries.push_back(protection_.enter("a"));
    EXPECT_EQ(entries.back().passage->in_flight(), 5);
    EXPECT_EQ(ask(), "0x80072326 1");
    entries.pop_back();
    EXPECT_EQ(ask(), "200");
    EXPECT_EQ(protection_.figures().in_flight_max, 5);
}

TEST_F(ProtectionTest, TimeTogetherIsBounded) {
    protection_.set(Limits{.requests = 60, .execution = seconds{2}, .concurrent = 5, .window = seconds{300}});
    EXPECT_EQ(ask("a", milliseconds{1'500}), "200");
    EXPECT_EQ(ask("a", milliseconds{600}), "200");
    EXPECT_THAT(ask(), HasSubstr("0x80072321 300"));
}

TEST_F(ProtectionTest, HeadersTellWhatIsLeft) {
    protection_.set(Limits{});
    ask("a", milliseconds{250});
    http::Headers headers;
    protection_.add_headers("a", headers);
    EXPECT_EQ(headers.find("x-ms-ratelimit-burst-remaining-xrm-requests"), "5999");
    EXPECT_EQ(headers.find("x-ms-ratelimit-time-remaining-xrm-requests"), "1,199.75");
    EXPECT_EQ(headers.find("x-ms-dop-hint"), "4");
}

}  // namespace
}  // namespace koppla::sandbox::dynamics
