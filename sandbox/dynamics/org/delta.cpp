#include "sandbox/dynamics/org/delta.h"

#include <charconv>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {

std::string token_text(const DeltaToken& token) {
    // "2026-11-20T08:10:44.000Z"
    const auto time = format_instant(token.issued);
    return fmt::format("{}!{}/{}/{} {}", token.version, time.substr(5, 2), time.substr(8, 2),
                       time.substr(0, 4), time.substr(11, 8));
}

std::optional<DeltaToken> read_token(std::string_view text) {
    const auto mark = text.find('!');
    if (mark == std::string_view::npos) return std::nullopt;
    DeltaToken token;
    const auto* end = text.data() + mark;
    const auto read = std::from_chars(text.data(), end, token.version);
    if (read.ptr != end || mark == 0 || token.version < 0) return std::nullopt;
    const auto time = text.substr(mark + 1);
    if (time.size() != 19 || time[2] != '/' || time[5] != '/' || time[10] != ' ') return std::nullopt;
    const auto issued = parse_instant(fmt::format("{}-{}-{}T{}Z", time.substr(6, 4), time.substr(0, 2),
                                                  time.substr(3, 2), time.substr(11)));
    if (!issued) return std::nullopt;
    token.issued = *issued;
    return token;
}

}  // namespace koppla::sandbox::dynamics
