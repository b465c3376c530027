#pragma once

#include "crm/salesforce/login.h"
#include "crm/session.h"

#include <mutex>
#include <optional>

namespace koppla::salesforce {

/// Logs an account in, once for all threads and processes that need it, and keeps what came of it in the
/// token store, where the next process finds it. Credentials are stored before they are used, and never lead
/// to a host that the account does not allow. Thread-safe.
class Auth {
  public:
    /// A refresh token may be good for one use: it goes by `once`, which doesn't repeat.
    Auth(const AccountSettings& account, http::Client& client, http::Client& once, TokenStore& tokens,
         const Clock& clock)
        : site_{.account = account, .client = client, .clock = clock},
          refresh_site_{.account = account, .client = once, .clock = clock},
          tokens_{tokens} {}

    /// What was stored, or a first login.
    Result<Credentials> credentials(const Call& call);

    /// Credentials other than those that were refused: another thread's or process's, or a new login.
    Result<Credentials> renew(const Credentials& refused, const Call& call);

  private:
    Result<Credentials> make_other_than(const Secret& refused, const Call& call);
    Result<Credentials> fresh(Renewal& renewal, const Call& call);
    Result<Credentials> refreshed(Renewal& renewal);

    const LoginSite site_;
    const LoginSite refresh_site_;
    TokenStore& tokens_;
    std::mutex mutex_;
    std::optional<Credentials> current_;
};

}  // namespace koppla::salesforce
