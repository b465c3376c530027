#include "sandbox/journal.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace koppla::sandbox {
namespace {

constexpr std::size_t entries_max = 1'000'000;
constexpr std::array<std::string_view, 8> secret_parameters{"oauth_token",   "access_token",  "token",
                                                            "refresh_token", "client_secret", "password",
                                                            "assertion",     "code"};

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == y; });
}

/// An organisation's id, then an exclamation mark (or %21): how every access token begins.
bool looks_like_token(std::string_view value) {
    for (auto at = value.find("00D"); at != std::string_view::npos; at = value.find("00D", at + 1)) {
        auto end = at + 3;
        while (end < value.size() && std::isalnum(static_cast<unsigned char>(value[end])) != 0) ++end;
        const auto tail = value.substr(end);
        if (end - at >= 15 && (tail.starts_with('!') || tail.starts_with("%21"))) return true;
    }
    return false;
}

std::string masked_parameter(std::string_view parameter) {
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos)
        return looks_like_token(parameter) ? std::string{"***"} : std::string{parameter};
    const auto name = parameter.substr(0, equals);
    const auto value = parameter.substr(equals + 1);
    const bool secret =
        std::ranges::any_of(secret_parameters, [&](auto known) { return same_word(name, known); });
    if (secret || looks_like_token(value)) return std::string{name} + "=***";
    return std::string{parameter};
}

}  // namespace

void Journal::add(JournalEntry entry) {
    state_.with([&](State& state) {
        entry.number = state.next++;
        state.entries.push_back(std::move(entry));
        if (state.entries.size() > entries_max) state.entries.pop_front();
    });
}

std::vector<JournalEntry> Journal::since(std::int64_t number) {
    return state_.with([&](State& state) {
        const auto first = std::ranges::lower_bound(state.entries, number, {}, &JournalEntry::number);
        return std::vector<JournalEntry>(first, state.entries.end());
    });
}

void Journal::clear() {
    state_.with([](State& state) { state.entries.clear(); });
}

std::string masked_target(std::string_view target) {
    const auto mark = target.find('?');
    const auto path = target.substr(0, mark);
    std::string masked{looks_like_token(path) ? std::string_view{"/***"} : path};
    if (mark == std::string_view::npos) return masked;
    auto rest = target.substr(mark + 1);
    char separator = '?';
    while (true) {
        const auto end = rest.find('&');
        masked += separator;
        masked += masked_parameter(rest.substr(0, end));
        if (end == std::string_view::npos) return masked;
        rest.remove_prefix(end + 1);
        separator = '&';
    }
}

}  // namespace koppla::sandbox
