#include "crm/salesforce/auth.h"

#include "crm/salesforce/tuning.h"

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

bool is_usable(const AccountSettings& account, const std::optional<Credentials>& stored,
               const Secret& refused) {
    return stored && !stored->access_token.is_empty() && stored->access_token != refused &&
           check_instance(account, *stored).has_value();
}

}  // namespace

Result<Credentials> Auth::credentials(const Call& call) {
    const std::scoped_lock lock{mutex_};
    if (current_) return *current_;
    // A token that the account holds itself needs no keeping.
    if (site_.account.flow == Flow::access_token) return log_in(site_, call);
    std::optional<Credentials> stored = TRY(tokens_.current(call));
    if (!is_usable(site_.account, stored, {})) return make_other_than({}, call);
    current_ = std::move(stored);
    return *current_;
}

Result<Credentials> Auth::renew(const Credentials& refused, const Call& call) {
    const std::scoped_lock lock{mutex_};
    if (current_ && current_->access_token != refused.access_token) return *current_;
    if (call.is_over()) return call.cancelled("logging in");
    if (site_.account.flow == Flow::access_token) {
        return error(
            ErrorKind::denied,
            fmt::format("{} refused the access token of the account {}: it has expired, or was never of "
                        "this org; give another one with: koppla account edit {} --access-token-file FILE",
                        site_.account.server, site_.account.name, site_.account.name));
    }
    return make_other_than(refused.access_token, call);
}

Result<Credentials> Auth::make_other_than(const Secret& refused, const Call& call) {
    const std::unique_ptr<Renewal> renewal = TRY(tokens_.begin_renewal(call));
    if (is_usable(site_.account, renewal->stored(), refused)) {
        current_ = renewal->stored();
        return *current_;
    }
    Credentials made = TRY(fresh(*renewal, call));
    const Result<void> safe = check_instance(site_.account, made);
    // A refresh token is kept even so: the one before it is worth nothing any more.
    if (safe || !made.refresh_token.is_empty()) TRY(renewal->store(made));
    TRY(Result<void>{safe});
    current_ = std::move(made);
    return *current_;
}

Result<Credentials> Auth::fresh(Renewal& renewal, const Call& call) {
    const auto& stored = renewal.stored();
    const bool can_refresh =
        site_.account.flow == Flow::browser && stored && !stored->refresh_token.is_empty();
    return can_refresh ? refreshed(renewal) : log_in(site_, call);
}

/// Not stopped half way, whoever asks: the answer holds the only token that still opens the account.
Result<Credentials> Auth::refreshed(Renewal& renewal) {
    const bool was_in_doubt = renewal.is_in_doubt();
    TRY(renewal.begin_use());
    auto made = refresh(refresh_site_, *renewal.stored(), Call{}.within(tuning::refresh_time_max));
    if (made) return made;
    Error failure = made.error();
    const std::string remedy =
        fmt::format("; log in again with: koppla account login {}", site_.account.name);
    switch (failure.kind) {
        case ErrorKind::denied:
            if (was_in_doubt) {
                failure.message +=
                    "; an earlier renewal was cut off before its answer came, and Salesforce takes a refresh "
                    "token once only";
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

}  // namespace koppla::salesforce
