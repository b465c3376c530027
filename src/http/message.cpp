#include "http/message.h"

#include "base/ascii.h"

#include <algorithm>
#include <charconv>

namespace koppla::http {
namespace {

bool is_unreserved(char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
    return -1;
}

bool is_host_name(std::string_view host) {
    return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
}

bool is_bracketed_address(std::string_view host) {
    return host.size() > 3 && host.front() == '[' && host.back() == ']' &&
           std::all_of(host.begin() + 1, host.end() - 1,
                       [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
}

/// Where the port's colon stands in an authority, or npos: colons within brackets belong to the address.
std::size_t port_colon(std::string_view authority) {
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    return colon != std::string_view::npos && bracket != std::string_view::npos && colon < bracket
               ? std::string_view::npos
               : colon;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failure != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

}  // namespace

std::optional<std::string_view> Headers::find(std::string_view name) const {
    const auto field = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const auto& each) { return equal_without_case(each.first, name); });
    if (field == fields_.end()) return std::nullopt;
    return field->second;
}

void Headers::set(std::string_view name, std::string value) {
    std::erase_if(fields_, [&](const auto& each) { return equal_without_case(each.first, name); });
    fields_.emplace_back(std::string{name}, std::move(value));
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            result += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result += '%';
            result += digits[byte >> 4U];
            result += digits[byte & 15U];
        }
    }
    return result;
}

std::string percent_decode(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            result += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            result += text[i] == '+' ? ' ' : text[i];
        }
    }
    return result;
}

std::optional<Url> parse_url(std::string_view text) {
    // What is refused here can't be read differently by the library that connects: no blanks, no
    // backslashes, no user names, nothing outside ASCII.
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; })) {
        return std::nullopt;
    }
    const auto colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    Url url;
    url.scheme = lower(text.substr(0, colon));
    if (!std::all_of(url.scheme.begin(), url.scheme.end(), is_letter)) return std::nullopt;

    const auto rest = text.substr(colon + 3);
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    const auto host_end = port_colon(authority);
    url.host = lower(authority.substr(0, host_end));
    if (!is_host_name(url.host) && !is_bracketed_address(url.host)) return std::nullopt;
    if (host_end != std::string_view::npos) {
        const auto port = parse_port(authority.substr(host_end + 1));
        if (!port) return std::nullopt;
        url.port = *port;
    } else if (url.scheme == "https") {
        url.port = 443;
    } else if (url.scheme == "http") {
        url.port = 80;
    } else {
        return std::nullopt;
    }

    const auto path = rest.substr(authority.size());
    url.path_and_query = path.substr(0, path.find('#'));
    if (url.path_and_query.empty() || url.path_and_query.front() != '/') url.path_and_query.insert(0, "/");
    return url;
}

std::optional<std::string> form_value(std::string_view form, std::string_view name) {
    while (!form.empty()) {
        const auto field = form.substr(0, form.find('&'));
        form.remove_prefix(std::min(form.size(), field.size() + 1));
        const auto equals = field.find('=');
        if (percent_decode(field.substr(0, equals)) != name) continue;
        return equals == std::string_view::npos ? std::string{} : percent_decode(field.substr(equals + 1));
    }
    return std::nullopt;
}

std::string form_body(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string body;
    for (const auto& [name, value] : fields) {
        if (!body.empty()) body += '&';
        body += percent_encode(name) + '=' + percent_encode(value);
    }
    return body;
}

}  // namespace koppla::http
