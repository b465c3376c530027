#pragma once

#include "base/result.h"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace koppla::model {

enum class Presence { optional, required };
enum class Visibility { open, secret };
/// A line, or text of several lines such as a key.
enum class Extent { line, text };

/// One setting, described as data: the command line, the checks and the reference page come from it.
struct OptionSpec {
    std::string_view name;  ///< as written: "client-id"
    std::string_view label;
    std::string_view help;
    Presence presence = Presence::optional;
    Visibility visibility = Visibility::open;
    Extent extent = Extent::line;
    std::span<const std::string_view> choices{};  ///< empty: any text
    std::string_view default_value{};
};

using Settings = std::map<std::string, std::string, std::less<>>;

/// `invalid` where a setting is unknown, missing, or none of its choices; the message names it.
Result<void> check(std::span<const OptionSpec> specs, const Settings& settings);

}  // namespace koppla::model
