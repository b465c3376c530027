#pragma once

#include "db/database.h"
#include "sandbox/odata/rows/plan.h"

#include <string>
#include <string_view>

namespace koppla::sandbox::odata {

/// Appends a value as a person of the United States, in UTC, reads it, as a JSON text; the step's column
/// isn't null. False: it has no such form.
bool append_formatted(std::string& out, const Step& step, const db::Cursor& row);

}  // namespace koppla::sandbox::odata
