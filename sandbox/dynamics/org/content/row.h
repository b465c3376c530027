#pragma once

#include "sandbox/content/invented.h"
#include "sandbox/dynamics/org/content/generator.h"
#include "sandbox/dynamics/org/derive.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// What the cells of one row have in common, and its own source of chance.
struct Generator::Row {
    std::uint64_t n = 0;
    Chance chance{};
    const Vocabulary* words = nullptr;
    std::string_view given{};
    std::string_view family{};
    std::int64_t created = 0;
    std::int64_t modified = 0;
    std::int64_t state = 0;
    std::string owner{};
    bool is_team = false;
    const GeneratedCurrency* currency = nullptr;
    bool has_image = false;
    std::array<AddressParts, 3> addresses{};
    /// What columns behind need of those before: the target's table of each link, the number of each amount.
    std::vector<std::string_view> targets{};
    std::vector<std::int64_t> numbers{};
    std::vector<std::size_t> begins{};  ///< of each cell, in the text
    std::string* out = nullptr;
};

}  // namespace koppla::sandbox::dynamics
