#pragma once

#include "base/result.h"
#include "sandbox/web/json.h"

#include <chrono>
#include <string>
#include <vector>

namespace koppla::sandbox::entra {

/// How the tenant, the app and the user stand; tests change it under /sandbox/auth. Each enumeration's words
/// are those of the switch.
struct Settings {
    enum class Decision { ask, given, refused };
    Decision consent = Decision::ask;  ///< on the authorization page; `given`: no page is shown
    Decision device = Decision::ask;   ///< of a person with a device code
    /// Whether the user, or an administrator, let the app act for users.
    enum class Approval { given, missing } approval = Approval::given;
    enum class App { enabled, disabled } app = App::enabled;
    enum class Secret { valid, expired } secret = Secret::valid;
    /// Device codes and passwords without a secret.
    enum class PublicFlows { allowed, blocked } public_flows = PublicFlows::allowed;
    enum class User { enabled, disabled, locked, password_expired, needs_mfa } user = User::enabled;
    /// The row of `systemusers` that belongs to the app or the user, as the Web API sees it.
    enum class Member { enabled, missing, disabled, without_roles, blocked_app } member = Member::enabled;
    /// Of access tokens; a second less is what `expires_in` says.
    std::chrono::seconds token_lifetime{3'600};
    std::chrono::seconds device_interval{5};
    /// Where codes may go; empty: any loopback address.
    std::vector<std::string> redirect_uris{};
    std::string certificate_pem;  ///< registered for assertions, in place of the first one
};

/// The settings with what a switch's body changes; `invalid` for a word that isn't one.
Result<Settings> changed(Settings settings, const nlohmann::json& body);
Json settings_json(const Settings& settings);

}  // namespace koppla::sandbox::entra
