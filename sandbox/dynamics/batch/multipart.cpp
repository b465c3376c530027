#include "sandbox/dynamics/batch/multipart.h"

#include "base/ascii.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

/// The next line without its end; `rest` begins behind it.
std::string_view take_line(std::string_view& rest) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Header lines up to the blank one, or to the end: the parts of some clients end with their headers.
http::Headers take_headers(std::string_view& rest) {
    http::Headers headers;
    while (!rest.empty()) {
        const auto line = take_line(rest);
        if (line.empty()) break;
        const auto colon = line.find(':');
        if (colon != std::string_view::npos)
            headers.add(std::string{trimmed(line.substr(0, colon))},
                        std::string{trimmed(line.substr(colon + 1))});
    }
    return headers;
}

enum class Line { other, delimiter, closing };

Line kind_of(std::string_view line, std::string_view boundary) {
    if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) return Line::other;
    const auto rest = trimmed(line.substr(2 + boundary.size()));
    if (rest.empty()) return Line::delimiter;
    return rest == "--" ? Line::closing : Line::other;
}

/// The line end before a delimiter belongs to the delimiter.
std::string_view without_line_end(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

Part part_of(std::string_view text) {
    Part part;
    part.headers = take_headers(text);
    part.content = text;
    return part;
}

constexpr std::array reasons{std::pair{200, "OK"},
                             std::pair{201, "Created"},
                             std::pair{204, "No Content"},
                             std::pair{206, "Partial Content"},
                             std::pair{304, "Not Modified"},
                             std::pair{400, "Bad Request"},
                             std::pair{401, "Unauthorized"},
                             std::pair{403, "Forbidden"},
                             std::pair{404, "Not Found"},
                             std::pair{405, "Method Not Allowed"},
                             std::pair{412, "Precondition Failed"},
                             std::pair{413, "Payload Too Large"},
                             std::pair{429, "Too Many Requests"},
                             std::pair{500, "Internal Server Error"},
                             std::pair{501, "Not Implemented"},
                             std::pair{503, "Service Unavailable"}};

std::string_view reason_of(int status) {
    for (const auto& [code, reason] : reasons)
        if (code == status) return reason;
    return "Error";
}

}  // namespace

std::optional<std::vector<Part>> read_multipart(std::string_view body, std::string_view boundary) {
    std::vector<Part> parts;
    std::optional<std::size_t> begin;
    auto rest = body;
    while (!rest.empty()) {
        const auto at = body.size() - rest.size();
        const auto kind = kind_of(take_line(rest), boundary);
        if (kind == Line::other) continue;
        if (begin) parts.push_back(part_of(without_line_end(body.substr(*begin, at - *begin))));
        if (kind == Line::closing) return parts;
        begin = body.size() - rest.size();
    }
    if (!begin) return std::nullopt;
    if (!trimmed(body.substr(*begin)).empty()) parts.push_back(part_of(body.substr(*begin)));
    return parts;
}

std::string boundary_of(const http::Headers& headers) {
    const std::string type{headers.find("Content-Type").value_or("")};
    if (!lower(type).starts_with("multipart/mixed")) return {};
    const auto begin = lower(type).find("boundary=");
    if (begin == std::string::npos) return {};
    auto boundary = std::string_view{type}.substr(begin + 9);
    if (boundary.starts_with('"')) return std::string{boundary.substr(1, boundary.substr(1).find('"'))};
    return std::string{trimmed(boundary.substr(0, boundary.find(';')))};
}

std::optional<http::Request> read_request(std::string_view text) {
    // Some clients leave more than one blank line before it.
    std::string_view line;
    while (line.empty() && !text.empty()) line = take_line(text);
    const auto first = line.find(' ');
    auto last = line.rfind(' ');
    if (first == std::string_view::npos) return std::nullopt;
    if (last == first || !line.substr(last + 1).starts_with("HTTP/")) last = line.size();
    http::Request request{.method = std::string{line.substr(0, first)},
                          .target = std::string{trimmed(line.substr(first + 1, last - first - 1))}};
    if (request.method.empty() || request.target.empty()) return std::nullopt;
    request.headers = take_headers(text);
    request.body = text;
    return request;
}

std::string print_response(const http::Response& response, std::string_view tail) {
    auto text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
    for (const auto& [name, value] : response.headers) text += fmt::format("{}: {}\r\n", name, value);
    if (!response.headers.find("OData-Version")) text += "OData-Version: 4.0\r\n";
    text += "\r\n";
    text += response.body;
    text += tail;
    return text;
}

}  // namespace koppla::sandbox::dynamics
