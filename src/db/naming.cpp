#include "db/naming.h"

#include "base/result.h"
#include "base/stable_hash.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::db {

namespace {

bool continues_a_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// At most so many bytes of it, and no half of a character.
std::string_view beginning(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t size = bytes_max;
    while (size > 0 && continues_a_character(text[size])) --size;
    return text.substr(0, size);
}

/// The beginning of a value; control characters shown as '?'.
std::string shown(std::string_view text) {
    constexpr std::size_t shown_max = 60;
    std::string result{beginning(text, shown_max)};
    for (char& c : result) {
        if (static_cast<unsigned char>(c) < ' ') c = '?';
    }
    return result.size() < text.size() ? result + "…" : result;
}

}  // namespace

std::string fitting(std::string_view name, std::size_t bytes_max) {
    constexpr std::size_t hash_bytes = 9;
    if (name.size() <= bytes_max) return std::string{name};
    return fmt::format("{}_{:08x}", beginning(name, bytes_max - hash_bytes), stable_hash(name) >> 32U);
}

std::string plain_name(std::string_view name, std::size_t bytes_max) {
    constexpr std::size_t hash_bytes = 17;
    std::string result;
    for (const char c : name) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        result += is_plain ? c : '_';
    }
    if (result == name && result.size() <= bytes_max && !result.empty()) return result;
    result.resize(std::min(result.size(), bytes_max - hash_bytes));
    return fmt::format("{}_{:016x}", result, stable_hash(name));
}

std::string shortened(std::string_view sql) {
    constexpr std::size_t shown_max = 160;
    const std::string_view shown_part = beginning(sql, shown_max);
    std::string result;
    for (const char c : shown_part) {
        const bool is_space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
        if (!is_space) result += c;
        if (is_space && !result.empty() && result.back() != ' ') result += ' ';
    }
    if (shown_part.size() < sql.size()) result += " …";
    return result;
}

Error refusal(const RefusedCell& cell) {
    return error(ErrorKind::invalid, fmt::format("column '{}' of row {}: '{}' is not {}", cell.column,
                                                 cell.row, shown(cell.value), cell.wanted));
}

}  // namespace koppla::db
