#pragma once

#include "base/result.h"
#include "db/database.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/org/writing.h"
#include "sandbox/dynamics/resource.h"

#include <string>
#include <string_view>

namespace koppla::sandbox::dynamics {

/// The row that "contacts(…)" names: by GUID, or by an alternate key whose index is active. 0x80060890 for
/// attributes that are no key together.
Result<RowKey> row_key(const Table& table, const Segment& segment);

/// The id of that row; 0x80040217 or 0x80060891 where there is none.
Result<std::string> find_row(db::Transaction& transaction, const Table& table, const RowKey& key);

/// A row that a link names: "/contacts(…)", "contacts(…)" or an absolute address.
struct Target {
    const Table* table = nullptr;
    RowKey key;
};
Result<Target> read_target(const Catalog& catalog, std::string_view address);

}  // namespace koppla::sandbox::dynamics
