#include "sandbox/entra/grants.h"

#include "sandbox/web/random_text.h"

#include <utility>

namespace koppla::sandbox::entra {

void Grants::add_token(std::string token, Token details) {
    state_.with([&](State& state) { state.tokens.insert_or_assign(std::move(token), std::move(details)); });
}

Grants::Found Grants::find_token(std::string_view token, Instant now) {
    return state_.with([&](const State& state) -> Found {
        const auto found = state.tokens.find(token);
        if (found == state.tokens.end()) return {};
        return Found{.standing = now < found->second.end ? Standing::live : Standing::expired,
                     .principal = found->second.principal};
    });
}

std::size_t Grants::expire_tokens() {
    return state_.with([](State& state) {
        for (auto& [text, token] : state.tokens) token.end = Instant::min();
        return state.tokens.size();
    });
}

std::string Grants::add_refresh_token(Consent consent) {
    auto token = "0.A" + random_text(120);
    state_.with(
        [&](State& state) { state.refresh_tokens.emplace(token, Refresh{.consent = std::move(consent)}); });
    return token;
}

std::optional<Consent> Grants::find_refresh_token(std::string_view token) {
    return state_.with([&](const State& state) -> std::optional<Consent> {
        const auto found = state.refresh_tokens.find(token);
        if (found == state.refresh_tokens.end() || found->second.is_expired) return std::nullopt;
        return found->second.consent;
    });
}

std::size_t Grants::expire_refresh_tokens() {
    return state_.with([](State& state) {
        for (auto& [text, token] : state.refresh_tokens) token.is_expired = true;
        return state.refresh_tokens.size();
    });
}

bool Grants::was_refresh_token(std::string_view token) {
    return state_.with([&](const State& state) { return state.refresh_tokens.contains(token); });
}

void Grants::add_code(std::string code, Code details) {
    state_.with([&](State& state) { state.codes.insert_or_assign(std::move(code), std::move(details)); });
}

std::optional<Code> Grants::redeem(std::string_view code) {
    return state_.with([&](State& state) -> std::optional<Code> {
        const auto found = state.codes.find(code);
        if (found == state.codes.end()) return std::nullopt;
        auto details = found->second;
        found->second.use = Code::Use::redeemed;
        return details;
    });
}

void Grants::add_device_code(std::string code, DeviceCode details) {
    state_.with(
        [&](State& state) { state.device_codes.insert_or_assign(std::move(code), std::move(details)); });
}

std::optional<DeviceCode> Grants::find_device_code(std::string_view code) {
    return state_.with([&](const State& state) -> std::optional<DeviceCode> {
        const auto found = state.device_codes.find(code);
        return found == state.device_codes.end() ? std::nullopt : std::optional{found->second};
    });
}

void Grants::forget_device_code(std::string_view code) {
    state_.with([&](State& state) {
        if (const auto found = state.device_codes.find(code); found != state.device_codes.end())
            state.device_codes.erase(found);
    });
}

bool Grants::decide(std::string_view user_code, DeviceCode::Decision decision) {
    return state_.with([&](State& state) {
        for (auto& [text, device] : state.device_codes) {
            if (device.user_code != user_code || device.decision != DeviceCode::Decision::pending) continue;
            device.decision = decision;
            return true;
        }
        return false;
    });
}

}  // namespace koppla::sandbox::entra
