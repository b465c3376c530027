#pragma once

#include "db/database.h"
#include "sandbox/org/catalog.h"
#include "sandbox/org/content/generator.h"
#include "sandbox/org/value.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace koppla::sandbox {

/// What the sandbox changes by itself: which rows, and to what, both by chance and the same for the same
/// seed.
class Invention {
  public:
    static Result<std::unique_ptr<Invention>> make(db::Transaction& transaction, const Catalog& catalog,
                                                   const Object& object, std::uint64_t seed);

    /// Live rows that no late deletion waits for, as many as asked or all there are.
    Result<std::vector<std::string>> ids(std::size_t count);
    /// All the fields that a create may set.
    Result<Values> fresh();
    /// A few plain fields that an update may set; never links or keys.
    Result<Values> edited();

  private:
    Invention(db::Transaction& transaction, const Catalog& catalog, const Object& object, std::uint64_t seed)
        : transaction_{transaction}, catalog_{catalog}, object_{object}, chance_{mixed(seed)} {}
    Result<void> prepare();
    std::uint64_t next_row();

    db::Transaction& transaction_;
    const Catalog& catalog_;
    const Object& object_;
    std::uint64_t chance_;
    std::uint64_t row_ = 0;
    std::unique_ptr<Generator> generator_;
};

}  // namespace koppla::sandbox
