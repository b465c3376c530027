#include "crm/odata/multipart.h"

#include "base/ascii.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace koppla::odata {

namespace {

constexpr std::size_t boundary_bytes_max = 200;
/// Of one part; a longer block is no header block.
constexpr std::size_t header_bytes_max = 64'000;

Error corrupt(std::string_view why) {
    return error(ErrorKind::corrupt, fmt::format("the answer to the batch can't be read: {}", why));
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Takes the next line, without its end.
std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Takes a block of headers with the blank line behind it, which the end of the text may stand for; nothing
/// where it is too long.
std::optional<std::string_view> take_headers(std::string_view& text) {
    const std::string_view whole = text;
    while (!text.empty()) {
        const std::string_view before = text;
        if (!take_line(text).empty()) continue;
        const std::size_t size = whole.size() - before.size();
        return size <= header_bytes_max ? std::optional{whole.substr(0, size)} : std::nullopt;
    }
    return whole.size() <= header_bytes_max ? std::optional{whole} : std::nullopt;
}

std::optional<std::string_view> find_header(std::string_view lines, std::string_view name) {
    while (!lines.empty()) {
        const std::string_view line = take_line(lines);
        const auto colon = line.find(':');
        if (colon != std::string_view::npos && equal_without_case(trimmed(line.substr(0, colon)), name))
            return trimmed(line.substr(colon + 1));
    }
    return std::nullopt;
}

/// 204 of "HTTP/1.1 204 No Content"; 0 for what is no status line.
int status_of(std::string_view line) {
    if (!line.starts_with("HTTP/1.")) return 0;
    line.remove_prefix(std::min(line.find(' '), line.size()));
    line = trimmed(line);
    int status = 0;
    const auto [end, fault] = std::from_chars(line.data(), line.data() + line.size(), status);
    const bool is_end = end == line.data() + line.size() || *end == ' ';
    return fault == std::errc{} && is_end && status >= 100 && status <= 599 ? status : 0;
}

Result<PartAnswer> read_part(std::string_view text) {
    const auto outer = take_headers(text);
    if (!outer) return corrupt("a part's headers are too long");
    const std::string_view type = find_header(*outer, "Content-Type").value_or("application/http");
    if (!equal_without_case(trimmed(type.substr(0, type.find(';'))), "application/http"))
        return corrupt("a part of it is no answer by itself");
    PartAnswer part{.status = status_of(take_line(text)), .headers = {}};
    if (part.status == 0) return corrupt("a part of it has no status line");
    const auto headers = take_headers(text);
    if (!headers) return corrupt("a part's headers are too long");
    part.headers = *headers;
    part.body = text;
    while (part.body.ends_with('\n') || part.body.ends_with('\r')) part.body.remove_suffix(1);
    return part;
}

/// A line of its own that begins with "--" and the boundary.
struct Delimiter {
    std::size_t begin = 0, end = 0;  ///< from its first dash to behind its line
    bool is_closing = false;
};

std::optional<Delimiter> find_delimiter(std::string_view body, const std::string& mark, std::size_t from) {
    while (true) {
        const auto begin = body.find(mark, from);
        if (begin == std::string_view::npos) return std::nullopt;
        from = begin + mark.size();
        if (begin != 0 && body[begin - 1] != '\n') continue;
        std::string_view rest = body.substr(from);
        const bool is_closing = rest.starts_with("--");
        if (is_closing) rest.remove_prefix(2);
        const std::string_view line = take_line(rest);
        if (!trimmed(line).empty()) continue;  // another boundary, which begins like this one
        return Delimiter{.begin = begin, .end = body.size() - rest.size(), .is_closing = is_closing};
    }
}

}  // namespace

std::optional<std::string_view> PartAnswer::header(std::string_view name) const {
    return find_header(headers, name);
}

std::optional<std::string> boundary_of(std::string_view content_type) {
    constexpr std::string_view wanted = "multipart/";
    content_type = trimmed(content_type);
    if (!equal_without_case(content_type.substr(0, wanted.size()), wanted)) return std::nullopt;
    while (true) {
        const auto semicolon = content_type.find(';');
        if (semicolon == std::string_view::npos) return std::nullopt;
        content_type.remove_prefix(semicolon + 1);
        const auto equals = content_type.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        if (!equal_without_case(trimmed(content_type.substr(0, equals)), "boundary")) continue;
        std::string_view value = content_type.substr(equals + 1);
        const bool is_quoted = trimmed(value).starts_with('"');
        if (is_quoted) value.remove_prefix(value.find('"') + 1);
        const auto end = value.find(is_quoted ? '"' : ';');
        if (is_quoted && end == std::string_view::npos) return std::nullopt;
        value = trimmed(value.substr(0, end));
        if (value.empty() || value.size() > boundary_bytes_max) return std::nullopt;
        return std::string{value};
    }
}

Result<BatchAnswer> read_batch_answer(std::string_view body, std::string_view boundary,
                                      std::size_t parts_max) {
    const std::string mark = fmt::format("--{}", boundary);
    auto delimiter = find_delimiter(body, mark, 0);
    if (!delimiter) return corrupt("it has no part");
    BatchAnswer answer;
    while (!delimiter->is_closing) {
        const auto next = find_delimiter(body, mark, delimiter->end);
        // What no delimiter follows was cut off: how much of it is missing can't be known.
        if (!next) return answer;
        if (answer.parts.size() == parts_max) return corrupt("it has more parts than operations were sent");
        answer.parts.push_back(TRY(read_part(body.substr(delimiter->end, next->begin - delimiter->end))));
        delimiter = next;
    }
    answer.is_whole = true;
    return answer;
}

}  // namespace koppla::odata
