#pragma once

#include "crm/session.h"
#include "http/client.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace koppla {

/// By what the credentials of an account are renewed.
enum class Upkeep {
    none,       ///< by nothing: the account holds the token itself, and a person has to give it another one
    by_login,   ///< by another login
    by_refresh  ///< by the refresh token that a person's login gave
};

/// How an account comes by credentials: what differs between CRMs and ways of logging in. Nothing is stored
/// here. Thread-safe.
class Login {
  public:
    virtual ~Login() = default;
    [[nodiscard]] virtual Upkeep upkeep() const = 0;
    /// By what the account itself holds; `denied` names the setting to look at, or sends a person to log in.
    virtual Result<Credentials> log_in(const Call& call) const = 0;
    /// Fresh credentials by a refresh token, which may be good for one use and isn't sent twice; with the
    /// answer's own refresh token, or the old one where it has none. `denied`: it is worth nothing any more.
    /// [RFC 6749, 6]
    virtual Result<Credentials> refresh(const Credentials& old, const Call& call) const = 0;
    /// `denied` where the credentials would lead to a host that the account doesn't allow.
    [[nodiscard]] virtual Result<void> check(const Credentials& credentials) const = 0;
};

/// Logs an account in, once for all threads and processes that need it, and keeps what came of it in the
/// token store, where the next process finds it. Credentials are stored before they are used, and never lead
/// to a host that the account does not allow. Thread-safe.
class Auth {
  public:
    struct Names {
        std::string server, account;  ///< for messages
    };
    Auth(const Login& login, TokenStore& tokens, Names names)
        : login_{login}, tokens_{tokens}, names_{std::move(names)} {}

    /// What was stored, or a first login.
    Result<Credentials> credentials(const Call& call);

    /// Credentials other than those that were refused: another thread's or process's, or a new login.
    Result<Credentials> renew(const Credentials& refused, const Call& call);

    /// Sends with credentials, and where they are refused (401) once more with other ones. A 401 that comes
    /// back was the answer to both.
    using Send = std::function<Result<http::Response>(const Credentials&)>;
    Result<http::Response> send(const Send& send_as, const Call& call);

  private:
    [[nodiscard]] bool is_usable(const std::optional<Credentials>& stored, const Secret& refused) const;
    Result<Credentials> make_other_than(const Secret& refused, const Call& call);
    Result<Credentials> fresh(Renewal& renewal, const Call& call);
    Result<Credentials> refreshed(Renewal& renewal);

    const Login& login_;
    TokenStore& tokens_;
    const Names names_;
    std::mutex mutex_;
    std::optional<Credentials> current_;
};

}  // namespace koppla
