#include "sandbox/salesforce/sessions.h"

#include "sandbox/web/random_text.h"

#include <utility>

namespace koppla::sandbox {
namespace {

std::string new_refresh_token() {
    return "5Aep" + random_text(80);
}

}  // namespace

Credentials make_credentials(std::string_view organization_id, std::string_view username) {
    return Credentials{.client_id = "3MVG9" + random_text(80),
                       .client_secret = random_text(64),
                       .username = std::string{username},
                       .password = random_text(16),
                       .security_token = random_text(24),
                       .access_token = std::string{organization_id.substr(0, 15)} + "!" + random_text(96),
                       .refresh_token = new_refresh_token()};
}

Sessions::Sessions(std::string_view organization_id, const Credentials& credentials, Clock& clock)
    : token_prefix_{std::string{organization_id.substr(0, 15)} + "!"}, clock_{clock} {
    state_.with([&](State& state) {
        state.sessions.emplace(credentials.access_token,
                               Session{.last_used = clock_.steady(), .scope = "api"});
        const auto grant = state.next_grant++;
        state.grants.emplace(grant, Grant{.scope = "api refresh_token", .client = Grant::Client::open});
        state.refresh_tokens.emplace(credentials.refresh_token, Refresh{.grant = grant});
    });
}

std::string Sessions::new_access_token() {
    return token_prefix_ + random_text(96);
}

std::string Sessions::open(std::string_view scope) {
    auto token = new_access_token();
    state_.with([&](State& state) {
        state.sessions.emplace(token, Session{.last_used = clock_.steady(), .scope = std::string{scope}});
    });
    return token;
}

bool Sessions::use(std::string_view access_token) {
    return state_.with([&](State& state) {
        const auto session = state.sessions.find(access_token);
        if (session == state.sessions.end()) return false;
        const auto now = clock_.steady();
        if (now - session->second.last_used >= state.lifetime) {
            state.sessions.erase(session);
            return false;
        }
        session->second.last_used = now;
        return true;
    });
}

std::size_t Sessions::expire() {
    return state_.with([](State& state) {
        const auto count = state.sessions.size();
        state.sessions.clear();
        return count;
    });
}

void Sessions::set_lifetime(std::chrono::seconds lifetime) {
    state_.with([&](State& state) { state.lifetime = lifetime; });
}

Sessions::Tokens Sessions::begin(Grant grant) {
    Tokens tokens{.access = new_access_token(), .refresh = new_refresh_token(), .grant = std::move(grant)};
    state_.with([&](State& state) {
        const auto number = state.next_grant++;
        state.grants.emplace(number, tokens.grant);
        state.refresh_tokens.emplace(tokens.refresh, Refresh{.grant = number});
        state.sessions.emplace(
            tokens.access,
            Session{.last_used = clock_.steady(), .scope = tokens.grant.scope, .grant = number});
    });
    return tokens;
}

std::optional<Sessions::Tokens> Sessions::refresh(std::string_view refresh_token, Rotation rotation) {
    auto fresh = new_refresh_token();
    auto access = new_access_token();
    return state_.with([&](State& state) -> std::optional<Tokens> {
        const auto known = state.refresh_tokens.find(refresh_token);
        if (known == state.refresh_tokens.end()) return std::nullopt;
        const auto number = known->second.grant;
        if (known->second.is_replaced) {
            end(state, number);
            return std::nullopt;
        }
        const auto& grant = state.grants.at(number);
        state.sessions.emplace(access,
                               Session{.last_used = clock_.steady(), .scope = grant.scope, .grant = number});
        if (rotation == Rotation::none)
            return Tokens{.access = std::move(access), .refresh = std::string{refresh_token}, .grant = grant};
        known->second.is_replaced = true;
        state.refresh_tokens.emplace(fresh, Refresh{.grant = number});
        return Tokens{.access = std::move(access), .refresh = std::move(fresh), .grant = grant};
    });
}

std::optional<Grant> Sessions::grant_of(std::string_view refresh_token) {
    return state_.with([&](State& state) -> std::optional<Grant> {
        const auto known = state.refresh_tokens.find(refresh_token);
        if (known == state.refresh_tokens.end()) return std::nullopt;
        const auto grant = state.grants.find(known->second.grant);
        return grant == state.grants.end() ? std::nullopt : std::optional{grant->second};
    });
}

void Sessions::end(State& state, std::uint64_t grant) {
    std::erase_if(state.sessions, [&](const auto& session) { return session.second.grant == grant; });
    std::erase_if(state.refresh_tokens, [&](const auto& token) { return token.second.grant == grant; });
    state.grants.erase(grant);
}

bool Sessions::revoke(std::string_view token) {
    return state_.with([&](State& state) {
        if (const auto refresh = state.refresh_tokens.find(token); refresh != state.refresh_tokens.end()) {
            end(state, refresh->second.grant);
            return true;
        }
        const auto session = state.sessions.find(token);
        if (session == state.sessions.end()) return false;
        state.sessions.erase(session);
        return true;
    });
}

std::optional<Sessions::Inspection> Sessions::inspect(std::string_view token) {
    return state_.with([&](State& state) -> std::optional<Inspection> {
        if (const auto refresh = state.refresh_tokens.find(token);
            refresh != state.refresh_tokens.end() && !refresh->second.is_replaced)
            return Inspection{.scope = state.grants.at(refresh->second.grant).scope};
        const auto session = state.sessions.find(token);
        if (session == state.sessions.end()) return std::nullopt;
        const auto left = state.lifetime - (clock_.steady() - session->second.last_used);
        if (left <= std::chrono::seconds{0}) return std::nullopt;
        return Inspection{.scope = session->second.scope,
                          .left = std::chrono::duration_cast<std::chrono::seconds>(left)};
    });
}

}  // namespace koppla::sandbox
