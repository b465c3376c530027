#pragma once

#include "base/clock.h"
#include "base/guarded.h"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// Who may log in, and as whom. Made once, kept with the state.
struct Credentials {
    std::string client_id;
    std::string client_secret;
    std::string username;
    std::string password;
    std::string security_token;
    std::string access_token;  ///< a session that is live from the start, for clients that log in by token
};

/// Text from the machine's own randomness, letters and digits only.
std::string random_text(std::size_t length);
/// Credentials nobody has seen yet, for this user of this organisation.
Credentials make_credentials(std::string_view organization_id, std::string_view username);

/// Live sessions and refresh tokens. A session ends when it wasn't used for the lifetime, or by `expire`;
/// refresh tokens outlive sessions. Held in memory: a restart ends all but the credentials' own. Thread-safe.
class Sessions {
  public:
    Sessions(std::string_view organization_id, const Credentials& credentials, Clock& clock);

    /// A new access token: the organisation's 15-character id, '!', 96 characters.
    std::string open();
    /// Whether the token is a live session; using it makes it live longer.
    bool use(std::string_view access_token);
    /// Ends every session there is; the number of them.
    std::size_t expire();
    void set_lifetime(std::chrono::seconds lifetime);

    std::string make_refresh_token();
    bool knows_refresh_token(std::string_view refresh_token);
    /// Revokes a refresh token or a session; false for what is neither.
    bool revoke(std::string_view token);

  private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct State {
        std::map<std::string, TimePoint, std::less<>> last_used;
        std::set<std::string, std::less<>> refresh_tokens;
        std::chrono::seconds lifetime{7200};
    };
    std::string token_prefix_;
    Clock& clock_;
    Guarded<State> state_;
};

}  // namespace koppla::sandbox
