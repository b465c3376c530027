#include "sandbox/base64.h"
#include "sandbox/entra/assertion.h"
#include "sandbox/entra/issue.h"
#include "sandbox/route.h"
#include "sandbox/web/signature.h"

#include <array>
#include <utility>

namespace koppla::sandbox::entra {
namespace {

constexpr std::chrono::minutes code_lifetime{10};
constexpr std::chrono::minutes device_code_lifetime{15};
constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

enum class Client { confidential, open };

/// Whether the client is who it says it is: by secret, by assertion, or, where it may be `open`, by nothing.
std::optional<Refusal> stranger(Authority& authority, const Asked& asked, Client least) {
    const auto& own = authority.registration;
    const auto settings = authority.settings();
    if (const auto assertion = asked.form["client_assertion"]; !assertion.empty()) {
        if (asked.form["client_assertion_type"] != assertion_type)
            return Refusal{failure::parameter_missing, "client_assertion_type"};
        return assertion_problem(authority, asked, assertion);
    }
    const auto secret = asked.form["client_secret"];
    if (secret.empty()) {
        const bool may_be_open =
            least == Client::open && settings.public_flows == Settings::PublicFlows::allowed;
        return may_be_open ? std::nullopt : std::optional{Refusal{failure::credential_missing}};
    }
    if (secret != own.client_secret) return Refusal{failure::secret_wrong, own.client_id};
    if (settings.secret == Settings::Secret::expired) return Refusal{failure::secret_expired, own.client_id};
    return std::nullopt;
}

/// Why the user can't be let in, whoever asks.
std::optional<Refusal> user_problem(const Settings& settings, const Registration& own) {
    switch (settings.user) {
        case Settings::User::disabled:
            return Refusal{failure::user_disabled};
        case Settings::User::locked:
            return Refusal{failure::user_locked};
        case Settings::User::password_expired:
            return Refusal{failure::password_expired};
        case Settings::User::needs_mfa:
            return Refusal{failure::mfa_needed};
        default:
            break;
    }
    if (settings.approval == Settings::Approval::missing)
        return Refusal{failure::consent_missing, own.client_id};
    return std::nullopt;
}

/// The scope that a request names itself, or the one that was consented to.
std::variant<Scope, Refusal> scope_of(const Asked& asked, const std::string& consented) {
    if (asked.generation == Generation::v1) {
        const auto resource = asked.form["resource"];
        if (resource.empty()) return read_scope(asked, consented);
        auto scope = resource;
        if (!scope.ends_with('/')) scope += '/';
        return read_scope(asked, scope + "user_impersonation openid offline_access");
    }
    const auto scope = asked.form["scope"];
    return read_scope(asked, scope.empty() ? consented : scope);
}

http::Response grant_to_app(Authority& authority, const Asked& asked) {
    if (equal_words(asked.tenant, "common") || equal_words(asked.tenant, "organizations"))
        return refuse(authority, asked, {failure::grant_on_common});
    if (auto refusal = stranger(authority, asked, Client::confidential))
        return refuse(authority, asked, *refusal);
    const auto scope = scope_of(asked, "");
    if (const auto* refusal = std::get_if<Refusal>(&scope)) return refuse(authority, asked, *refusal);
    const auto& asked_for = std::get<Scope>(scope);
    const bool is_v1 = asked.generation == Generation::v1;
    if (asked_for.resource.empty())
        return refuse(authority, asked, {failure::parameter_missing, is_v1 ? "resource" : "scope"});
    if (!is_v1 && asked_for.permissions != ".default")
        return refuse(authority, asked, {failure::scope_invalid, asked.form["scope"]});
    return issue_to_app(authority, asked, asked_for);
}

http::Response grant_to_password(Authority& authority, const Asked& asked) {
    const auto& own = authority.registration;
    if (equal_words(asked.tenant, "common")) return refuse(authority, asked, {failure::grant_on_common});
    if (auto refusal = stranger(authority, asked, Client::open)) return refuse(authority, asked, *refusal);
    const auto scope = scope_of(asked, "");
    if (const auto* refusal = std::get_if<Refusal>(&scope)) return refuse(authority, asked, *refusal);
    for (const auto* name : {"username", "password"})
        if (asked.form[name].empty()) return refuse(authority, asked, {failure::parameter_missing, name});
    if (!equal_words(asked.form["username"], own.username))
        return refuse(authority, asked, {failure::user_unknown, asked.form["username"]});
    if (asked.form["password"] != own.password) return refuse(authority, asked, {failure::user_or_password});
    if (auto refusal = user_problem(authority.settings(), own)) return refuse(authority, asked, *refusal);
    const auto& asked_for = std::get<Scope>(scope);
    return issue_to_user(authority, asked, asked_for, Consent{.scope = asked_for.granted});
}

http::Response grant_again(Authority& authority, const Asked& asked) {
    if (auto refusal = stranger(authority, asked, Client::open)) return refuse(authority, asked, *refusal);
    const auto token = asked.form["refresh_token"];
    if (token.empty()) return refuse(authority, asked, {failure::parameter_missing, "refresh_token"});
    const auto consent = authority.grants.find_refresh_token(token);
    if (!consent) {
        const bool is_old = authority.grants.was_refresh_token(token);
        return refuse(authority, asked, {is_old ? failure::refresh_expired : failure::refresh_invalid});
    }
    if (auto refusal = user_problem(authority.settings(), authority.registration))
        return refuse(authority, asked, *refusal);
    auto scope = scope_of(asked, consent->scope);
    if (const auto* refusal = std::get_if<Refusal>(&scope)) return refuse(authority, asked, *refusal);
    // Whatever it asks for, a refresh brings the next refresh token.
    auto asked_for = std::get<Scope>(std::move(scope));
    asked_for.tokens = Scope::Tokens::with_refresh;
    return issue_to_user(authority, asked, asked_for, *consent);
}

/// Whether a verifier is the challenge's. [RFC 7636, 4.6]
bool is_verified(const Code& code, const std::string& verifier) {
    if (code.challenge.empty()) return true;
    return code.challenge ==
           (code.method == Code::Method::plain ? verifier : base64url_encode(sha256(verifier)));
}

http::Response grant_to_code(Authority& authority, const Asked& asked) {
    for (const auto* name : {"code", "redirect_uri"})
        if (asked.form[name].empty()) return refuse(authority, asked, {failure::parameter_missing, name});
    const auto code = authority.grants.redeem(asked.form["code"]);
    if (!code) return refuse(authority, asked, {failure::code_invalid});
    if (code->use == Code::Use::redeemed) return refuse(authority, asked, {failure::code_used});
    if (authority.clock.now() - code->made > code_lifetime)
        return refuse(authority, asked, {failure::code_expired});
    if (code->redirect_uri != asked.form["redirect_uri"])
        return refuse(authority, asked, {failure::redirect_wrong, asked.form["redirect_uri"]});
    const auto least = code->challenge.empty() ? Client::confidential : Client::open;
    if (auto refusal = stranger(authority, asked, least)) return refuse(authority, asked, *refusal);
    if (!is_verified(*code, asked.form["code_verifier"]))
        return refuse(authority, asked, {failure::verifier_wrong});
    if (auto refusal = user_problem(authority.settings(), authority.registration))
        return refuse(authority, asked, *refusal);
    const auto scope = scope_of(asked, code->consent.scope);
    if (const auto* refusal = std::get_if<Refusal>(&scope)) return refuse(authority, asked, *refusal);
    return issue_to_user(authority, asked, std::get<Scope>(scope), code->consent);
}

http::Response grant_to_device(Authority& authority, const Asked& asked) {
    const auto text = asked.form["device_code"].empty() ? asked.form["code"] : asked.form["device_code"];
    const auto device = authority.grants.find_device_code(text);
    if (!device) return refuse(authority, asked, {failure::device_code_bad});
    if (auto refusal = stranger(authority, asked, Client::open)) return refuse(authority, asked, *refusal);
    if (authority.clock.now() - device->made > device_code_lifetime)
        return refuse(authority, asked, {failure::device_code_expired});
    const auto settings = authority.settings();
    auto decision = device->decision;
    if (settings.device == Settings::Decision::given) decision = DeviceCode::Decision::allowed;
    if (settings.device == Settings::Decision::refused) decision = DeviceCode::Decision::denied;
    if (decision == DeviceCode::Decision::pending) return refuse(authority, asked, {failure::device_pending});
    authority.grants.forget_device_code(text);
    if (decision == DeviceCode::Decision::denied) return refuse(authority, asked, {failure::device_declined});
    if (auto refusal = user_problem(settings, authority.registration))
        return refuse(authority, asked, *refusal);
    const auto scope = scope_of(asked, device->consent.scope);
    if (const auto* refusal = std::get_if<Refusal>(&scope)) return refuse(authority, asked, *refusal);
    return issue_to_user(authority, asked, std::get<Scope>(scope), device->consent);
}

struct Flow {
    std::string_view type;
    http::Response (*give)(Authority&, const Asked&);
};
constexpr std::array flows{Flow{"client_credentials", grant_to_app},
                           Flow{"password", grant_to_password},
                           Flow{"refresh_token", grant_again},
                           Flow{"authorization_code", grant_to_code},
                           Flow{"urn:ietf:params:oauth:grant-type:device_code", grant_to_device},
                           Flow{"device_code", grant_to_device}};

}  // namespace

http::Response token(Authority& authority, const Asked& asked) {
    const auto& own = authority.registration;
    for (const auto* name : {"grant_type", "client_id"})
        if (asked.form[name].empty()) return refuse(authority, asked, {failure::parameter_missing, name});
    if (asked.generation == Generation::v2 && !asked.form["resource"].empty())
        return refuse(authority, asked, {failure::resource_on_v2});
    if (!equal_words(asked.form["client_id"], own.client_id))
        return refuse(authority, asked, {failure::app_unknown, asked.form["client_id"]});
    if (authority.settings().app == Settings::App::disabled)
        return refuse(authority, asked, {failure::app_disabled, own.client_id});
    for (const auto& flow : flows)
        if (flow.type == asked.form["grant_type"]) return flow.give(authority, asked);
    return refuse(authority, asked, {failure::grant_unknown, asked.form["grant_type"]});
}

}  // namespace koppla::sandbox::entra
