#include "sandbox/web/json_text.h"

#include <array>
#include <charconv>
#include <cstddef>

namespace koppla::sandbox {
namespace {

/// What stands for a byte behind a backslash: 0 where it needs none, 'u' where it has no short form.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
    table['"'] = '"';
    table['\\'] = '\\';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    return table;
}();

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char escape = escapes[static_cast<unsigned char>(text[i])];
        if (escape == 0) continue;
        out += text.substr(from, i - from);
        out += '\\';
        out += escape;
        if (escape == 'u') {
            constexpr std::string_view hex = "0123456789abcdef";
            const auto code = static_cast<unsigned char>(text[i]);
            out += "00";
            out += hex[code >> 4U];
            out += hex[code & 0xFU];
        }
        from = i + 1;
    }
    out += text.substr(from);
    out += '"';
}

void append_integer(std::string& out, std::int64_t number) {
    std::array<char, 24> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), written.ptr);
}

}  // namespace koppla::sandbox
