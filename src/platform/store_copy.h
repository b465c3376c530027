#pragma once

#include "platform/store.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// A table of records as it was copied.
struct CopiedTable {
    std::string table;
    std::int64_t rows = 0;
};

/// Makes a store at `location` that holds all that `from` does, whichever databases they lie in: accounts
/// with their secrets, positions, schemas, runs, and every table of records with its indexes and labels.
/// Sessions stay behind: an account logs in again. What was written is read again and held against what was
/// read; all of it is one transaction. Tables and columns that somebody else made are not copied. `conflict`
/// where something is at the place already.
Result<std::vector<CopiedTable>> copy_store(
    const Store& from, std::string_view location, CopiedKey key, const Call& call,
    const StoreEnvironment& environment = StoreEnvironment::current());

}  // namespace koppla
