#pragma once

#include "base/clock.h"
#include "crm/salesforce/settings.h"
#include "crm/session.h"
#include "http/client.h"

#include <mutex>
#include <optional>

namespace koppla::salesforce {

/// Logs an account in, once for all threads that need it, and keeps what came of it in the token store, where
/// the next process finds it. Credentials are stored before they are used, and never lead to a host that the
/// account does not allow. Thread-safe. [Salesforce: OAuth 2.0 client credentials and username-password
/// flows]
class Auth {
  public:
    Auth(const AccountSettings& account, http::Client& client, TokenStore& tokens)
        : account_{account}, client_{client}, tokens_{tokens} {}

    /// What was stored, or a first login.
    Result<Credentials> credentials(const Call& call);

    /// Credentials other than those that were refused: another thread's or process's, or a new login.
    Result<Credentials> renew(const Credentials& refused, const Call& call);

  private:
    Result<Credentials> log_in(const Call& call);
    [[nodiscard]] Result<void> check_instance(const Credentials& credentials) const;

    const AccountSettings& account_;
    http::Client& client_;
    TokenStore& tokens_;
    std::mutex mutex_;
    std::optional<Credentials> current_;
};

}  // namespace koppla::salesforce
