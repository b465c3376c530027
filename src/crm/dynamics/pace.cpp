#include "crm/dynamics/pace.h"

#include "crm/dynamics/limits.h"
#include "http/retrying.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace koppla::dynamics {

namespace {

using namespace std::chrono_literals;

/// Before the environment has advised anything: its usual advice.
constexpr int in_flight_first = 4;

/// A 429 that asks for no pause gets one that doubles.
constexpr Pace::Span hold_first = 1s;
constexpr Pace::Span hold_longest = 60s;

/// Below this share of the execution time the requests in flight are lowered in proportion.
constexpr double time_share_low = 0.25;

constexpr double stretch_step = 1.5;

/// Refused for the execution time or for how many were under way, which the window has no part in.
bool is_of_load(std::string_view body) {
    constexpr std::array<std::string_view, 4> codes = {"80072321", "80072326", "2147015903", "2147015898"};
    return std::ranges::any_of(
        codes, [&](std::string_view code) { return body.find(code) != std::string_view::npos; });
}

/// A wait that is longer is worth a request that may be refused: the refusal tells how long the window is.
constexpr Pace::Span wait_worth_a_look = 10s;

/// What a refusal may tell of a window.
constexpr double told_seconds_max = 3'600;

/// The number that follows these words.
std::optional<double> number_after(std::string_view text, std::string_view words) {
    const auto at = text.find(words);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + words.size());
    return read_quantity(text.substr(0, text.find(' ')));
}

/// A window that is used up by others is looked at so often within its span.
constexpr int looks_a_window = 60;

}  // namespace

std::optional<double> read_quantity(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c != ',' && c != ' ') digits += c;
    }
    double number = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool is_good = fault == std::errc{} && end == digits.data() + digits.size() &&
                         std::isfinite(number) && number >= 0 && number < 1e12;
    return is_good ? std::optional{number} : std::nullopt;
}

Pace::Pace(int in_flight_most)
    : in_flight_most_{in_flight_most},
      ceiling_{std::min(in_flight_most, in_flight_first)},
      limit_{ceiling_} {}

int Pace::in_flight_max() const {
    const double share = std::min(1.0, time_left_ / time_share_low);
    return std::max(1, static_cast<int>(std::ceil(limit_ * share)));
}

Pace::Span Pace::window() const {
    // A little longer than it is, because the two clocks don't tick together.
    const auto generous = [](Span span) { return span + span / 200 + 2ms; };
    if (told_window_) return generous(*told_window_);
    constexpr double rate =
        static_cast<double>(limits::requests_a_window) / static_cast<double>(Span{limits::window}.count());
    const auto span = Span{static_cast<std::int64_t>(static_cast<double>(budget_most_) / rate * stretch_)};
    return std::min(generous(span), Span{limits::window} * 2);
}

void Pace::forget_what_left(Time now) {
    while (!past_.empty() && past_.front().answered + window() <= now) {
        if (budget_) *budget_ += past_.front().weight;
        past_.pop_front();
    }
}

std::optional<Pace::Wait> Pace::wait(Time now, std::int64_t weight) {
    const auto until = [&](Time then) {
        return Wait{.span = std::max(1ms, std::chrono::ceil<Span>(then - now)), .is_for_slot = false};
    };
    if (now < held_until_) return until(held_until_);
    if (in_flight_ >= in_flight_max()) return Wait{.span = {}, .is_for_slot = true};
    forget_what_left(now);
    // What is more than there ever is goes out once all there is has come.
    const std::int64_t wanted = std::min(weight, std::max<std::int64_t>(budget_most_, 1));
    if (!budget_ || *budget_ >= wanted) return std::nullopt;
    // An answer that is on its way knows more than we do.
    if (in_flight_ > 0) return Wait{.span = {}, .is_for_slot = true};
    std::int64_t missing = wanted - *budget_;
    for (const Past& each : past_) {
        missing -= each.weight;
        if (missing > 0) continue;
        const Time room = each.answered + window();
        const bool is_sure = told_window_ || is_told_nothing_;
        if (!is_sure && room - now > wait_worth_a_look) return std::nullopt;
        return until(room);
    }
    const Time look = last_begun_ + window() / looks_a_window;
    return now < look ? std::optional{until(look)} : std::nullopt;
}

Pace::Turn Pace::begin(Time now, std::int64_t weight) {
    ++in_flight_;
    weight_in_flight_ += weight;
    if (budget_) *budget_ -= weight;
    last_begun_ = now;
    return {.number = ++begun_, .sent = now, .weight = weight};
}

