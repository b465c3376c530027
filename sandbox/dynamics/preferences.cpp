#include "sandbox/dynamics/preferences.h"

#include "sandbox/route.h"

#include <algorithm>
#include <charconv>

namespace koppla::sandbox::dynamics {
namespace {

constexpr int page_rows_max = 5'000;
constexpr std::string_view annotations_name = "odata.include-annotations";

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('"')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('"')) text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> cut(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    bool is_quoted = false;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '"') is_quoted = !is_quoted;
        const bool is_end =
            i == text.size() || (!is_quoted && separators.find(text[i]) != std::string_view::npos);
        if (!is_end) continue;
        if (i > begin) pieces.push_back(text.substr(begin, i - begin));
        begin = i + 1;
    }
    return pieces;
}

bool fits(std::string_view pattern, std::string_view name) {
    if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == name;
}

void read_one(Preferences& preferences, std::string_view name, std::string_view value) {
    if (equal_words(name, "odata.maxpagesize") || equal_words(name, "maxpagesize")) {
        int rows = 0;
        const auto text = trimmed(value);
        const auto read = std::from_chars(text.data(), text.data() + text.size(), rows);
        if (read.ptr == text.data() + text.size() && rows >= 1)
            preferences.page_rows = std::min(rows, page_rows_max);
    } else if (equal_words(name, "odata.track-changes") || equal_words(name, "track-changes")) {
        preferences.tracks_changes = true;
    } else if (equal_words(name, "return")) {
        preferences.wants_representation = equal_words(trimmed(value), "representation");
    } else if (equal_words(name, "odata.continue-on-error") || equal_words(name, "continue-on-error")) {
        preferences.continues_on_error = true;
    } else if (equal_words(name, annotations_name)) {
        for (const auto pattern : cut(trimmed(value), ","))
            preferences.annotations.emplace_back(trimmed(pattern));
    }
}

}  // namespace

Preferences Preferences::of(const http::Headers& headers) {
    Preferences preferences;
    for (const auto& [name, value] : headers) {
        if (!equal_words(name, "Prefer")) continue;
        for (const auto one : cut(value, ",;")) {
            const auto equals = one.find('=');
            read_one(preferences, trimmed(one.substr(0, equals)),
                     equals == std::string_view::npos ? std::string_view{} : one.substr(equals + 1));
        }
    }
    return preferences;
}

bool Preferences::annotates(std::string_view name) const {
    bool is_wanted = false;
    for (const std::string_view pattern : annotations) {
        if (pattern.starts_with('-') ? fits(pattern.substr(1), name) : fits(pattern, name))
            is_wanted = !pattern.starts_with('-');
    }
    return is_wanted;
}

std::string Preferences::applied() const {
    std::string text;
    const auto add = [&](const std::string& one) { text += (text.empty() ? "" : ",") + one; };
    if (tracks_changes) add("odata.track-changes");
    if (page_rows) add("odata.maxpagesize=" + std::to_string(*page_rows));
    if (wants_representation) add("return=representation");
    if (continues_on_error) add("odata.continue-on-error");
    if (!annotations.empty()) {
        std::string list;
        for (const auto& pattern : annotations) list += (list.empty() ? "" : ",") + pattern;
        add(std::string{annotations_name} + "=\"" + list + "\"");
    }
    return text;
}

MetadataLevel metadata_level(const http::Headers& headers) {
    const auto accept = headers.find("Accept");
    if (!accept) return MetadataLevel::minimal;
    if (accept->find("odata.metadata=full") != std::string_view::npos) return MetadataLevel::full;
    if (accept->find("odata.metadata=none") != std::string_view::npos) return MetadataLevel::none;
    return MetadataLevel::minimal;
}

}  // namespace koppla::sandbox::dynamics
