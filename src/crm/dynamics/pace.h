#pragma once

#include "http/message.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

namespace koppla::dynamics {

/// When the next request of a user may go out, by what the answers tell. Three things bound it:
/// - a *window*: so many requests within a sliding span, of which answers tell how many are left. The span
///   only a refusal tells; until then the documented rate of 20 a second gives it. While too little is left,
///   the next request waits until some of ours leave the window, so that the budget is used up and not
///   overrun. Before the first long wait one is sent for all that: let in, or told how long the window is. A
///   batch weighs as much as it has operations.
/// - requests *in flight*: what the environment advises, halved by a 429 and slowly raised again, and lowered
///   while the execution time that is left runs short.
/// - a *hold*: after a 429 nothing goes out for as long as it asks.
/// Time is given, so that this is a plain calculation. One thread.
/// [Dataverse: Service protection API limits; Send parallel requests, x-ms-dop-hint]
class Pace {
  public:
    using Time = std::chrono::steady_clock::time_point;
    using Span = std::chrono::milliseconds;

    explicit Pace(int in_flight_most);

    /// A request that went out.
    struct Turn {
        std::int64_t number = 0;
        Time sent;
        std::int64_t weight = 1;
    };
    struct Wait {
        Span span{};  ///< zero: until another request has its answer
        bool is_for_slot = false;
    };
    /// How long to wait before asking again; nothing: one may go out now, by `begin`.
    [[nodiscard]] std::optional<Wait> wait(Time now, std::int64_t weight = 1);
    Turn begin(Time now, std::int64_t weight = 1);
    /// The request has its answer, or without one has failed.
    void end(const Turn& turn, Time now, const http::Response* answer);

    [[nodiscard]] int in_flight_max() const;

  private:
    struct Past {
        Time sent, answered;
        std::int64_t weight = 1;
    };
    [[nodiscard]] Span window() const;
    void forget_what_left(Time now);
    void note_budget(const Turn& turn, Time now, const http::Headers& headers);
    void note_room(const http::Headers& headers);
    void note_refusal(Time now, const http::Response& answer);
    struct Told {
        std::int64_t budget = 0;
        Span window{};
    };
    static std::optional<Told> read_told(std::string_view body);
    void take(const Told& told, Time now);

    const int in_flight_most_;
    int ceiling_;        ///< what the environment advises, within the account's own bound
    int limit_;          ///< what is dared now, within the ceiling
    int good_ones_ = 0;  ///< answers since the limit was last changed
    int refusals_ = 0;   ///< in a row
    int in_flight_ = 0;
    std::int64_t weight_in_flight_ = 0;
    std::int64_t begun_ = 0;
    std::int64_t told_by_ = 0;  ///< the latest request whose answer told the budget
    std::optional<std::int64_t> budget_;
    std::int64_t budget_most_ = 0;
    std::optional<Span> told_window_;
    bool is_told_nothing_ = false;  ///< by a refusal for the window
    double stretch_ = 1.0;          ///< of the window, where it proved longer than thought
    double time_left_ = 1.0;        ///< of the execution time, what is left: 0 to 1
    double time_most_ = 0.0;
    Time held_until_;
    Time last_begun_;
    std::deque<Past> past_;  ///< answered requests that the window still holds
};

/// A number as the ratelimit headers write it: "1,200.00". Nothing for what is none.
std::optional<double> read_quantity(std::string_view text);

}  // namespace koppla::dynamics
