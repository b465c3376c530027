#pragma once

#include "db/database.h"
#include "model/schema.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace koppla {

/// How staged rows tell that a record was deleted.
enum class Removals {
    rows,        ///< as any change: the whole record, its removal flag set
    tombstones,  ///< by key and removal flag alone; order is the feed's, whatever the stamps say
};

/// The columns of an import: its own selection of an object's fields, key among them.
struct MergeTarget {
    const model::ObjectSchema& schema;
    std::vector<const model::FieldSchema*> fields;
    bool adds_rows = true;  ///< false: only rows that the table has are brought up to date
    Removals removals = Removals::rows;
};

std::vector<db::LoaderColumn> loader_columns(const MergeTarget& target);

struct MergeCounts {
    std::int64_t added = 0;
    std::int64_t changed = 0;
    std::int64_t unchanged = 0;  ///< read, but the table had them: that version already, or a newer one
    bool operator==(const MergeCounts&) const = default;
};

/// Brings staged rows into the object's table. Joins first and writes only what is new or differs: a row that
/// is already so is neither locked nor rewritten, and a version older than the table's has no effect. Of a
/// key that was staged twice the newest version counts; a tombstone marks the row that the table has.
Result<MergeCounts> merge(db::Transaction& transaction, const db::Dialect& dialect, const MergeTarget& target,
                          std::string_view staging);

/// Marks the rows that staging, which holds all that the CRM has, doesn't hold, but for the keys in `spared`;
/// how many.
Result<std::int64_t> mark_missing(db::Transaction& transaction, const db::Dialect& dialect,
                                  const MergeTarget& target, std::string_view staging,
                                  std::span<const std::string> spared);

/// The same into the object's empty table, faster: it is filled bare and its indexes are made afterwards.
Result<MergeCounts> fill(db::Transaction& transaction, const db::Dialect& dialect, const MergeTarget& target,
                         std::string_view staging);

}  // namespace koppla
