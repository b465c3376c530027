#include "sandbox/entra/scope.h"

#include "base/ascii.h"

namespace koppla::sandbox::entra {
namespace {

/// The host alone: without port and without ".api" behind the first label.
std::string bare_host(std::string_view url) {
    const auto parsed = http::parse_url(url);
    if (!parsed) return {};
    auto host = lower(parsed->host);
    const auto dot = host.find('.');
    if (dot != std::string::npos && host.compare(dot, 5, ".api.") == 0) host.erase(dot, 4);
    return host;
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool is_own(const Asked& asked, std::string_view resource) {
    const auto host = bare_host(resource);
    const auto own = bare_host(asked.origin);
    return !host.empty() && (host == own || (is_loopback(host) && is_loopback(own)));
}

bool is_openid(std::string_view word) {
    return word == "openid" || word == "profile" || word == "email" || word == "offline_access";
}

}  // namespace

std::variant<Scope, Refusal> read_scope(const Asked& asked, const std::string& text) {
    Scope scope;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        if (word.empty()) continue;
        if (word == "openid") scope.identity = Scope::Identity::id_token;
        if (word == "offline_access") scope.tokens = Scope::Tokens::with_refresh;
        if (!is_openid(word)) {
            const auto slash = word.rfind('/');
            const auto resource = word.substr(0, slash == std::string_view::npos ? 0 : slash);
            if (!word.starts_with("https://") || resource.size() <= 8)
                return Refusal{failure::scope_invalid, std::string{word}};
            if (!scope.resource.empty() && scope.resource != resource)
                return Refusal{failure::scope_invalid, text};
            if (!is_own(asked, resource)) return Refusal{failure::resource_unknown, std::string{resource}};
            scope.resource = resource;
            scope.permissions = word.substr(slash + 1);
        }
        scope.granted += (scope.granted.empty() ? "" : " ") + std::string{word};
    }
    return scope;
}

}  // namespace koppla::sandbox::entra