void Pace::end(const Turn& turn, Time now, const http::Response* answer) {
    --in_flight_;
    weight_in_flight_ -= turn.weight;
    if (answer == nullptr) return;
    if (answer->status == 429 || answer->status == 503) {
        note_refusal(now, *answer);
    } else {
        refusals_ = 0;
        past_.push_back({.sent = turn.sent, .answered = now, .weight = turn.weight});
        if (++good_ones_ >= limit_ && limit_ < ceiling_) {
            ++limit_;
            good_ones_ = 0;
        }
    }
    note_room(answer->headers);
    note_budget(turn, now, answer->headers);
}

void Pace::note_room(const http::Headers& headers) {
    if (const auto hint = read_quantity(headers.find("x-ms-dop-hint").value_or("")); hint && *hint >= 1) {
        const int advised = static_cast<int>(std::min(*hint, double{limits::requests_in_flight_max}));
        const int before = std::exchange(ceiling_, std::min(advised, in_flight_most_));
        // What was not dared because of a refusal is not dared because of advice.
        if (limit_ == before || limit_ > ceiling_) limit_ = ceiling_;
    }
    if (const auto left =
            read_quantity(headers.find("x-ms-ratelimit-time-remaining-xrm-requests").value_or(""))) {
        time_most_ = std::max(time_most_, *left);
        time_left_ = time_most_ > 0 ? *left / time_most_ : 1.0;
    }
}

void Pace::note_budget(const Turn& turn, Time now, const http::Headers& headers) {
    const auto left = read_quantity(headers.find("x-ms-ratelimit-burst-remaining-xrm-requests").value_or(""));
    if (!left || turn.number < told_by_) return;
    told_by_ = turn.number;
    const auto remaining = static_cast<std::int64_t>(*left);
    forget_what_left(now);
    // Of ours the later half of the window is in it for certain, however long it is.
    std::int64_t ours = 0;
    for (const Past& each : past_)
        if (each.answered + window() / (2 * stretch_) > now) ours += each.weight;
    const std::int64_t all = remaining + std::max<std::int64_t>(ours, 1);
    if (all > budget_most_ && !told_window_) {
        budget_most_ = all;
        stretch_ = 1.0;
    }
    // What may have left the window before this was counted is in the figure already.
    while (!past_.empty() && past_.front().sent + window() <= now) past_.pop_front();
    // What is in flight may not have been counted yet.
    budget_ = remaining - weight_in_flight_;
}

void Pace::note_refusal(Time now, const http::Response& answer) {
    const auto asked = http::retry_after(answer.headers);
    if (answer.status == 503 && !asked) return;
    const Span otherwise = std::min(hold_first * (1 << std::min(refusals_, 10)), hold_longest);
    // One refusal, told to several that were in flight together, counts once.
    const bool is_first = now >= held_until_;
    held_until_ = std::max(held_until_, now + asked.value_or(otherwise));
    if (!is_first) return;
    ++refusals_;
    limit_ = std::max(1, limit_ / 2);
    good_ones_ = 0;
    if (answer.status != 429 || is_of_load(answer.body)) return;
    if (const auto told = read_told(answer.body)) return take(*told, now);
    is_told_nothing_ = true;
    const bool had_budget = budget_ && *budget_ >= 0 && budget_most_ > 0;
    if (had_budget) stretch_ *= stretch_step;
}

/// "Number of requests exceeded the limit of 6000 over time window of 300 seconds."
std::optional<Pace::Told> Pace::read_told(std::string_view body) {
    const auto budget = number_after(body, "Number of requests exceeded the limit of ");
    const auto seconds = number_after(body, " over time window of ");
    if (!budget || !seconds || *budget < 1 || *seconds <= 0 || *seconds > told_seconds_max)
        return std::nullopt;
    return Told{.budget = static_cast<std::int64_t>(*budget),
                .window = std::chrono::ceil<Span>(std::chrono::duration<double>{*seconds})};
}

/// How much is left the last answer has told; when to ask again, the refusal's own pause.
void Pace::take(const Told& told, Time now) {
    told_window_ = told.window;
    budget_most_ = told.budget;
    stretch_ = 1.0;
    while (!past_.empty() && past_.front().answered + window() <= now) past_.pop_front();
}

}  // namespace koppla::dynamics
