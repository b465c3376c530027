#pragma once

#include "sandbox/dynamics/org/table.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace koppla::sandbox::dynamics {

/// The columns that the service computes from others; what the generator and writes have in common.

/// "Amy Adams"
std::string full_name(std::string_view first, std::string_view last);
/// An address as it is written on a letter: lines, place, country; empty where there is nothing.
struct AddressParts {
    std::array<std::string, 3> lines{};
    std::string city{};
    std::string state{};
    std::string postal_code{};
    std::string country{};
};
std::string composite(const AddressParts& parts);

/// An amount (10^-4) in the base currency: divided by the rate (10^-10), rounded to cents.
std::int64_t base_amount(std::int64_t amount, std::int64_t rate);

}  // namespace koppla::sandbox::dynamics
