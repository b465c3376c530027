#include "http/curl/destination.h"

#include "base/ascii.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace koppla::http {
namespace {

/// [RFC 9110, 5.6.2]
bool is_token(std::string_view text) {
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
    });
}

/// A URL, cut to what a message can hold, without characters that would break it.
std::string shown(std::string_view url) {
    constexpr std::size_t shown_bytes_max = 120;
    url = url.substr(0, url.find_first_of("?#"));
    auto text = std::string{url.substr(0, shown_bytes_max)};
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c == '\x7f'; }, '?');
    // A user's name and password stand before the host; further on an '@' is part of the path.
    const auto scheme = text.find("://");
    const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
    const auto user = std::string_view{text}.substr(0, text.find('/', begin)).rfind('@');
    if (user != std::string_view::npos && user >= begin) text.erase(begin, user + 1 - begin);
    return url.size() > shown_bytes_max ? text + "…" : text;
}

Result<void> check_headers(const Request& request) {
    static constexpr std::array<std::string_view, 5> decided_here = {
        "host", "content-length", "transfer-encoding", "connection", "expect"};
    for (const auto& [name, value] : request.headers) {
        if (!is_token(name) || !is_field_value(value)) {
            return error(ErrorKind::invalid,
                         fmt::format("{}: the header \"{}\" holds a line break or another character that a "
                                     "header can't carry",
                                     describe(request), is_token(name) ? name : "?"));
        }
        if (std::find(decided_here.begin(), decided_here.end(), lower(name)) != decided_here.end()) {
            return error(ErrorKind::invalid, fmt::format("{}: the header {} is the client's own to set",
                                                         describe(request), name));
        }
    }
    return {};
}

}  // namespace

bool covers(std::string_view pattern, const Url& url) {
    const auto wanted = lower(pattern);
    std::string_view host = wanted;
    const auto colon = wanted.rfind(':');
    const bool has_port =
        colon != std::string::npos && (wanted.find(']') == std::string::npos || wanted.rfind(']') < colon);
    if (has_port) {
        if (host.substr(colon + 1) != std::to_string(url.port)) return false;
        host = host.substr(0, colon);
    }
    if (!host.starts_with("*.")) return host == url.host;
    const auto suffix = host.substr(1);  // with its dot
    return suffix.size() > 1 && url.host.size() > suffix.size() && url.host.ends_with(suffix);
}

std::string describe(const Request& request) {
    return fmt::format("{} {}", shown(request.method), shown(request.target));
}

Result<Url> check_request(const Request& request, const std::vector<std::string>& allowed_hosts) {
    if (!is_token(request.method)) return error(ErrorKind::invalid, describe(request) + ": no HTTP method");
    if (lower(request.target.substr(0, 7)) == "http://") {
        return error(ErrorKind::invalid,
                     describe(request) +
                         ": only https is allowed, because http would show the data and the "
                         "credentials to the network; write https://");
    }
    auto url = parse_url(request.target);
    if (!url) {
        return error(ErrorKind::invalid,
                     describe(request) +
                         ": not a URL that can be called; it must read "
                         "https://host[:port]/path, percent-encoded, without a user name");
    }
    if (url->scheme != "https") {
        return error(ErrorKind::invalid, describe(request) + ": only https is allowed");
    }
    const bool is_allowed = std::any_of(allowed_hosts.begin(), allowed_hosts.end(),
                                        [&](const auto& pattern) { return covers(pattern, *url); });
    if (!is_allowed) {
        return error(
            ErrorKind::invalid,
            fmt::format("{}: the host {}:{} is not among those this account may call ({}); nothing was "
                        "sent",
                        describe(request), url->host, url->port,
                        allowed_hosts.empty() ? "none" : fmt::format("{}", fmt::join(allowed_hosts, ", "))));
    }
    TRY(check_headers(request));
    return std::move(*url);
}

}  // namespace koppla::http
