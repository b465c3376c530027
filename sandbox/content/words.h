#pragma once

#include <span>
#include <string_view>

namespace koppla::sandbox {

/// Words of one script or alphabet that invented people, firms and places are made of.
struct Vocabulary {
    std::string_view script;
    std::span<const std::string_view> given;
    std::span<const std::string_view> family;
    std::span<const std::string_view> cities;
    std::span<const std::string_view> streets;
    std::span<const std::string_view> firms;
    std::span<const std::string_view> phrases;
    std::string_view country;
    std::string_view state;
};

std::span<const Vocabulary> vocabularies();

/// ASCII names for addresses in e-mail and on the web.
std::span<const std::string_view> ascii_names();
std::span<const std::string_view> titles();
std::span<const std::string_view> departments();
/// Things that break careless code: emoji, quotes, commas, combining marks, right-to-left marks.
std::span<const std::string_view> oddities();

}  // namespace koppla::sandbox
