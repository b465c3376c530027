#pragma once

#include "base/clock.h"
#include "base/guarded.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

/// How the org's connected app is set up; tests change it under /sandbox/auth.
struct AppSettings {
    std::string certificate_pem;  ///< what assertions are signed with; a public key will do. Empty: none
    /// Where codes may go; empty: any loopback address.
    std::vector<std::string> redirect_uris{};
    enum class Consent { ask, given, refused } consent = Consent::ask;  ///< `given`: no page is shown
    enum class Rotation { none, each_time } rotation = Rotation::none;
    enum class Approval { given, missing } approval = Approval::given;  ///< of the user for the app
    enum class PasswordFlow { allowed, blocked } password_flow = PasswordFlow::allowed;
};

/// A code on its way from the browser to the client, and what it has to be shown with.
struct Code {
    std::string redirect_uri;
    std::string scope;
    std::string challenge;  ///< S256; empty: none
    Instant made{};
};

/// The app's settings, and the codes that nobody has redeemed yet. Thread-safe.
class Logins {
  public:
    [[nodiscard]] AppSettings settings() {
        return state_.with([](const State& state) { return state.settings; });
    }
    void set(AppSettings settings) {
        state_.with([&](State& state) { state.settings = std::move(settings); });
    }
    void add(std::string code, Code details) {
        state_.with([&](State& state) { state.codes.insert_or_assign(std::move(code), std::move(details)); });
    }
    /// A code is good for once.
    std::optional<Code> take(std::string_view code) {
        return state_.with([&](State& state) -> std::optional<Code> {
            const auto found = state.codes.find(code);
            if (found == state.codes.end()) return std::nullopt;
            auto details = std::move(found->second);
            state.codes.erase(found);
            return details;
        });
    }

  private:
    struct State {
        AppSettings settings;
        std::map<std::string, Code, std::less<>> codes;
    };
    Guarded<State> state_;
};

}  // namespace koppla::sandbox
