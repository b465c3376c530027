#include "sandbox/org/identifier.h"

#include <algorithm>
#include <cctype>

namespace koppla::sandbox {

namespace {

constexpr std::string_view checksum_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
constexpr std::string_view base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view pod = "5Kp";
constexpr std::size_t number_length = 9;

bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

char with_case(char c, bool is_upper) {
    const auto byte = static_cast<unsigned char>(c);
    return static_cast<char>(is_upper ? std::toupper(byte) : std::tolower(byte));
}

}  // namespace

std::string id_checksum(std::string_view id15) {
    std::string sum;
    for (std::size_t group = 0; group < 3; ++group) {
        std::size_t bits = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            const char c = id15[group * 5 + i];
            if (c >= 'A' && c <= 'Z') bits |= std::size_t{1} << i;
        }
        sum.push_back(checksum_digits[bits]);
    }
    return sum;
}

std::string make_id(std::string_view key_prefix, std::uint64_t number) {
    std::string id{key_prefix};
    id += pod;
    id.append(number_length, '0');
    for (std::size_t at = id.size(); number != 0 && at > key_prefix.size() + pod.size();
         number /= base62.size()) {
        id[--at] = base62[number % base62.size()];
    }
    return id + id_checksum(id);
}

std::optional<std::string> normal_id(std::string_view id) {
    if ((id.size() != 15 && id.size() != 18) || !std::all_of(id.begin(), id.end(), is_alnum))
        return std::nullopt;
    std::string normal{id.substr(0, 15)};
    if (id.size() == 15) return normal + id_checksum(normal);
    for (std::size_t group = 0; group < 3; ++group) {
        const std::size_t bits = checksum_digits.find(with_case(id[15 + group], true));
        if (bits == std::string_view::npos) return std::nullopt;
        for (std::size_t i = 0; i < 5; ++i) {
            char& c = normal[group * 5 + i];
            c = with_case(c, ((bits >> i) & 1U) != 0);
        }
    }
    const std::string sum = id_checksum(normal);
    const bool holds = std::equal(sum.begin(), sum.end(), id.begin() + 15,
                                  [](char a, char b) { return a == with_case(b, true); });
    if (!holds) return std::nullopt;
    return normal + sum;
}

}  // namespace koppla::sandbox
