#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace koppla {

/// What went wrong, named by what the caller should do about it.
enum class ErrorKind {
    invalid,      // the request is wrong: a person has to change something
    not_found,    // the thing asked for isn't there, or can't be seen
    conflict,     // something else is there already, or has changed meanwhile
    denied,       // credentials or permissions
    throttled,    // a limit was met: later, see retry_after
    unavailable,  // did not happen: repeat, with back-off
    in_doubt,     // may have happened (a cut connection too): ask, or repeat only what is harmless twice
    expired,      // delta token, locator, job, session: begin another way
    cancelled,    // the caller's stop or deadline
    unsupported,  // the other side, or this version, can't do it
    corrupt,      // data from outside, or a store, breaks its own rules
};

std::string_view name(ErrorKind kind);

/// One failure, as a value.
struct Error {
    ErrorKind kind = ErrorKind::invalid;
    std::string message;  ///< for a person: what was attempted, on what, why it failed, what to do
    std::string symbol;   ///< the other side's own name for it ("INVALID_FIELD"), or empty
    std::optional<std::chrono::milliseconds> retry_after;

    /// The same error with words put before its message ("Account: describe failed: …").
    [[nodiscard]] Error with_context(std::string_view context) const;
};

}  // namespace koppla
