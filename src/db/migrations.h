#pragma once

#include "db/database.h"

#include <span>
#include <string_view>

namespace koppla::db {

/// One numbered step of a store's structure: statements of SQL, applied once and never changed afterwards. In
/// them {numbered_key} and {bytes} stand for the dialect's words.
struct Migration {
    int number = 0;
    std::string_view name;
    std::string_view sql;
};

/// Applies all of them within a transaction of the caller's, in a database where none was applied yet.
Result<void> begin_structure(Transaction& transaction, const Dialect& dialect,
                             std::span<const Migration> migrations);

/// Applies those that `koppla_migration` doesn't list, in order, each in a transaction of its own; answers
/// how many. Two programs may try at once. `unsupported` where the store lists one that this program doesn't
/// know.
Result<int> migrate(Database& database, std::span<const Migration> migrations, const Call& call);

}  // namespace koppla::db
