#pragma once

#include "base/call.h"

#include <chrono>

namespace koppla {

/// An instant of the calendar: milliseconds since 1970, UTC. Dates and wall-clock times are not instants.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// The only source of time and the only way to wait, so that tests can replace both. Thread-safe.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
    [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;
    /// Waits `span`, or less when the call ends; then it answers `cancelled`.
    virtual Result<void> wait(std::chrono::milliseconds span, const Call& call) const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override;
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
    Result<void> wait(std::chrono::milliseconds span, const Call& call) const override;
};

/// "2026-11-01T10:00:00.000Z".
std::string format_instant(Instant instant);

/// Reads ISO 8601 with `Z` or an offset ("+0000", "+01:00"), with or without fraction; and
/// "yyyy/MM/dd[ hh:mm:ss]", taken as UTC. Anything else is `invalid`.
Result<Instant> parse_instant(std::string_view text);

/// An HTTP date ("Sun, 01 Nov 2026 10:00:00 GMT") both ways. [RFC 9110, 5.6.7]
std::string format_http_date(Instant instant);
Result<Instant> parse_http_date(std::string_view text);

}  // namespace koppla
