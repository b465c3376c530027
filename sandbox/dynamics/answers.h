#pragma once

#include "base/result.h"
#include "sandbox/route.h"
#include "sandbox/web/json.h"

#include <string>
#include <string_view>

namespace koppla::sandbox::dynamics {

/// The shapes in which the Web API answers. [Dataverse: Compose HTTP requests and handle errors]
Answer answer(int status, std::string json);
Answer answer(int status, const Json& json);
/// 204
Answer nothing();
/// {"error":{"code":"0x…","message":…}}
Answer failure(int status, std::string_view code, std::string_view message);
/// The answer for an error of the org or of a query: its symbol is the code, which tells the status.
Answer failure(const Error& error);
/// The status that goes with a code ("0x80040217" → 404).
int http_status(const Error& error);

/// "Resource not found for the segment 'x'."
Error no_segment(std::string_view segment);
/// "{entity} With Id = {guid} Does Not Exist"
Error no_row(std::string_view table, std::string_view id);
/// "A record with the specified key values does not exist in {x} entity"
Error no_row_by_key(std::string_view table);

}  // namespace koppla::sandbox::dynamics
