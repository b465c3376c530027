#pragma once

#include "base/clock.h"
#include "base/guarded.h"

#include <chrono>
#include <map>
#include <optional>
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
    std::string access_token;   ///< a session that is live from the start, for clients that log in by token
    std::string refresh_token;  ///< the same for clients that refresh
};

/// Credentials nobody has seen yet, for this user of this organisation.
Credentials make_credentials(std::string_view organization_id, std::string_view username);

/// What a user allowed a client once: what its tokens may do, and whether the client has to show its secret
/// to refresh them.
struct Grant {
    std::string scope = "api";
    enum class Client { secret, open } client = Client::secret;
};

/// Live sessions and refresh tokens. A session ends when it wasn't used for the lifetime, or by `expire`;
/// refresh tokens outlive sessions. Tokens of one grant know each other: a refresh token that was replaced
/// and comes again ends all of them. Held in memory: a restart ends all but the credentials' own.
/// Thread-safe. [RFC 9700, 4.14.2]
class Sessions {
  public:
    Sessions(std::string_view organization_id, const Credentials& credentials, Clock& clock);

    /// A new access token: the organisation's 15-character id, '!', 96 characters.
    std::string open(std::string_view scope = "api");
    /// Whether the token is a live session; using it makes it live longer.
    bool use(std::string_view access_token);
    /// Ends every session there is; the number of them.
    std::size_t expire();
    void set_lifetime(std::chrono::seconds lifetime);

    /// Both tokens of a new grant, or those of a refreshed one.
    struct Tokens {
        std::string access;
        std::string refresh;
        Grant grant{};
    };
    Tokens begin(Grant grant);
    enum class Rotation { none, each_time };
    /// Nothing for a token that isn't live. With rotation the old refresh token is replaced.
    std::optional<Tokens> refresh(std::string_view refresh_token, Rotation rotation);
    /// The grant of a live refresh token.
    std::optional<Grant> grant_of(std::string_view refresh_token);

    /// Revokes a session, or a refresh token with all of its grant; false for what is neither.
    bool revoke(std::string_view token);

    /// What a live token may do and until when; refresh tokens have no end.
    struct Inspection {
        std::string scope;
        std::optional<std::chrono::seconds> left{};
    };
    std::optional<Inspection> inspect(std::string_view token);

  private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct Session {
        TimePoint last_used;
        std::string scope;
        std::uint64_t grant = 0;  ///< 0: of none
    };
    struct Refresh {
        std::uint64_t grant = 0;
        bool is_replaced = false;
    };
    struct State {
        std::map<std::string, Session, std::less<>> sessions;
        std::map<std::string, Refresh, std::less<>> refresh_tokens;
        std::map<std::uint64_t, Grant> grants;
        std::uint64_t next_grant = 1;
        std::chrono::seconds lifetime{7200};
    };
    static void end(State& state, std::uint64_t grant);
    std::string new_access_token();
    std::string token_prefix_;
    Clock& clock_;
    Guarded<State> state_;
};

}  // namespace koppla::sandbox
