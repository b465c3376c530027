#include "sandbox/salesforce/ingest/one_shot.h"

#include "sandbox/route.h"
#include "sandbox/value.h"

#include <optional>
#include <utility>

namespace koppla::sandbox {
namespace {

constexpr std::size_t characters_max = 100'000;
constexpr std::size_t parts_max = 10;

Error malformed(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "INVALIDJOB");
}

std::string_view content_type(const http::Request& request) {
    return request.headers.find("Content-Type").value_or(std::string_view{});
}

/// The value of `name=…` among a header's parameters, quoted or not.
std::string_view parameter_of(std::string_view header, std::string_view name) {
    while (true) {
        const auto semicolon = header.find(';');
        if (semicolon == std::string_view::npos) return {};
        header.remove_prefix(semicolon + 1);
        while (header.starts_with(' ')) header.remove_prefix(1);
        const auto equals = header.find('=');
        if (equals == std::string_view::npos) return {};
        if (!equal_words(header.substr(0, equals), name)) continue;
        auto value = header.substr(equals + 1);
        if (!value.starts_with('"')) return value.substr(0, value.find_first_of("; \r\n"));
        value.remove_prefix(1);
        return value.substr(0, value.find('"'));
    }
}

/// The next line without its end, taken off the text.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

struct Part {
    std::string_view name;
    std::string_view content;
};

/// A part's headers end at an empty line.
Part read_part(std::string_view text) {
    Part part;
    while (!text.empty()) {
        const auto line = take_line(text);
        if (line.empty()) break;
        const auto colon = line.find(':');
        if (equal_words(line.substr(0, colon), "Content-Disposition")) part.name = parameter_of(line, "name");
    }
    part.content = text;
    return part;
}

}  // namespace

bool is_one_shot(const http::Request& request) {
    const auto type = content_type(request);
    return equal_words(type.substr(0, type.find(';')), "multipart/form-data");
}

Result<OneShot> read_one_shot(const http::Request& request) {
    const auto boundary = parameter_of(content_type(request), "boundary");
    if (boundary.empty()) return malformed("The Content-Type names no boundary");
    std::string_view body{request.body};
    if (body.size() > characters_max && character_count(body) > characters_max)
        return malformed("A job with its data in one request can have at most 100,000 characters");
    const auto delimiter = "--" + std::string{boundary};
    std::optional<std::string_view> job;
    std::optional<std::string_view> content;
    auto at = body.find(delimiter);
    for (std::size_t i = 0; i < parts_max && at != std::string_view::npos; ++i) {
        body.remove_prefix(at + delimiter.size());
        if (body.starts_with("--")) break;
        take_line(body);
        at = body.find("\n" + delimiter);
        auto text = body.substr(0, at);
        if (text.ends_with('\r')) text.remove_suffix(1);
        const auto part = read_part(text);
        if (part.name == "job") job = part.content;
        if (part.name == "content") content = part.content;
        if (at != std::string_view::npos) ++at;
    }
    if (!job || !content) return malformed("The request needs the parts 'job' and 'content'");
    return OneShot{.job = *job, .content = *content};
}

}  // namespace koppla::sandbox
