#pragma once

#include "crm/account_type.h"
#include "crm/connector.h"
#include "crm/dynamics/settings.h"
#include "crm/odata/session.h"

#include <memory>

namespace koppla::dynamics {

/// An account's way to its environment: who we are there, at what pace requests go out, and what is repeated.
/// Thread-safe.
class Session final {
  public:
    Session(AccountSettings account, ConnectorParts parts);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] const AccountSettings& account() const;
    /// The Web API; every request goes by it.
    [[nodiscard]] odata::Session& web_api();
    [[nodiscard]] Usage usage() const;
    /// How many requests side by side the environment has room for, as its answers say so far, and the
    /// account allows. Requests beyond it wait.
    [[nodiscard]] int requests_in_flight() const;

    /// WhoAmI, version, organization's and user's name, clock, round trip.
    Result<Identity> check(const Call& call);
    Result<Instant> now(const Call& call);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace koppla::dynamics
