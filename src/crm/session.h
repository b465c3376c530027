#pragma once

#include "base/call.h"
#include "base/secret.h"

#include <memory>
#include <optional>
#include <string>

namespace koppla {

/// What a login gave: enough to send requests until the CRM says it has expired.
struct Credentials {
    Secret access_token;
    Secret refresh_token;      ///< empty where the flow has none
    std::string instance_url;  ///< where to send requests, no slash at the end
    std::string identity;      ///< the CRM's address of who logged in, or empty
    bool operator==(const Credentials&) const = default;
};

/// The sole right, of all threads and processes, to make fresh credentials for an account; given back when
/// destroyed, and by a crash. Refresh tokens that are good for one use need it: of two that use the same one,
/// the second loses the login for both.
class Renewal {
  public:
    virtual ~Renewal() = default;
    /// What is stored now: perhaps what somebody else has just renewed.
    [[nodiscard]] virtual const std::optional<Credentials>& stored() const = 0;
    /// An earlier use of the stored refresh token was begun and not ended: it may be used up.
    [[nodiscard]] virtual bool is_in_doubt() const = 0;
    /// Writes down that the stored refresh token is about to be used.
    virtual Result<void> begin_use() = 0;
    /// Takes that back: it wasn't used after all.
    virtual Result<void> undo_use() = 0;
    /// For good when it returns; a stop or deadline doesn't keep it from being written.
    virtual Result<void> store(const Credentials& fresh) = 0;
};

/// Keeps an account's credentials between requests and runs. Fresh ones are written before they are used.
/// Thread-safe.
class TokenStore {
  public:
    virtual ~TokenStore() = default;
    virtual Result<std::optional<Credentials>> current(const Call& call) = 0;
    /// Waits for the right until the call ends.
    virtual Result<std::unique_ptr<Renewal>> begin_renewal(const Call& call) = 0;
};

}  // namespace koppla
