#pragma once

#include "base/result.h"
#include "sandbox/soql/selection.h"
#include "sandbox/web/json.h"

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// The CSV of a bulk job. [Salesforce: Bulk API 2.0, Create a Job]
struct BulkFormat {
    char delimiter = ',';
    LineEnding line_ending = LineEnding::lf;
};

/// contentType, lineEnding and columnDelimiter of a job's description.
Result<BulkFormat> read_format(const nlohmann::json& body);
std::string_view delimiter_name(char delimiter);
std::string_view ending_name(LineEnding ending);

/// A text of a job's description; null and nothing are `fallback`.
Result<std::string> text_member(const nlohmann::json& body, const char* name, std::string_view fallback);
Error bad_value(const char* name, std::string_view value);

}  // namespace koppla::sandbox
