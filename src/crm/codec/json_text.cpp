#include "crm/codec/json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace koppla {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char low = static_cast<char>(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

std::optional<std::uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(0, 4)) {
        const int digit = hex_value(c);
        if (digit < 0) return std::nullopt;
        value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
}

char* put_utf8(char* to, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { *to++ = static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0U | (code >> 6U));
        byte(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        byte(0xE0U | (code >> 12U));
        byte(0x80U | ((code >> 6U) & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    } else {
        byte(0xF0U | (code >> 18U));
        byte(0x80U | ((code >> 12U) & 0x3FU));
        byte(0x80U | ((code >> 6U) & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    }
    return to;
}

/// The code point of the "\uXXXX", or pair of them, that `text` begins with behind "\u"; and its length.
std::optional<std::pair<std::uint32_t, std::size_t>> code_point(std::string_view text) {
    constexpr std::uint32_t replacement = 0xFFFD;
    const auto first = hex4(text);
    if (!first) return std::nullopt;
    if (*first < 0xD800 || *first > 0xDFFF) return std::pair{*first, std::size_t{4}};
    if (*first >= 0xDC00 || text.substr(4, 2) != "\\u") return std::pair{replacement, std::size_t{4}};
    const auto second = hex4(text.substr(6));
    if (!second || *second < 0xDC00 || *second > 0xDFFF) return std::pair{replacement, std::size_t{4}};
    return std::pair{0x10000U + ((*first - 0xD800U) << 10U) + (*second - 0xDC00U), std::size_t{10}};
}

char plain_escape(char c) {
    switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case '"':
        case '\\':
        case '/':
            return c;
        default:
            return '\0';
    }
}

}  // namespace

std::optional<std::size_t> unescape_json(char* text, std::size_t size) {
    std::string_view rest{text, size};
    char* to = text;
    while (true) {
        const auto plain = std::min(rest.find('\\'), rest.size());
        std::memmove(to, rest.data(), plain);
        to += plain;
        rest.remove_prefix(plain);
        if (rest.empty()) return static_cast<std::size_t>(to - text);
        if (rest.size() < 2) return std::nullopt;
        if (rest[1] == 'u') {
            const auto code = code_point(rest.substr(2));
            if (!code) return std::nullopt;
            rest.remove_prefix(2 + code->second);
            to = put_utf8(to, code->first);
        } else {
            const char c = plain_escape(rest[1]);
            if (c == '\0') return std::nullopt;
            *to++ = c;
            rest.remove_prefix(2);
        }
    }
}

std::string_view without_trailing_blanks(std::string_view token) {
    const auto last = token.find_last_not_of(" \n\r\t");
    return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace koppla
