#pragma once

#include "db/database.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/org/content/generator.h"
#include "sandbox/dynamics/org/org.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace koppla::sandbox::dynamics {

/// What the sandbox changes by itself: which rows, and to what, both by chance and the same for the same
/// chance.
class Invention {
  public:
    static Result<std::unique_ptr<Invention>> make(db::Transaction& transaction, const Catalog& catalog,
                                                   const Table& table, const Identity& identity,
                                                   std::uint64_t chance);

    /// Rows that no late deletion waits for, as many as asked or all there are.
    Result<std::vector<std::string>> ids(std::size_t count);
    /// All the columns that a create may set.
    Result<Values> fresh();
    /// A few plain columns that an update may set; never links or keys.
    Result<Values> edited();

  private:
    Invention(db::Transaction& transaction, const Catalog& catalog, const Table& table, std::uint64_t chance)
        : transaction_{transaction}, catalog_{catalog}, table_{table}, chance_{mixed(chance)} {}
    Result<void> prepare(const Identity& identity);

    db::Transaction& transaction_;
    const Catalog& catalog_;
    const Table& table_;
    Chance chance_;
    std::uint64_t row_ = 0;
    std::unique_ptr<Generator> generator_;
};

}  // namespace koppla::sandbox::dynamics
