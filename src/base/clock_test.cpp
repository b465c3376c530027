#include "base/clock.h"

#include <gtest/gtest.h>

namespace koppla {
namespace {

TEST(Instants, every_accepted_form_means_the_same_instant) {
    for (const char* text : {"2026-11-01T10:00:00Z", "2026-11-01T10:00:00.000Z",
                             "2026-11-01T10:00:00.000+0000", "2026-11-01T11:30:00+01:30",
                             "2026-11-01T09:00:00-0100", "2026/11/01 10:00:00", "2026-11-01T10:00Z"}) {
        const auto instant = parse_instant(text);
        ASSERT_TRUE(instant) << text;
        EXPECT_EQ(format_instant(*instant), "2026-11-01T10:00:00.000Z") << text;
    }
    EXPECT_EQ(format_instant(*parse_instant("2026/11/01")), "2026-11-01T00:00:00.000Z");
    EXPECT_EQ(format_instant(*parse_instant("1969-12-31T23:59:59.999Z")), "1969-12-31T23:59:59.999Z");
}

TEST(Instants, what_is_no_instant_is_refused) {
    for (const char* text : {"", "2026", "2026-11-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                             "2026-11-01T24:00:00Z", "2026-11-01T10:00:00", "2026-11-01T10:00:00Zx",
                             "2026-11-01T10:00:00.Z", "2026/11-01", "yesterday"}) {
        EXPECT_FALSE(parse_instant(text)) << text;
    }
}

TEST(Instants, http_dates_go_both_ways) {
    const auto instant = *parse_instant("2026-11-01T10:00:07Z");
    EXPECT_EQ(format_http_date(instant), "Sun, 01 Nov 2026 10:00:07 GMT");
    EXPECT_EQ(*parse_http_date(format_http_date(instant)), instant);
    EXPECT_FALSE(parse_http_date("01 Nov 2026"));
}

TEST(Waiting, ends_at_once_when_the_caller_stops) {
    std::stop_source source;
    source.request_stop();
    const auto waited = SystemClock{}.wait(std::chrono::hours{1}, Call{.stop = source.get_token()});
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().kind, ErrorKind::cancelled);
}

}  // namespace
}  // namespace koppla
