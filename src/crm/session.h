#pragma once

#include "base/call.h"
#include "base/secret.h"

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

/// Keeps an account's credentials between requests and runs. Fresh ones are written before they are used.
/// One writer; thread-safe.
class TokenStore {
  public:
    virtual ~TokenStore() = default;
    virtual Result<std::optional<Credentials>> current(const Call& call) = 0;
    virtual Result<void> replace(const Credentials& fresh, const Call& call) = 0;
};

}  // namespace koppla
