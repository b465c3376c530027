#include "crm/dynamics/thumbprint.h"

#include "crm/signing.h"

#include <optional>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

constexpr std::size_t sha1_bytes = 20;
constexpr std::size_t sha256_bytes = 32;

std::optional<unsigned> digit_of(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
    return std::nullopt;
}

std::optional<std::string> from_hex(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
        const auto high = digit_of(text[at]);
        const auto low = digit_of(text[at + 1]);
        if (!high || !low) return std::nullopt;
        bytes += static_cast<char>((*high << 4U) | *low);
    }
    if (text.size() % 2 != 0) return std::nullopt;
    return bytes;
}

std::optional<Thumbprints> of_bytes(std::optional<std::string> bytes) {
    if (bytes && bytes->size() == sha1_bytes) return Thumbprints{.sha1 = std::move(*bytes), .sha256 = {}};
    if (bytes && bytes->size() == sha256_bytes) return Thumbprints{.sha1 = {}, .sha256 = std::move(*bytes)};
    return std::nullopt;
}

}  // namespace

Result<Thumbprints> parse_thumbprint(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        // Windows' certificate window puts an invisible mark before what is copied from it.
        const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
        if (is_ascii && c != ' ' && c != ':') plain += c;
    }
    if (auto found = of_bytes(from_hex(plain))) return *found;
    if (auto found = of_bytes(from_base64(plain))) return *found;
    return error(
        ErrorKind::invalid,
        fmt::format("'{}' is no thumbprint of a certificate: that has 40 digits in hex (SHA-1) or 64 "
                    "(SHA-256), or is the same in base64",
                    text));
}

}  // namespace koppla::dynamics
