#include "crm/dynamics/throttle.h"

#include "crm/odata/multipart.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

using namespace std::chrono_literals;

/// Other threads' answers may change what is waited for.
constexpr Pace::Span wait_longest = 1s;

/// Shorter waits go by unnoticed; longer ones are told once a minute.
constexpr Pace::Span wait_told = 5s;
constexpr Pace::Span told_every = 60s;

/// A refused token is not counted, nor what never arrived.
bool has_been_served(const Result<http::Response>& outcome) {
    if (outcome) return outcome->status != 401;
    const ErrorKind kind = outcome.error().kind;
    return kind != ErrorKind::unavailable && kind != ErrorKind::invalid && kind != ErrorKind::denied;
}

/// Each operation of a batch counts as a request. [the reference's 7.1]
std::int64_t weight_of(const http::Request& request) {
    if (!request.target.ends_with("/$batch")) return 1;
    const auto boundary = odata::boundary_of(request.headers.find("Content-Type").value_or(""));
    if (!boundary) return 1;
    const std::string delimiter = fmt::format("--{}\r\n", *boundary);
    std::int64_t operations = 0;
    for (auto at = request.body.find(delimiter); at != std::string::npos;
         at = request.body.find(delimiter, at + delimiter.size())) {
        ++operations;
    }
    return std::max<std::int64_t>(operations, 1);
}

}  // namespace

Result<http::Response> Throttle::send(const http::Request& request, http::BodySink& sink, const Call& call) {
    const Pace::Turn turn = TRY(wait_for_turn(weight_of(request), call));
    Result<http::Response> outcome = client_.send(request, sink, call);
    {
        const std::scoped_lock lock{mutex_};
        pace_.end(turn, clock_.steady(), outcome ? &*outcome : nullptr);
        if (has_been_served(outcome)) usage_.charged_calls += turn.weight;
    }
    has_answer_.notify_all();
    return outcome;
}

Result<Pace::Turn> Throttle::wait_for_turn(std::int64_t weight, const Call& call) {
    std::unique_lock lock{mutex_};
    while (true) {
        if (call.is_over()) return call.cancelled("waiting for the environment to have room");
        const Pace::Time now = clock_.steady();
        const auto wait = pace_.wait(now, weight);
        if (!wait) return pace_.begin(now, weight);
        if (wait->is_for_slot) {
            // Woken by the answer; now and then too, to see whether the call is over.
            has_answer_.wait_for(lock, wait_longest);
            continue;
        }
        tell(wait->span);
        lock.unlock();
        TRY(clock_.wait(std::min(wait->span, wait_longest), call));
        lock.lock();
    }
}

void Throttle::tell(Pace::Span span) {
    const Pace::Time now = clock_.steady();
    if (!teller_ || span < wait_told || now < told_at_ + told_every) return;
    told_at_ = now;
    teller_(fmt::format("the environment's limit of requests is reached; going on in {:.0f} s",
                        std::chrono::duration<double>(span).count()));
}

Usage Throttle::usage() const {
    const std::scoped_lock lock{mutex_};
    return usage_;
}

int Throttle::in_flight_max() const {
    const std::scoped_lock lock{mutex_};
    return pace_.in_flight_max();
}

}  // namespace koppla::dynamics
