#pragma once

#include "base/clock.h"
#include "base/guarded.h"
#include "http/message.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox::dynamics {

/// How much one user may ask within a window that slides. [Dataverse: Service protection API limits]
struct Limits {
    std::int64_t requests = 6'000;
    std::chrono::milliseconds execution{1'200'000};  ///< of all requests together
    std::int64_t concurrent = 52;
    std::chrono::milliseconds window{300'000};
    std::int64_t dop_hint = 4;  ///< x-ms-dop-hint
    /// What Retry-After says, in place of the time until there is room again.
    std::optional<std::chrono::seconds> retry_after{};
};

/// Counts each user's requests, their time and those in flight, and refuses what is too much. Whoever goes on
/// asking while refused waits longer. Thread-safe.
class Protection {
  public:
    explicit Protection(const Clock& clock) : clock_{clock} {}

    /// A request that was let in; it ends with this.
    class Passage {
      public:
        Passage(Protection& protection, std::string user, std::int64_t in_flight)
            : protection_{&protection},
              user_{std::move(user)},
              begun_{protection.clock_.steady()},
              in_flight_{in_flight} {}
        Passage(const Passage&) = delete;
        Passage& operator=(const Passage&) = delete;
        ~Passage() { protection_->end(user_, begun_); }

        /// Requests that came inside this one.
        void add(std::int64_t requests) { protection_->add(user_, requests); }
        /// Calls of all users at that moment, this one among them.
        [[nodiscard]] std::int64_t in_flight() const { return in_flight_; }

      private:
        Protection* protection_;
        std::string user_;
        std::chrono::steady_clock::time_point begun_;
        std::int64_t in_flight_;
    };
    /// Either of the two: the passage, or the answer 429.
    struct Entry {
        std::unique_ptr<Passage> passage{};
        std::optional<http::Response> refusal{};
    };
    Entry enter(const std::string& user);
    /// x-ms-ratelimit-… and x-ms-dop-hint.
    void add_headers(const std::string& user, http::Headers& headers);

    void set(const Limits& limits);
    [[nodiscard]] Limits limits();
    struct Figures {
        std::int64_t in_flight_max = 0;
        std::int64_t refused_requests = 0;
        std::int64_t refused_time = 0;
        std::int64_t refused_concurrent = 0;
    };
    [[nodiscard]] Figures figures();
    /// Forgets who asked what, and the figures.
    void clear();

  private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct Spent {
        TimePoint end;
        std::chrono::microseconds time{};
    };
    struct User {
        std::deque<TimePoint> requests;
        std::deque<Spent> spent;
        std::chrono::microseconds execution{};
        std::int64_t in_flight = 0;
        TimePoint blocked_until{};
    };
    struct State {
        Limits limits;
        Figures figures;
        std::map<std::string, User, std::less<>> users;
        std::int64_t in_flight = 0;
    };
    static void slide(User& user, const Limits& limits, TimePoint now);
    static std::optional<http::Response> excess(State& state, User& user, TimePoint now);
    void add(const std::string& user, std::int64_t requests);
    void end(const std::string& user, TimePoint begun);

    const Clock& clock_;
    Guarded<State> state_;
};

}  // namespace koppla::sandbox::dynamics
