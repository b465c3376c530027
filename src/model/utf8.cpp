#include "model/utf8.h"

#include <cstdint>
#include <cstring>

namespace koppla::model {

namespace {

/// The length of the character that text begins with, or 0 where there is none.
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return text.empty() ? 0 : 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (!follows(1) || !follows(2)) return 0;
        if (first == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
        if (first == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if (first == 0xF0 && byte(1) < 0x90) return 0;   // overlong
        if (first == 0xF4 && byte(1) >= 0x90) return 0;  // beyond U+10FFFF
        return 4;
    }
    return 0;
}

constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
constexpr std::uint64_t low_bits = 0x0101010101010101ULL;

/// A high bit, in the word minus one per byte as in the word itself, tells of a NUL or of no ASCII.
std::uint64_t suspicious(std::uint64_t word) {
    return ((word - low_bits) | word) & high_bits;
}

}  // namespace

bool is_plain_ascii(std::string_view text) {
    const char* at = text.data();
    std::size_t rest = text.size();
    std::uint64_t found = 0;
    for (; rest >= sizeof found; at += sizeof found, rest -= sizeof found) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        found |= suspicious(word);
    }
    for (; rest > 0; ++at, --rest) {
        if (*at <= 0) return false;
    }
    return found == 0;
}

std::optional<std::size_t> utf8_fault(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = character_size(text.substr(at));
        if (size == 0) return at;
        at += size;
    }
    return std::nullopt;
}

std::string valid_utf8(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = text[at] == '\0' ? 0 : character_size(text.substr(at));
        if (size == 0) {
            result += "\xEF\xBF\xBD";
            ++at;
        } else {
            result += text.substr(at, size);
            at += size;
        }
    }
    return result;
}

}  // namespace koppla::model
