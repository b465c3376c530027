#pragma once

#include "base/result.h"
#include "sandbox/route.h"
#include "sandbox/web/answer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// The shapes in which the API answers. [Salesforce: REST API, Status Codes and Error Responses]

/// [{"message":…,"errorCode":…,"fields":[…]}]; `fields` only where there are some.
Answer api_error(int status, std::string_view code, std::string_view message,
                 const std::vector<std::string>& fields = {});
Answer not_found();

/// A JSON object from outside: nesting and size are bounded. `invalid` with the JSON_PARSER_ERROR's text.
Result<nlohmann::json> parse_object(std::string_view text);
/// The answer for a body that `parse_object` refused.
Answer body_error(const Error& error);
/// The answer for an error of the org: its symbol is the errorCode, its kind tells the status.
Answer org_error(const Error& error);

/// "2026-11-01T10:00:00.000+0000"
std::string wire_instant(std::int64_t unix_milliseconds);

}  // namespace koppla::sandbox
