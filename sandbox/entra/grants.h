#pragma once

#include "base/clock.h"
#include "base/guarded.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox::entra {

/// Who a token speaks for: the app itself, or the user by way of the app.
struct Principal {
    enum class Kind { app, user } kind = Kind::app;
    std::string client_id;
    std::string object_id;
    std::string name;  ///< the user's; empty for the app
};

/// What a person allowed: it travels from a code or a device code into tokens and refresh tokens.
struct Consent {
    std::string scope;
    std::string nonce{};
};

/// A code on its way from the browser to the client, and what it has to be shown with.
struct Code {
    Consent consent;
    std::string redirect_uri;
    std::string challenge;  ///< empty: none
    enum class Method { plain, s256 } method = Method::s256;
    Instant made{};
    enum class Use { fresh, redeemed } use = Use::fresh;
};

struct DeviceCode {
    Consent consent;
    std::string user_code;
    Instant made{};
    enum class Decision { pending, allowed, denied } decision = Decision::pending;
};

/// Everything that the tenant gave out and may see again. In memory: a restart ends it. Thread-safe.
class Grants {
  public:
    /// A live access token, until when, and for whom.
    struct Token {
        Principal principal;
        Instant end{};
    };
    void add_token(std::string token, Token details);
    enum class Standing { live, expired, unknown };
    struct Found {
        Standing standing = Standing::unknown;
        Principal principal{};
    };
    [[nodiscard]] Found find_token(std::string_view token, Instant now);
    /// Ends every access token; how many there were.
    std::size_t expire_tokens();

    std::string add_refresh_token(Consent consent);
    [[nodiscard]] std::optional<Consent> find_refresh_token(std::string_view token);
    /// Ends every refresh token; how many there were.
    std::size_t expire_refresh_tokens();
    /// Whether it was one that `expire_refresh_tokens` ended.
    bool was_refresh_token(std::string_view token);

    void add_code(std::string code, Code details);
    /// The code as it stood; it is redeemed from now on.
    std::optional<Code> redeem(std::string_view code);

    void add_device_code(std::string code, DeviceCode details);
    std::optional<DeviceCode> find_device_code(std::string_view code);
    void forget_device_code(std::string_view code);
    /// Of the device code with this user code; false: there is none that waits.
    bool decide(std::string_view user_code, DeviceCode::Decision decision);

  private:
    template <class T>
    using ByText = std::map<std::string, T, std::less<>>;
    struct Refresh {
        Consent consent;
        bool is_expired = false;
    };
    struct State {
        ByText<Token> tokens;
        ByText<Refresh> refresh_tokens;
        ByText<Code> codes;
        ByText<DeviceCode> device_codes;
    };
    Guarded<State> state_;
};

}  // namespace koppla::sandbox::entra
