#include "sandbox/route.h"

#include "http/client.h"

#include <algorithm>
#include <cctype>

namespace koppla::sandbox {
namespace {

std::vector<std::string_view> split(std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    if (path.ends_with('/')) path.remove_suffix(1);
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
    }
    return segments;
}

}  // namespace

std::string Ask::base() const {
    return "/services/data/v" + std::to_string(version) + ".0";
}

std::optional<std::string_view> bearer_token(const http::Request& request) {
    const auto header = request.headers.find("Authorization");
    if (!header) return std::nullopt;
    const auto blank = header->find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    const auto scheme = header->substr(0, blank);
    if (!equal_words(scheme, "Bearer") && !equal_words(scheme, "OAuth")) return std::nullopt;
    return header->substr(blank + 1);
}

bool equal_words(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

Path split_target(std::string_view target) {
    const auto mark = target.find('?');
    return Path{.segments = split(target.substr(0, mark)),
                .query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1)};
}

std::optional<std::vector<std::string>> fit(std::string_view pattern, const Path& path) {
    std::vector<std::string> parts;
    pattern.remove_prefix(1);
    for (const auto segment : path.segments) {
        if (pattern.empty() || segment.empty()) return std::nullopt;
        const auto slash = std::min(pattern.find('/'), pattern.size());
        const auto expected = pattern.substr(0, slash);
        pattern.remove_prefix(std::min(slash + 1, pattern.size()));
        if (expected.starts_with('{')) {
            // A '+' is a blank only in forms and query strings.
            std::string text{segment};
            for (auto at = text.find('+'); at != std::string::npos; at = text.find('+', at))
                text.replace(at, 1, "%2B");
            parts.push_back(http::percent_decode(text));
        } else if (!equal_words(expected, segment)) {
            return std::nullopt;
        }
    }
    if (!pattern.empty()) return std::nullopt;
    return parts;
}

std::size_t body_bytes(const http::Request& request) {
    return request.source != nullptr ? request.source->size() : request.body.size();
}

std::optional<int> parse_version(std::string_view segment) {
    if (segment.size() < 4 || segment.size() > 6) return std::nullopt;
    if (segment.front() != 'v' && segment.front() != 'V') return std::nullopt;
    if (!segment.ends_with(".0")) return std::nullopt;
    const auto digits = segment.substr(1, segment.size() - 3);
    int value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return digits.front() == '0' ? std::nullopt : std::optional{value};
}

}  // namespace koppla::sandbox
