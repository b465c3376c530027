#include "base/clock.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>

#include <fmt/format.h>

namespace koppla {

namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/// Reads fixed-width text from the left; the first thing that doesn't fit makes it fail for good.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_{text} {}

    int digits(std::size_t count) {
        int value = 0;
        if (rest_.size() < count) failed_ = true;
        for (std::size_t i = 0; i < count && !failed_; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') failed_ = true;
            value = value * 10 + (rest_[i] - '0');
        }
        if (!failed_) rest_.remove_prefix(count);
        return value;
    }
    bool take(char c) {
        if (failed_ || rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(std::string_view text) {
        if (!rest_.starts_with(text)) failed_ = true;
        if (!failed_) rest_.remove_prefix(text.size());
    }
    /// Milliseconds of a decimal fraction of any length.
    int fraction() {
        int value = 0;
        int scale = 100;
        if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') failed_ = true;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            value += (rest_.front() - '0') * scale;
            scale /= 10;
            rest_.remove_prefix(1);
        }
        return value;
    }
    template <std::size_t n>
    int one_of(const std::array<std::string_view, n>& words) {
        for (std::size_t i = 0; i < n; ++i) {
            if (rest_.starts_with(words[i])) {
                rest_.remove_prefix(words[i].size());
                return static_cast<int>(i);
            }
        }
        failed_ = true;
        return 0;
    }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] bool failed() const { return failed_; }
    void fail() { failed_ = true; }

  private:
    std::string_view rest_;
    bool failed_ = false;
};

struct Civil {
    int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0;
};

std::optional<Instant> instant_of(const Civil& civil) {
    const year_month_day date{year{civil.year}, month{static_cast<unsigned>(civil.month)},
                              day{static_cast<unsigned>(civil.day)}};
    if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60) return std::nullopt;
    return Instant{sys_days{date}} + std::chrono::hours{civil.hour} + std::chrono::minutes{civil.minute} +
           std::chrono::seconds{civil.second} + std::chrono::milliseconds{civil.millisecond};
}

Civil civil_of(Instant instant) {
    const auto days = std::chrono::floor<std::chrono::days>(instant);
    const year_month_day date{days};
    const std::chrono::hh_mm_ss time{instant - days};
    return Civil{.year = static_cast<int>(date.year()),
                 .month = static_cast<int>(static_cast<unsigned>(date.month())),
                 .day = static_cast<int>(static_cast<unsigned>(date.day())),
                 .hour = static_cast<int>(time.hours().count()),
                 .minute = static_cast<int>(time.minutes().count()),
                 .second = static_cast<int>(time.seconds().count()),
                 .millisecond = static_cast<int>(time.subseconds().count())};
}

}  // namespace

Instant SystemClock::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point SystemClock::steady() const {
    return std::chrono::steady_clock::now();
}

Result<void> SystemClock::wait(std::chrono::milliseconds span, const Call& call) const {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock{mutex};
    const auto until = std::min(std::chrono::steady_clock::now() + span, call.deadline);
    woken.wait_until(lock, call.stop, until, [] { return false; });
    if (call.is_over()) return call.cancelled("waiting");
    return {};
}

std::string format_instant(Instant instant) {
    const Civil c = civil_of(instant);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour, c.minute,
                       c.second, c.millisecond);
}

Result<Instant> parse_instant(std::string_view text) {
    const auto refuse = [&] {
        return error(ErrorKind::invalid,
                     fmt::format("'{}' is not a point in time; write it like 2026-11-01T10:00:00Z", text));
    };
    Scanner scanner{text};
    Civil civil;
    civil.year = scanner.digits(4);
    const bool slashes = scanner.take('/');
    if (!slashes) scanner.expect("-");
    civil.month = scanner.digits(2);
    scanner.expect(slashes ? "/" : "-");
    civil.day = scanner.digits(2);
    int offset_minutes = 0;
    if (slashes ? scanner.take(' ') : !scanner.at_end()) {
        if (!slashes && !scanner.take('T') && !scanner.take(' ')) scanner.fail();
        civil.hour = scanner.digits(2);
        scanner.expect(":");
        civil.minute = scanner.digits(2);
        if (scanner.take(':')) civil.second = scanner.digits(2);
        if (scanner.take('.')) civil.millisecond = scanner.fraction();
        if (!slashes && !scanner.take('Z') && !scanner.failed()) {
            const int sign = scanner.take('-') ? -1 : 1;
            if (sign == 1) scanner.expect("+");
            const int hours = scanner.digits(2);
            scanner.take(':');
            offset_minutes = sign * (hours * 60 + scanner.digits(2));
        }
    } else if (!slashes) {
        scanner.fail();
    }
    if (scanner.failed() || !scanner.at_end()) return refuse();
    const auto instant = instant_of(civil);
    if (!instant) return refuse();
    return *instant - std::chrono::minutes{offset_minutes};
}

std::string format_http_date(Instant instant) {
    const Civil c = civil_of(instant);
    const std::chrono::weekday weekday{std::chrono::floor<std::chrono::days>(instant)};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays[weekday.c_encoding()], c.day,
                       months[static_cast<std::size_t>(c.month - 1)], c.year, c.hour, c.minute, c.second);
}

Result<Instant> parse_http_date(std::string_view text) {
    Scanner scanner{text};
    Civil civil;
    scanner.one_of(weekdays);
    scanner.expect(", ");
    civil.day = scanner.digits(2);
    scanner.expect(" ");
    civil.month = scanner.one_of(months) + 1;
    scanner.expect(" ");
    civil.year = scanner.digits(4);
    scanner.expect(" ");
    civil.hour = scanner.digits(2);
    scanner.expect(":");
    civil.minute = scanner.digits(2);
    scanner.expect(":");
    civil.second = scanner.digits(2);
    const auto instant = scanner.failed() ? std::nullopt : instant_of(civil);
    if (!instant) return error(ErrorKind::invalid, fmt::format("'{}' is not an HTTP date", text));
    return *instant;
}

}  // namespace koppla
