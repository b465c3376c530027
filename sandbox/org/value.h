#pragma once

#include "base/clock.h"
#include "sandbox/org/object.h"
#include "sandbox/value.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// A value as a write sends it, checked and brought into form as the vendor does: booleans as 0 and 1, dates
/// and datetimes as canonical text ("2026-11-01", "2026-11-01T10:00:00.000Z"), so that text order is time
/// order; text trimmed and empty
/// text made null, excess decimals cut, datetimes cut to seconds, ids made 18 characters, picklists checked.
/// The error's `symbol` is the row error's status code.
Result<Value> value_from_json(const Field& field, const nlohmann::json& json);

/// The same for a cell of the bulk dialect, as the org wrote it: an empty cell is null; what breaks the type
/// or the length is an error, nothing is cut.
Result<Value> value_from_csv(const Field& field, std::string_view cell);

/// Of a picklist's text: itself, or the parts of a multi-select one, each once. They view `text`.
std::vector<std::string_view> chosen_values(const Field& field, std::string_view text);
/// What is said of a value that a restricted picklist doesn't have, or not for the record's type.
Error bad_picklist(const Field& field, std::string_view value);

/// "2026-11-01T10:00:00.000Z" of ISO 8601 text with a zone, or of a bare date (midnight); whole seconds.
std::optional<std::string> canonical_datetime(std::string_view text);
/// "2026-11-01", if it is a day of the calendar between 1700 and 4000.
std::optional<std::string> canonical_date(std::string_view text);
/// "13:00:00.000Z" of a time of day.
std::optional<std::string> canonical_time(std::string_view text);
/// Now, in whole seconds, as the vendor stamps.
std::string stamp(const Clock& clock);

}  // namespace koppla::sandbox
