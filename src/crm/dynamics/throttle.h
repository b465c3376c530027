#pragma once

#include "base/clock.h"
#include "crm/connector.h"
#include "crm/dynamics/pace.h"
#include "http/client.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

namespace koppla::dynamics {

/// Stands closest to the wire: sends at the pace that the environment has room for, whichever thread asks,
/// and counts what it serves, a batch by its operations. A request that isn't allowed yet waits; a refusal
/// (429) goes to the caller as it came, and holds back all others. Thread-safe.
class Throttle final : public http::Client {
  public:
    /// Told of waits that a person notices, on the waiting thread.
    using Teller = std::function<void(std::string_view)>;

    Throttle(http::Client& client, const Clock& clock, int in_flight_most, Teller teller)
        : client_{client}, clock_{clock}, teller_{std::move(teller)}, pace_{in_flight_most} {}

    Result<http::Response> send(const http::Request& request, http::BodySink& sink,
                                const Call& call) override;
    [[nodiscard]] Usage usage() const;
    [[nodiscard]] int in_flight_max() const;

  private:
    Result<Pace::Turn> wait_for_turn(std::int64_t weight, const Call& call);
    void tell(Pace::Span span);

    http::Client& client_;
    const Clock& clock_;
    const Teller teller_;
    mutable std::mutex mutex_;
    std::condition_variable_any has_answer_;
    Pace pace_;
    Usage usage_;
    Pace::Time told_at_;
};

}  // namespace koppla::dynamics
