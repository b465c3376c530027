#include "sandbox/entra/settings.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

namespace koppla::sandbox::entra {
namespace {

constexpr std::int64_t seconds_max = 10LL * 366 * 86'400;

/// A setting that is one of some words: how it is read and written as the index of its word.
struct Choice {
    const char* name;
    std::span<const std::string_view> words;
    std::size_t (*index)(const Settings&);
    void (*choose)(Settings&, std::size_t);
};

template <auto Settings::*member>
constexpr Choice choice(const char* name, std::span<const std::string_view> words) {
    return Choice{
        .name = name,
        .words = words,
        .index = [](const Settings& settings) { return static_cast<std::size_t>(settings.*member); },
        .choose =
            [](Settings& settings, std::size_t index) {
                settings.*member = static_cast<std::remove_reference_t<decltype(settings.*member)>>(index);
            }};
}

constexpr std::array<std::string_view, 3> decisions{"ask", "given", "refused"};
constexpr std::array<std::string_view, 2> approvals{"given", "missing"};
constexpr std::array<std::string_view, 2> apps{"enabled", "disabled"};
constexpr std::array<std::string_view, 2> secrets{"valid", "expired"};
constexpr std::array<std::string_view, 2> flows{"allowed", "blocked"};
constexpr std::array<std::string_view, 5> users{"enabled", "disabled", "locked", "password_expired",
                                                "needs_mfa"};
constexpr std::array<std::string_view, 5> members{"enabled", "missing", "disabled", "without_roles",
                                                  "blocked_app"};
constexpr std::array choices{choice<&Settings::consent>("consent", decisions),
                             choice<&Settings::device>("device", decisions),
                             choice<&Settings::approval>("approval", approvals),
                             choice<&Settings::app>("app", apps),
                             choice<&Settings::secret>("secret", secrets),
                             choice<&Settings::public_flows>("public_flows", flows),
                             choice<&Settings::user>("user", users),
                             choice<&Settings::member>("member", members)};

struct Span {
    const char* name;
    std::chrono::seconds Settings::*value;
};
constexpr std::array spans{Span{"token_lifetime_seconds", &Settings::token_lifetime},
                           Span{"device_interval_seconds", &Settings::device_interval}};

}  // namespace

Result<Settings> changed(Settings settings, const nlohmann::json& body) {
    for (const auto& one : choices) {
        const auto found = body.find(one.name);
        if (found == body.end()) continue;
        const auto word = found->is_string() ? found->get<std::string>() : found->dump();
        const auto known = std::ranges::find(one.words, word);
        if (known == one.words.end())
            return error(ErrorKind::invalid, "'" + std::string{one.name} + "' can't be '" + word + "'");
        one.choose(settings, static_cast<std::size_t>(known - one.words.begin()));
    }
    for (const auto& one : spans) {
        const auto found = body.find(one.name);
        if (found == body.end()) continue;
        if (!found->is_number_integer() || found->get<std::int64_t>() < 0 ||
            found->get<std::int64_t>() > seconds_max)
            return error(ErrorKind::invalid,
                         "'" + std::string{one.name} + "' has to be a whole number of seconds");
        settings.*one.value = std::chrono::seconds{found->get<std::int64_t>()};
    }
    if (const auto pem = body.find("certificate"); pem != body.end())
        settings.certificate_pem = pem->is_string() ? pem->get<std::string>() : std::string{};
    if (const auto list = body.find("redirect_uris"); list != body.end()) {
        settings.redirect_uris.clear();
        for (const auto& uri : *list)
            settings.redirect_uris.push_back(uri.is_string() ? uri.get<std::string>() : "");
    }
    return settings;
}

Json settings_json(const Settings& settings) {
    Json json;
    for (const auto& one : choices) json[one.name] = one.words[one.index(settings)];
    for (const auto& one : spans) json[one.name] = (settings.*one.value).count();
    json["redirect_uris"] = settings.redirect_uris;
    json["certificate"] = settings.certificate_pem;
    return json;
}

}  // namespace koppla::sandbox::entra
