#include "crm/settings_view.h"

#include "base/duration.h"
#include "crm/account_options.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

Error refuse_setting(std::string_view name, std::string_view why) {
    return error(ErrorKind::invalid, fmt::format("setting '{}': {}", name, why));
}

std::string_view SettingsView::get(std::string_view name) const {
    if (const auto found = settings_.find(name); found != settings_.end() && !found->second.empty()) {
        return found->second;
    }
    const auto spec = std::ranges::find(specs_, name, &model::OptionSpec::name);
    return spec == specs_.end() ? std::string_view{} : spec->default_value;
}

std::vector<std::string> SettingsView::list(std::string_view name) const {
    std::string_view text = get(name);
    std::vector<std::string> found;
    while (!text.empty()) {
        const auto length = std::min(text.find_first_of(", \t\n;"), text.size());
        if (length > 0) found.emplace_back(text.substr(0, length));
        text.remove_prefix(std::min(text.size(), length + 1));
    }
    return found;
}

Result<http::Url> SettingsView::https_url(std::string_view name, std::string_view example) const {
    const std::string_view text = get(name);
    if (text.empty()) return refuse_setting(name, fmt::format("it is missing; write {}", example));
    const auto url = http::parse_url(text);
    if (!url) return refuse_setting(name, fmt::format("'{}' is not a URL; write {}", text, example));
    if (url->scheme != "https") {
        return refuse_setting(name, fmt::format("'{}' does not start with https://; nothing is sent to a CRM "
                                                "without encryption, so write https://{}",
                                                text, host_and_port(*url)));
    }
    return *url;
}

Result<int> SettingsView::whole_number(std::string_view name, int least, int most) const {
    const std::string_view text = get(name);
    int number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault == std::errc{} && end == text.data() + text.size() && number >= least && number <= most)
        return number;
    return refuse_setting(
        name, fmt::format("'{}' is not a number in its bounds; write {} to {}", text, least, most));
}

Result<void> SettingsView::check_choice(std::string_view name,
                                        std::span<const std::string_view> choices) const {
    if (std::ranges::find(choices, get(name)) != choices.end()) return {};
    return refuse_setting(name,
                          fmt::format("it can't be '{}'; it is {}", get(name), fmt::join(choices, ", ")));
}

Result<void> SettingsView::check_callback(std::string_view name) const {
    const std::string_view text = get(name);
    const auto url = http::parse_url(text);
    const bool is_loopback =
        url && url->scheme == "http" && (url->host == "localhost" || url->host == "127.0.0.1");
    if (is_loopback && url->path_and_query.find('?') == std::string::npos) return {};
    return refuse_setting(name,
                          fmt::format("'{}' is not on this machine; write it as http://localhost:PORT/PATH, "
                                      "and the same into the app's Callback URL",
                                      text));
}

Result<void> SettingsView::check_common() const {
    for (const std::string& host : list("allowed-hosts")) {
        const std::string_view name = std::string_view{host}.substr(host.starts_with("*.") ? 2 : 0);
        if (!http::parse_url(fmt::format("https://{}", name)) || name.find('/') != std::string_view::npos ||
            name.find('.') == std::string_view::npos) {
            return refuse_setting(
                "allowed-hosts",
                fmt::format("'{}' is not a host; write crm.acme.example, *.acme.example or 10.0.0.1:8443",
                            host));
        }
    }
    if (const auto lag = parse_duration(get("safety-lag")); !lag)
        return refuse_setting("safety-lag", lag.error().message);
    if (get("proxy").find('@') != std::string_view::npos) {
        return refuse_setting("proxy",
                              "a user and password don't belong here, where they are shown; give them in "
                              "the environment by HTTPS_PROXY");
    }
    return check_choice("compression", account_options::switches);
}

std::vector<std::string_view> SettingsView::missing(const LoginWay& way) const {
    std::vector<std::string_view> names;
    for (const std::string_view name : way.needs) {
        if (!name.empty() && !has(name)) names.push_back(name);
    }
    return names;
}

Result<void> SettingsView::check_open_needs(const LoginWay& way) const {
    for (const std::string_view name : missing(way)) {
        const auto spec = std::ranges::find(specs_, name, &model::OptionSpec::name);
        if (spec != specs_.end() && spec->visibility == model::Visibility::open)
            return refuse_setting(name, fmt::format("it is missing: auth {} needs it", way.name));
    }
    return {};
}

Secret secret_of(const Secrets& secrets, std::string_view name) {
    const auto found = secrets.find(name);
    return found == secrets.end() ? Secret{} : found->second;
}

model::Settings marked(const model::Settings& settings, const Secrets& secrets) {
    model::Settings all = settings;
    for (const auto& [name, text] : secrets) {
        if (!text.is_empty()) all.emplace(name, "***");
    }
    return all;
}

std::string host_and_port(const http::Url& url) {
    return url.port == 443 ? url.host : fmt::format("{}:{}", url.host, url.port);
}

std::string origin_of(const http::Url& url) {
    const bool is_own = url.port == (url.scheme == "https" ? 443 : 80);
    return fmt::format("{}://{}{}", url.scheme, url.host, is_own ? "" : fmt::format(":{}", url.port));
}

}  // namespace koppla
