#pragma once

#include "base/result.h"
#include "db/database.h"
#include "sandbox/dynamics/ask.h"

#include <cstdint>
#include <string>

namespace koppla::sandbox::dynamics {

/// One row as a single answer: {"@odata.context":…,"@odata.etag":…, and its properties.
struct RowText {
    std::string json;
    std::int64_t version = 0;
};
/// With the $select and $expand of the request. 0x80040217 where there is no such row.
Result<RowText> read_row(db::Transaction& transaction, const Ask& ask, const Table& table,
                         const std::string& id);

/// W/"123"
std::string etag(std::int64_t version);

}  // namespace koppla::sandbox::dynamics
