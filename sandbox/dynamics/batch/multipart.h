#pragma once

#include "http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// One part of a multipart body.
struct Part {
    http::Headers headers{};
    std::string_view content;
};

/// The parts between the boundary's delimiter lines. Line ends may be CRLF or LF; what comes before the first
/// delimiter and behind the closing one is passed over, and the closing one may be missing. Nothing where
/// there is no delimiter at all. [RFC 2046, 5.1.1]
std::optional<std::vector<Part>> read_multipart(std::string_view body, std::string_view boundary);

/// The boundary of "multipart/mixed; boundary=…", quoted or not; empty for another type.
std::string boundary_of(const http::Headers& headers);

/// A request as application/http carries it; nothing where its first line is none. The target stays as it is.
std::optional<http::Request> read_request(std::string_view text);

/// "HTTP/1.1 204 No Content" with headers and body.
std::string print_response(const http::Response& response, std::string_view tail);

}  // namespace koppla::sandbox::dynamics
