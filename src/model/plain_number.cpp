#include "model/plain_number.h"

#include "base/ascii.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace koppla::model {

namespace {

std::string_view take_digits(std::string_view& text) {
    const auto* const end = std::ranges::find_if_not(text, is_digit);
    const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
}

/// The value of "E13" or "e-4"; 0 without; nothing where it is none, or beyond all use.
std::optional<int> exponent_of(std::string_view text) {
    if (text.empty()) return 0;
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    text.remove_prefix(1);
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    int value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size() || value > 400 || value < -400)
        return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::string> plain_number(std::string_view text) {
    constexpr std::size_t digits_max = 400;
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) text.remove_prefix(1);
    const std::string_view whole = take_digits(text);
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
    }
    const auto exponent = exponent_of(text);
    if ((whole.empty() && fraction.empty()) || !exponent) return std::nullopt;

    std::string digits{whole};
    digits += fraction;
    auto point = static_cast<std::ptrdiff_t>(whole.size()) + *exponent;
    const auto first = std::min(digits.find_first_not_of('0'), digits.size());
    digits.erase(0, first);
    point -= static_cast<std::ptrdiff_t>(first);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.empty()) return "0";
    const auto size = static_cast<std::ptrdiff_t>(digits.size());
    if (static_cast<std::size_t>(std::max({size, point, size - point})) > digits_max) return std::nullopt;

    std::string plain = is_negative ? "-" : "";
    if (point <= 0) {
        plain += "0.";
        plain.append(static_cast<std::size_t>(-point), '0');
        plain += digits;
    } else if (point >= size) {
        plain += digits;
        plain.append(static_cast<std::size_t>(point - size), '0');
    } else {
        plain += digits.substr(0, static_cast<std::size_t>(point)) + '.' +
                 digits.substr(static_cast<std::size_t>(point));
    }
    return plain;
}

std::size_t plain_number_size(std::string_view text) {
    std::string_view rest = text;
    const bool is_negative = rest.starts_with('-');
    if (is_negative) rest.remove_prefix(1);
    const std::string_view whole = take_digits(rest);
    if (whole.empty() || (whole.size() > 1 && whole.front() == '0') || text.size() > 400) return 0;
    std::size_t size = text.size() - rest.size();
    if (rest.empty()) return is_negative && whole == "0" ? 0 : size;
    if (rest.front() != '.') return 0;
    rest.remove_prefix(1);
    const std::string_view fraction = take_digits(rest);
    if (!rest.empty()) return 0;
    const auto last = fraction.find_last_not_of('0');
    if (last != std::string_view::npos) return size + 1 + last + 1;
    return is_negative && whole == "0" ? 0 : size;
}

bool is_integer(std::string_view plain) {
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    return fault == std::errc{} && end == plain.data() + plain.size();
}

}  // namespace koppla::model
