#include "sandbox/base64.h"

#include <algorithm>
#include <cstdint>

namespace koppla::sandbox {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text;
    std::uint32_t window = 0;
    int bits = 0;
    for (const char byte : bytes) {
        window = (window << 8U) | static_cast<unsigned char>(byte);
        for (bits += 8; bits >= 6; bits -= 6)
            text += alphabet[(window >> static_cast<unsigned>(bits - 6)) & 63U];
    }
    if (bits > 0) text += alphabet[(window << static_cast<unsigned>(6 - bits)) & 63U];
    return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string bytes;
    std::uint32_t window = 0;
    int bits = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        window = (window << 6U) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((window >> static_cast<unsigned>(bits)) & 0xFFU);
        }
    }
    return bytes;
}

std::string base64url_encode(std::string_view bytes) {
    auto text = base64_encode(bytes);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    if (text.find_first_of("+/") != std::string_view::npos) return std::nullopt;
    std::string plain{text};
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    return base64_decode(plain);
}

}  // namespace koppla::sandbox
