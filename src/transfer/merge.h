#pragma once

#include "db/database.h"
#include "model/schema.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace koppla {

/// The columns of an import: its own selection of an object's fields, key among them.
struct MergeTarget {
    const model::ObjectSchema& schema;
    std::vector<const model::FieldSchema*> fields;
    bool adds_rows = true;  ///< false: only rows that the table has are brought up to date
};

std::vector<db::LoaderColumn> loader_columns(const MergeTarget& target);

struct MergeCounts {
    std::int64_t added = 0;
    std::int64_t changed = 0;
    std::int64_t unchanged = 0;  ///< read, but the table had them: that version already, or a newer one
};

/// Brings staged rows into the object's table. Joins first and writes only what is new or differs: a row that
/// is already so is neither locked nor rewritten, and a version older than the table's has no effect. Of a
/// key that was staged twice the newest version counts.
Result<MergeCounts> merge(db::Transaction& transaction, const db::Dialect& dialect, const MergeTarget& target,
                          std::string_view staging);

/// The same into the object's empty table, faster: it is filled bare and its indexes are made afterwards.
Result<MergeCounts> fill(db::Transaction& transaction, const db::Dialect& dialect, const MergeTarget& target,
                         std::string_view staging);

}  // namespace koppla
