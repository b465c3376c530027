#pragma once

#include "base/result.h"
#include "http/message.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla::http {

/// Whether a pattern covers a URL's host: "host", "host:port" or "*.suffix" (any depth below it, not the
/// suffix itself), optionally with a port; without one, any port.
bool covers(std::string_view pattern, const Url& url);

/// The request, if it may be sent at all: an absolute https URL on an allowed host, and nothing in method,
/// URL or headers that would become another line of the message. Everything else is `invalid`.
Result<Url> check_request(const Request& request, const std::vector<std::string>& allowed_hosts);

/// "GET https://host/path" for messages: no query, which may hold what isn't for a log.
std::string describe(const Request& request);

}  // namespace koppla::http
