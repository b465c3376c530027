#include "crm/codec/json_writing.h"

#include "base/ascii.h"

#include <array>

namespace koppla {

namespace {

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void append_escape(std::string& to, char c) {
    constexpr std::array<char, 16> digits = {'0', '1', '2', '3', '4', '5', '6', '7',
                                             '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    const auto byte = static_cast<unsigned char>(c);
    to += '\\';
    switch (c) {
        case '"':
        case '\\':
            to += c;
            return;
        case '\n':
            to += 'n';
            return;
        case '\r':
            to += 'r';
            return;
        case '\t':
            to += 't';
            return;
        default:
            to += "u00";
            to += digits.at(byte >> 4U);
            to += digits.at(byte & 0x0FU);
    }
}

void skip_digits(std::string_view& text) {
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
}

}  // namespace

void append_json_text(std::string& to, std::string_view text) {
    to += '"';
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && is_plain(text[plain])) ++plain;
        to.append(text.data(), plain);
        if (plain == text.size()) break;
        append_escape(to, text[plain]);
        text.remove_prefix(plain + 1);
    }
    to += '"';
}

bool is_json_number(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return false;
    if (text.front() == '0')
        text.remove_prefix(1);
    else
        skip_digits(text);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (text.empty() || !is_digit(text.front())) return false;
        skip_digits(text);
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        if (text.empty() || !is_digit(text.front())) return false;
        skip_digits(text);
    }
    return text.empty();
}

}  // namespace koppla
