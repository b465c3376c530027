#include "sandbox/odata/preferences.h"

#include "base/ascii.h"

#include <charconv>

namespace koppla::sandbox::odata {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::string_view unquoted(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

/// Cuts at a separator outside of quotes.
std::vector<std::string_view> pieces(std::string_view text, char separator) {
    std::vector<std::string_view> list;
    std::size_t begin = 0;
    bool is_quoted = false;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '"') is_quoted = !is_quoted;
        if (i < text.size() && (is_quoted || text[i] != separator)) continue;
        if (const auto piece = trimmed(text.substr(begin, i - begin)); !piece.empty()) list.push_back(piece);
        begin = i + 1;
    }
    return list;
}

void take(Preferences& preferences, std::string_view name, std::string_view value) {
    if (equal_without_case(name, "odata.maxpagesize") || equal_without_case(name, "maxpagesize")) {
        std::int64_t rows = 0;
        std::from_chars(value.data(), value.data() + value.size(), rows);
        if (rows > 0) preferences.page_rows = rows;
    } else if (equal_without_case(name, "odata.include-annotations") ||
               equal_without_case(name, "include-annotations")) {
        preferences.annotations_text = value;
        preferences.annotations.clear();
        for (const auto one : pieces(value, ',')) preferences.annotations.emplace_back(one);
    } else if (equal_without_case(name, "odata.track-changes")) {
        preferences.changes = Preferences::Changes::tracked;
    } else if (equal_without_case(name, "odata.continue-on-error")) {
        preferences.on_error =
            value == "false" ? Preferences::OnError::stop : Preferences::OnError::go_on;
    } else if (equal_without_case(name, "return")) {
        preferences.returns = equal_without_case(value, "representation") ? Preferences::Return::representation
                                                                          : Preferences::Return::minimal;
    }
}

bool covers(std::string_view pattern, std::string_view name) {
    if (pattern == "*") return true;
    if (pattern.ends_with(".*")) return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == name;
}

}  // namespace

Preferences Preferences::of(const http::Headers& headers) {
    Preferences preferences;
    for (const auto& [name, value] : headers) {
        if (!equal_without_case(name, "Prefer")) continue;
        for (const auto piece : pieces(value, ',')) {
            const auto equals = std::min(piece.find('='), piece.size());
            take(preferences, trimmed(piece.substr(0, equals)),
                 unquoted(trimmed(piece.substr(std::min(equals + 1, piece.size())))));
        }
    }
    return preferences;
}

bool Preferences::wants(std::string_view annotation) const {
    bool is_wanted = false;
    for (const std::string_view pattern : annotations) {
        if (pattern.starts_with('-') && covers(pattern.substr(1), annotation)) return false;
        is_wanted = is_wanted || covers(pattern, annotation);
    }
    return is_wanted;
}

}  // namespace koppla::sandbox::odata
