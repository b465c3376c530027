#include "sandbox/dynamics/protection.h"

#include "sandbox/web/json.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

/// A share of the window that each request during a refusal adds to it.
constexpr int penalty_share = 100;

/// 1200000 as "1,200,000".
std::string grouped(std::int64_t number) {
    auto text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

std::string window_text(const Limits& limits) {
    return fmt::format("{} seconds", std::chrono::duration<double>{limits.window}.count());
}

http::Response refusal(std::string_view code, const std::string& message, microseconds wait,
                       const Limits& limits) {
    const auto whole = std::max(std::chrono::ceil<seconds>(wait), seconds{1});
    return http::Response{
        .status = 429,
        .headers = {{"Content-Type", "application/json; odata.metadata=minimal"},
                    {"OData-Version", "4.0"},
                    {"Retry-After", std::to_string(limits.retry_after.value_or(whole).count())}},
        .body = dump(Json{{"error", {{"code", code}, {"message", message}}}})};
}

}  // namespace

void Protection::slide(User& user, const Limits& limits, TimePoint now) {
    const auto begin = now - limits.window;
    while (!user.requests.empty() && user.requests.front() <= begin) user.requests.pop_front();
    while (!user.spent.empty() && user.spent.front().end <= begin) {
        user.execution -= user.spent.front().time;
        user.spent.pop_front();
    }
}

std::optional<http::Response> Protection::excess(State& state, User& user, TimePoint now) {
    const auto& limits = state.limits;
    if (std::cmp_greater_equal(user.in_flight, limits.concurrent)) {
        ++state.figures.refused_concurrent;
        return refusal(
            "0x80072326",
            fmt::format("Number of concurrent requests exceeded the limit of {}.", limits.concurrent),
            seconds{1}, limits);
    }
    const bool has_requests = std::cmp_less(user.requests.size(), limits.requests);
    const bool has_time = user.execution < limits.execution;
    if (has_requests && has_time && user.blocked_until <= now) return std::nullopt;
    if (user.blocked_until > now) {
        user.blocked_until += limits.window / penalty_share;
    } else {
        const auto oldest = has_requests ? user.spent.front().end : user.requests.front();
        user.blocked_until = oldest + limits.window;
    }
    const auto wait = duration_cast<microseconds>(user.blocked_until - now);
    if (has_time) {
        ++state.figures.refused_requests;
        return refusal("0x80072322",
                       fmt::format("Number of requests exceeded the limit of {} over time window of {}.",
                                   limits.requests, window_text(limits)),
                       wait, limits);
    }
    ++state.figures.refused_time;
    return refusal(
        "0x80072321",
        fmt::format(
            "Combined execution time of incoming requests exceeded limit of {} milliseconds over time "
            "window of {}. Decrease number of concurrent requests or reduce the duration of requests and "
            "try again later.",
            grouped(limits.execution.count()), window_text(limits)),
        wait, limits);
}

Protection::Entry Protection::enter(const std::string& user) {
    const auto now = clock_.steady();
    Entry entry;
    const auto in_flight = state_.with([&](State& state) {
        auto& one = state.users[user];
        slide(one, state.limits, now);
        entry.refusal = excess(state, one, now);
        if (entry.refusal) return state.in_flight;
        one.requests.push_back(now);
        ++one.in_flight;
        ++state.in_flight;
        state.figures.in_flight_max = std::max(state.figures.in_flight_max, state.in_flight);
        return state.in_flight;
    });
    if (!entry.refusal) entry.passage = std::make_unique<Passage>(*this, user, in_flight);
    return entry;
}

void Protection::add(const std::string& user, std::int64_t requests) {
    const auto now = clock_.steady();
    state_.with([&](State& state) {
        auto& one = state.users[user];
        for (std::int64_t i = 0; i < requests; ++i) one.requests.push_back(now);
    });
}

void Protection::end(const std::string& user, TimePoint begun) {
    const auto now = clock_.steady();
    state_.with([&](State& state) {
        auto& one = state.users[user];
        const auto time = duration_cast<microseconds>(now - begun);
        one.spent.push_back(Spent{.end = now, .time = time});
        one.execution += time;
        // What was forgotten meanwhile has no call left to end.
        one.in_flight = std::max<std::int64_t>(one.in_flight - 1, 0);
        state.in_flight = std::max<std::int64_t>(state.in_flight - 1, 0);
    });
}

void Protection::add_headers(const std::string& user, http::Headers& headers) {
    const auto now = clock_.steady();
    state_.with([&](State& state) {
        auto& one = state.users[user];
        slide(one, state.limits, now);
        const auto requests =
            std::max<std::int64_t>(state.limits.requests - static_cast<std::int64_t>(one.requests.size()), 0);
        const auto left =
            std::max(duration_cast<microseconds>(state.limits.execution) - one.execution, microseconds{0});
        const auto hundredths = left.count() / 10'000;
        headers.set("x-ms-ratelimit-burst-remaining-xrm-requests", std::to_string(requests));
        headers.set("x-ms-ratelimit-time-remaining-xrm-requests",
                    fmt::format("{}.{:02}", grouped(hundredths / 100), hundredths % 100));
        headers.set("x-ms-dop-hint", std::to_string(state.limits.dop_hint));
    });
}

void Protection::set(const Limits& limits) {
    state_.with([&](State& state) { state.limits = limits; });
}

Limits Protection::limits() {
    return state_.with([](const State& state) { return state.limits; });
}

Protection::Figures Protection::figures() {
    return state_.with([](const State& state) { return state.figures; });
}

void Protection::clear() {
    state_.with([](State& state) {
        state.figures = {.in_flight_max = state.in_flight};
        for (auto& [name, user] : state.users) {
            const auto in_flight = user.in_flight;
            user = User{};
            user.in_flight = in_flight;
        }
    });
}

}  // namespace koppla::sandbox::dynamics
