#include "sandbox/dynamics/resource.h"

#include "http/message.h"

#include <cctype>
#include <optional>
#include <utility>

namespace koppla::sandbox::dynamics {
namespace {

/// Walks over text in which quotes hide what stands between them.
template <class Visit>
bool walk_unquoted(std::string_view text, Visit visit) {
    bool is_quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\'') is_quoted = !is_quoted;
        if (!is_quoted) visit(i, text[i]);
    }
    return !is_quoted;
}

/// Cuts at the separators outside of quotes, parentheses and brackets.
std::optional<std::vector<std::string_view>> cut(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    int depth = 0;
    bool is_balanced = true;
    const bool is_closed = walk_unquoted(text, [&](std::size_t i, char c) {
        if (c == '(' || c == '[' || c == '{') ++depth;
        if (c == ')' || c == ']' || c == '}') --depth;
        if (depth < 0) is_balanced = false;
        if (c != separator || depth != 0) return;
        pieces.push_back(text.substr(begin, i - begin));
        begin = i + 1;
    });
    if (!is_closed || !is_balanced || depth != 0) return std::nullopt;
    pieces.push_back(text.substr(begin));
    return pieces;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

Error bad_path(std::string_view path) {
    return error(ErrorKind::invalid, "Bad Request - Error in query syntax: '" + std::string{path} + "'",
                 "0x80060888");
}

Result<Segment> read_segment(std::string_view text) {
    const auto open = text.find('(');
    if (open == std::string_view::npos || !text.ends_with(')')) return Segment{.name = std::string{text}};
    Segment segment{.name = std::string{text.substr(0, open)}, .has_parentheses = true};
    const auto inner = text.substr(open + 1, text.size() - open - 2);
    if (trimmed(inner).empty()) return segment;
    const auto pieces = cut(inner, ',');
    if (!pieces) return bad_path(text);
    for (const auto piece : *pieces) {
        const auto sides = cut(piece, '=');
        if (!sides) return bad_path(text);
        if (sides->size() == 1) {
            segment.parts.push_back({.name = {}, .literal = std::string{trimmed(piece)}});
            continue;
        }
        const auto name = trimmed(sides->front());
        segment.parts.push_back({.name = std::string{name},
                                 .literal = std::string{trimmed(piece.substr(sides->front().size() + 1))}});
    }
    return segment;
}

}  // namespace

std::string_view Segment::literal(std::string_view part) const {
    for (const Part& one : parts)
        if (one.name == part) return one.literal;
    return {};
}

Result<std::vector<Segment>> read_resource(std::string_view path) {
    // A '+' is a blank only in query strings.
    std::string kept{path};
    for (auto at = kept.find('+'); at != std::string::npos; at = kept.find('+', at + 3))
        kept.replace(at, 1, "%2B");
    const auto decoded = http::percent_decode(kept);
    const auto pieces = cut(decoded, '/');
    if (!pieces) return bad_path(decoded);
    std::vector<Segment> segments;
    for (const auto piece : *pieces)
        if (!piece.empty()) segments.push_back(TRY(read_segment(piece)));
    return segments;
}

bool is_quoted(std::string_view literal) {
    return literal.size() >= 2 && literal.starts_with('\'') && literal.ends_with('\'');
}

std::string unquoted(std::string_view literal) {
    if (!is_quoted(literal)) return std::string{literal};
    std::string text;
    literal = literal.substr(1, literal.size() - 2);
    for (std::size_t i = 0; i < literal.size(); ++i) {
        text += literal[i];
        if (literal[i] == '\'') ++i;
    }
    return text;
}

std::string guid_of(std::string_view literal) {
    auto text = unquoted(literal);
    constexpr std::size_t guid_length = 36;
    if (text.size() != guid_length) return {};
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool is_mark = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_mark ? c != '-' : std::isxdigit(c) == 0) return {};
        text[i] = static_cast<char>(std::tolower(c));
    }
    return text;
}

}  // namespace koppla::sandbox::dynamics
