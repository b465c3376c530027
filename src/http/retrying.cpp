#include "http/retrying.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace koppla::http {

namespace {

/// Hands a body on and remembers whether there was one.
class WatchedSink final : public BodySink {
  public:
    explicit WatchedSink(BodySink& sink) : sink_{sink} {}
    Result<void> put(std::string_view bytes) override {
        has_begun_ = has_begun_ || !bytes.empty();
        return sink_.put(bytes);
    }
    bool start_over() override { return !has_begun_ || sink_.start_over(); }

  private:
    BodySink& sink_;
    bool has_begun_ = false;
};

bool changes_nothing(const Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

/// Whether the same request may well succeed, and does no harm if it was heeded the first time.
bool is_worth_repeating(const Request& request, const Result<Response>& outcome) {
    if (!outcome) {
        const ErrorKind kind = outcome.error().kind;
        return kind == ErrorKind::unavailable || (kind == ErrorKind::in_doubt && changes_nothing(request));
    }
    const int status = outcome->status;
    if (status == 429 || status == 503) return true;
    return (status == 500 || status == 502 || status == 504) && changes_nothing(request);
}

std::string words(const Result<Response>& outcome) {
    return outcome ? fmt::format("the answer was {}", outcome->status) : outcome.error().message;
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_after(const Headers& headers) {
    constexpr std::chrono::seconds longest = std::chrono::hours{24};
    const auto text = headers.find("Retry-After");
    if (!text) return std::nullopt;
    std::int64_t seconds = 0;
    const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (fault == std::errc{} && end == text->data() + text->size()) {
        if (seconds < 0 || seconds > longest.count()) return std::nullopt;
        return std::chrono::seconds{seconds};
    }
    const auto until = parse_http_date(*text);
    const auto now = parse_http_date(headers.find("Date").value_or(""));
    if (!until || !now || *until - *now > longest) return std::nullopt;
    return std::max(*until - *now, std::chrono::milliseconds{0});
}

Retrying::Retrying(Client& client, const Clock& clock, const RetryPolicy& policy, Teller teller)
    : client_{client},
      clock_{clock},
      policy_{policy},
      teller_{std::move(teller)},
      random_{std::minstd_rand{std::random_device{}()}} {}

Result<Response> Retrying::send(const Request& request, BodySink& sink, const Call& call) {
    for (int attempt = 1; true; ++attempt) {
        TRY(wait_for_pause(call));
        WatchedSink watched{sink};
        Result<Response> outcome = client_.send(request, watched, call);
        // Whoever took a request in is there, even if the answer was lost.
        if (outcome || outcome.error().kind == ErrorKind::in_doubt) is_known_ = true;
        if (!is_known_ || attempt >= policy_.attempts_max || call.is_over()) return outcome;
        const auto wait = wait_before(attempt, request, outcome);
        if (!wait || !watched.start_over()) return outcome;
        tell(request, outcome, *wait, attempt);
        TRY(clock_.wait(*wait, call));
    }
}

/// How long to wait before this is sent again; nothing where it is not to be.
std::optional<std::chrono::milliseconds> Retrying::wait_before(int attempt, const Request& request,
                                                               const Result<Response>& outcome) {
    if (!is_worth_repeating(request, outcome)) return std::nullopt;
    if (const auto asked = outcome ? retry_after(outcome->headers) : std::nullopt) {
        if (*asked > policy_.pause_longest) return std::nullopt;
        const auto until = clock_.steady() + *asked;
        paused_until_.with([&](auto& paused_until) { paused_until = std::max(paused_until, until); });
        return asked;
    }
    const auto whole = std::min(policy_.wait_first * (1 << std::min(attempt - 1, 16)), policy_.wait_longest);
    const auto half = whole.count() / 2;
    return random_.with([&](std::minstd_rand& random) {
        return std::chrono::milliseconds{whole.count() -
                                         std::uniform_int_distribution<std::int64_t>{0, half}(random)};
    });
}

Result<void> Retrying::wait_for_pause(const Call& call) {
    while (true) {
        const auto until = paused_until_.with([](const auto& paused_until) { return paused_until; });
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock_.steady());
        if (left.count() <= 0) return {};
        TRY(clock_.wait(left, call));
    }
}

void Retrying::tell(const Request& request, const Result<Response>& outcome, std::chrono::milliseconds wait,
                    int attempt) const {
    if (!teller_) return;
    const auto url = parse_url(request.target);
    teller_(fmt::format("{}: {}; trying again in {:.1f} s ({} of {})", url ? url->host : request.target,
                        words(outcome), std::chrono::duration<double>(wait).count(), attempt,
                        policy_.attempts_max - 1));
}

}  // namespace koppla::http
