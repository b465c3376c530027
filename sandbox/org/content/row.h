#pragma once

#include "sandbox/org/content/generator.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace koppla::sandbox {

inline constexpr std::int64_t seconds_a_day = 86'400;

/// What the cells of one row have in common, and its own source of chance.
struct Generator::Row {
    std::uint64_t n;
    std::uint64_t chance;
    const Vocabulary* words;
    std::string_view given;
    std::string_view family;
    std::int64_t created;
    std::int64_t stamp;
    bool has_address;
    bool has_split_stamps;
    std::size_t stage;
    std::string* out;

    std::uint64_t next() {
        chance += 0x9E3779B97F4A7C15U;
        return mixed(chance);
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool one_in(std::uint64_t count) { return below(count) == 0; }
    template <class Words>
    const auto& pick(const Words& from) {
        return from[below(from.size())];
    }
};

/// A decimal number, with zeros in front up to `width`.
void append_digits(std::string& out, std::int64_t number, std::size_t width);
/// "2026-11-01", of days since 1970.
void append_date(std::string& out, std::int64_t days);
/// "2026-11-01T10:00:00.000Z", of seconds since 1970.
void append_datetime(std::string& out, std::int64_t seconds);

}  // namespace koppla::sandbox
