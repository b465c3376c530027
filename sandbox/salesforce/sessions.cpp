#include "sandbox/salesforce/sessions.h"

#include <random>

namespace koppla::sandbox {

std::string random_text(std::size_t length) {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::random_device device;
    std::uniform_int_distribution<std::size_t> any{0, alphabet.size() - 1};
    std::string text;
    text.reserve(length);
    for (std::size_t i = 0; i < length; ++i) text += alphabet[any(device)];
    return text;
}

Credentials make_credentials(std::string_view organization_id, std::string_view username) {
    return Credentials{.client_id = "3MVG9" + random_text(80),
                       .client_secret = random_text(64),
                       .username = std::string{username},
                       .password = random_text(16),
                       .security_token = random_text(24),
                       .access_token = std::string{organization_id.substr(0, 15)} + "!" + random_text(96)};
}

Sessions::Sessions(std::string_view organization_id, const Credentials& credentials, Clock& clock)
    : token_prefix_{std::string{organization_id.substr(0, 15)} + "!"}, clock_{clock} {
    state_.with([&](State& state) { state.last_used.emplace(credentials.access_token, clock_.steady()); });
}

std::string Sessions::open() {
    auto token = token_prefix_ + random_text(96);
    state_.with([&](State& state) { state.last_used.emplace(token, clock_.steady()); });
    return token;
}

bool Sessions::use(std::string_view access_token) {
    return state_.with([&](State& state) {
        const auto session = state.last_used.find(access_token);
        if (session == state.last_used.end()) return false;
        const auto now = clock_.steady();
        if (now - session->second >= state.lifetime) {
            state.last_used.erase(session);
            return false;
        }
        session->second = now;
        return true;
    });
}

std::size_t Sessions::expire() {
    return state_.with([](State& state) {
        const auto count = state.last_used.size();
        state.last_used.clear();
        return count;
    });
}

void Sessions::set_lifetime(std::chrono::seconds lifetime) {
    state_.with([&](State& state) { state.lifetime = lifetime; });
}

std::string Sessions::make_refresh_token() {
    auto token = "5Aep" + random_text(80);
    state_.with([&](State& state) { state.refresh_tokens.insert(token); });
    return token;
}

bool Sessions::knows_refresh_token(std::string_view refresh_token) {
    return state_.with([&](State& state) { return state.refresh_tokens.contains(refresh_token); });
}

bool Sessions::revoke(std::string_view token) {
    return state_.with([&](State& state) {
        if (const auto refresh = state.refresh_tokens.find(token); refresh != state.refresh_tokens.end()) {
            state.refresh_tokens.erase(refresh);
            return true;
        }
        const auto session = state.last_used.find(token);
        if (session == state.last_used.end()) return false;
        state.last_used.erase(session);
        return true;
    });
}

}  // namespace koppla::sandbox
