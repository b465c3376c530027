#pragma once

#include "base/clock.h"
#include "base/guarded.h"
#include "http/client.h"

#include <atomic>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace koppla::http {

/// How often a request is repeated and how long it is waited for: the waits double from the first to the
/// longest, each shortened at random by up to a half, so that many clients don't come back together.
struct RetryPolicy {
    int attempts_max = 5;
    std::chrono::milliseconds wait_first{500};
    std::chrono::milliseconds wait_longest{30'000};
    /// A pause that the server asks for is kept up to here; a longer one is the caller's to decide.
    std::chrono::milliseconds pause_longest{120'000};
};

/// Repeats requests that failed in passing: 429 and 503 and what can't have reached the server always; 500,
/// 502, 504 and cut connections only for methods that change nothing. Never once a byte of the body was
/// handed on to a sink that can't start over, and not where the server has never taken a request in: that is
/// a wrong setting more often than a bad moment. A pause that the server asks for (`Retry-After`) holds back
/// every request, whichever thread sends it. What still fails goes to the caller as it came. Thread-safe.
/// [RFC 9110, 9.2.2 and 10.2.3]
class Retrying final : public Client {
  public:
    /// Told before each wait, on the waiting thread; for a person.
    using Teller = std::function<void(std::string_view)>;

    Retrying(Client& client, const Clock& clock, const RetryPolicy& policy, Teller teller);
    Result<Response> send(const Request& request, BodySink& sink, const Call& call) override;

  private:
    [[nodiscard]] std::optional<std::chrono::milliseconds> wait_before(int attempt, const Request& request,
                                                                       const Result<Response>& outcome);
    Result<void> wait_for_pause(const Call& call);
    void tell(const Request& request, const Result<Response>& outcome, std::chrono::milliseconds wait,
              int attempt) const;

    Client& client_;
    const Clock& clock_;
    const RetryPolicy policy_;
    const Teller teller_;
    std::atomic<bool> is_known_ = false;
    Guarded<std::chrono::steady_clock::time_point> paused_until_;
    Guarded<std::minstd_rand> random_;
};

/// The pause that an answer asks for: seconds, or a date measured from the answer's own; at most a day.
/// [RFC 9110, 10.2.3]
std::optional<std::chrono::milliseconds> retry_after(const Headers& headers);

}  // namespace koppla::http
