#pragma once

#include "http/message.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::sandbox {

struct Services;

/// A request as a handler sees it: the path is taken apart already.
struct Ask {
    const http::Request& request;
    std::string method;                ///< upper case, after `_HttpMethod`
    std::vector<std::string> parts{};  ///< what the pattern's {…} matched, decoded, in order
    std::string query{};               ///< after '?', as sent
    int version = 0;                   ///< 68 for v68.0, where the pattern has {version}

    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const {
        return http::form_value(query, name);
    }
    /// "/services/data/v68.0"
    [[nodiscard]] std::string base() const;
};

/// Bytes that somebody else keeps alive, sent as they lie.
struct Range {
    std::shared_ptr<const void> owner;
    std::string_view bytes;
};

/// What a handler answers. `tail` follows the response's body without being copied.
struct Answer {
    http::Response response{};
    std::optional<Range> tail{};
    std::vector<std::string> subrequests{};  ///< for the journal
    std::int64_t calls = 1;                  ///< of the day's, if it is charged at all
};

/// One line of a table of routes, whose handler works with `Services`. A pattern's segments are literals,
/// compared without case, or {names}; of two patterns that fit, the earlier one is taken.
template <class Services>
struct RouteTo {
    std::string_view method;
    std::string_view pattern;
    Answer (*handle)(Services&, const Ask&);
};
using Route = RouteTo<Services>;

/// A target's path, cut into segments as sent. Slashes before the first segment and after the last are
/// nothing; an empty segment in the middle stays and fits no route, as on the real service.
struct Path {
    std::vector<std::string_view> segments;
    std::string_view query;
};
Path split_target(std::string_view target);

/// What a pattern's {names} match of a path, decoded; nothing where it doesn't fit.
std::optional<std::vector<std::string>> fit(std::string_view pattern, const Path& path);

/// The first route that fits path and method, with what its {names} matched. Without a route, `allowed` holds
/// the methods that the path does know.
template <class Services>
struct MatchTo {
    const RouteTo<Services>* route = nullptr;
    std::vector<std::string> parts;
    std::vector<std::string_view> allowed;
};
using Match = MatchTo<Services>;

template <class Services>
MatchTo<Services> find_route(std::span<const RouteTo<Services>> routes, std::string_view method,
                             const Path& path) {
    MatchTo<Services> match;
    for (const auto& route : routes) {
        auto parts = fit(route.pattern, path);
        if (!parts) continue;
        if (route.method == method) return {.route = &route, .parts = std::move(*parts), .allowed = {}};
        if (std::ranges::find(match.allowed, route.method) == match.allowed.end())
            match.allowed.push_back(route.method);
    }
    return match;
}

/// 68 for "v68.0"; nothing for what doesn't look like a version.
std::optional<int> parse_version(std::string_view segment);

/// The token of "Authorization: Bearer …" (or OAuth).
std::optional<std::string_view> bearer_token(const http::Request& request);

/// Of its body, wherever that is.
std::size_t body_bytes(const http::Request& request);

bool equal_words(std::string_view a, std::string_view b);  ///< without case, ASCII

}  // namespace koppla::sandbox
