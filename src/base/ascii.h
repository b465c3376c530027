#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace koppla {

/// Letters A to Z and digits, whatever the locale: names of both CRMs, headers, columns.
constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

inline std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) c = lower(c);
    return result;
}

constexpr bool equal_without_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace koppla
