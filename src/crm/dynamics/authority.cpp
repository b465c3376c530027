#include "crm/dynamics/authority.h"

#include "base/ascii.h"
#include "crm/oauth.h"
#include "crm/refusal.h"
#include "crm/settings_view.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

constexpr std::size_t answer_bytes_max = std::size_t{1} << 20;

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// The value of a parameter of `Bearer a=b, c="d"`, or empty.
std::string_view parameter(std::string_view challenge, std::string_view name) {
    challenge = trimmed(challenge);
    challenge.remove_prefix(std::min(challenge.find(' '), challenge.size()));
    while (!challenge.empty()) {
        const auto end = std::min(challenge.find(','), challenge.size());
        const std::string_view pair = challenge.substr(0, end);
        challenge.remove_prefix(std::min(challenge.size(), end + 1));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        if (!equal_without_case(trimmed(pair.substr(0, equals)), name)) continue;
        std::string_view value = trimmed(pair.substr(equals + 1));
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

}  // namespace

std::string authorization_uri_in(const http::Headers& headers) {
    for (const auto& [name, value] : headers) {
        if (!equal_without_case(name, "WWW-Authenticate")) continue;
        if (const auto uri = parameter(value, "authorization_uri"); !uri.empty()) return std::string{uri};
    }
    return {};
}

Result<std::string> Authority::endpoint(std::string_view name, const Call& call) const {
    return fmt::format("{}/{}/oauth2/v2.0/{}", account_.authority, TRY(tenant(call)), name);
}

Result<std::string> Authority::tenant(const Call& call) const {
    if (!account_.tenant.empty()) return account_.tenant;
    const auto known = tenant_.with([](const std::string& tenant) { return tenant; });
    if (!known.empty()) return known;
    std::string found = TRY(discovered(call));
    tenant_.with([&](std::string& tenant) { tenant = found; });
    return found;
}

Result<std::string> Authority::discovered(const Call& call) const {
    const std::string attempted = fmt::format("asking {} for its tenant", account_.server);
    const auto answer = http::send_text(
        client_, {.target = account_.root() + "/", .headers = {{"Accept", "application/json"}}}, call,
        answer_bytes_max);
    if (!answer) return answer.error().with_context(attempted);
    const auto refuse = [&](std::string_view why) {
        return error(ErrorKind::denied, fmt::format("{} failed: {}", attempted, why));
    };
    const std::string uri = authorization_uri_in(answer->headers);
    if (uri.empty()) {
        return refuse(fmt::format("its answer (HTTP {}) names none; look at 'server', or set 'tenant'",
                                  answer->status));
    }
    const auto url = http::parse_url(uri);
    if (!url || origin_of(*url) != account_.authority) {
        return refuse(
            fmt::format("it sends logins to {}, and this account logs in at {}; if that is right, "
                        "set 'authority' to it",
                        shown(uri), account_.authority));
    }
    std::string_view tenant = url->path_and_query;
    if (tenant.starts_with('/')) tenant.remove_prefix(1);
    tenant = tenant.substr(0, tenant.find_first_of("/?"));
    const bool is_plain = !tenant.empty() && std::ranges::all_of(tenant, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '.';
    });
    if (!is_plain) return refuse(fmt::format("it names {}, which holds no tenant; set 'tenant'", shown(uri)));
    if (tenant != "common") return std::string{tenant};
    const bool is_of_a_person = account_.flow != Flow::certificate && account_.flow != Flow::client_secret;
    if (is_of_a_person) return std::string{"organizations"};
    return refuse("it names none but 'common', and this login needs one; set 'tenant'");
}

}  // namespace koppla::dynamics
