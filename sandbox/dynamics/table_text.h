#pragma once

#include "base/result.h"
#include "db/database.h"
#include "sandbox/dynamics/org/table.h"

#include <string>
#include <string_view>

namespace koppla::sandbox::dynamics {

/// All rows of a table as CSV, every cell quoted, nulls empty: a column for each stored attribute by its
/// logical name, or for those of `fields` ("contactid,lastname"), in the Web API's text. Ordered by id.
Result<std::string> table_csv(db::Transaction& transaction, const Table& table, std::string_view fields);

}  // namespace koppla::sandbox::dynamics
