#include "crm/auth.h"

#include <chrono>

#include <fmt/format.h>

namespace koppla {

namespace {

/// A refresh is not stopped half way, so that a person who pressed Ctrl-C waits for it.
constexpr std::chrono::milliseconds refresh_time_max{30'000};

}  // namespace

bool Auth::is_usable(const std::optional<Credentials>& stored, const Secret& refused) const {
    return stored && !stored->access_token.is_empty() && stored->access_token != refused &&
           login_.check(*stored).has_value();
}

Result<Credentials> Auth::credentials(const Call& call) {
    const std::scoped_lock lock{mutex_};
    if (current_) return *current_;
    // A token that the account holds itself needs no keeping.
    if (login_.upkeep() == Upkeep::none) return login_.log_in(call);
    std::optional<Credentials> stored = TRY(tokens_.current(call));
    if (!is_usable(stored, {})) return make_other_than({}, call);
    current_ = std::move(stored);
    return *current_;
}

Result<Credentials> Auth::renew(const Credentials& refused, const Call& call) {
    const std::scoped_lock lock{mutex_};
    if (current_ && current_->access_token != refused.access_token) return *current_;
    if (call.is_over()) return call.cancelled("logging in");
    if (login_.upkeep() == Upkeep::none) {
        return error(
            ErrorKind::denied,
            fmt::format("{} refused the access token of the account {}: it has expired, or was never meant "
                        "for it; give another one with: koppla account edit {} --access-token-file FILE",
                        names_.server, names_.account, names_.account));
    }
    return make_other_than(refused.access_token, call);
}

Result<http::Response> Auth::send(const Send& send_as, const Call& call) {
    const Credentials first = TRY(credentials(call));
    http::Response response = TRY(send_as(first));
    if (response.status != 401) return response;
    return send_as(TRY(renew(first, call)));
}

Result<Credentials> Auth::make_other_than(const Secret& refused, const Call& call) {
    const std::unique_ptr<Renewal> renewal = TRY(tokens_.begin_renewal(call));
    if (is_usable(renewal->stored(), refused)) {
        current_ = renewal->stored();
        return *current_;
    }
    Credentials made = TRY(fresh(*renewal, call));
    const Result<void> safe = login_.check(made);
    // A refresh token is kept even so: the one before it is worth nothing any more.
    if (safe || !made.refresh_token.is_empty()) TRY(renewal->store(made));
    TRY(Result<void>{safe});
    current_ = std::move(made);
    return *current_;
}

Result<Credentials> Auth::fresh(Renewal& renewal, const Call& call) {
    const auto& stored = renewal.stored();
    const bool can_refresh =
        login_.upkeep() == Upkeep::by_refresh && stored && !stored->refresh_token.is_empty();
    return can_refresh ? refreshed(renewal) : login_.log_in(call);
}

/// Not stopped half way, whoever asks: the answer holds the only token that still opens the account.
Result<Credentials> Auth::refreshed(Renewal& renewal) {
    const bool was_in_doubt = renewal.is_in_doubt();
    TRY(renewal.begin_use());
    auto made = login_.refresh(*renewal.stored(), Call{}.within(refresh_time_max));
    if (made) return made;
    Error failure = made.error();
    const std::string remedy = fmt::format("; log in again with: koppla account login {}", names_.account);
    switch (failure.kind) {
        case ErrorKind::denied:
            if (was_in_doubt) {
                failure.message +=
                    "; an earlier renewal was cut off before its answer came, and a refresh token may be "
                    "good for one use";
            } else {
                TRY(renewal.undo_use());
            }
            failure.message += remedy;
            break;
        case ErrorKind::unavailable:
        case ErrorKind::throttled:
            // Without an answer that has a name for it, the request never arrived.
            if (!was_in_doubt && failure.symbol.empty()) TRY(renewal.undo_use());
            break;
        default:
            failure.message += fmt::format(
                "; whether the refresh token is used up now isn't known. Try again, and if it is refused{}",
                remedy);
    }
    return failure;
}

}  // namespace koppla
