#pragma once

#include "db/database.h"
#include "sandbox/org/catalog.h"
#include "sandbox/org/state.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// Changes that were made and stamped but can't be seen yet. They lie in the state until they are due; those
/// of one record are applied in the order they were made. Over a transaction that the caller commits.
class Pending {
  public:
    enum class Kind { insert, update, erase };

    Pending(db::Transaction& transaction, const Catalog& catalog)
        : transaction_{transaction}, catalog_{catalog} {}

    /// What waits for a record: the time of the last change, whether it exists once they are applied, and
    /// what they set.
    struct Record {
        std::int64_t due_ms = 0;
        bool is_inserted = false;
        bool is_deleted = false;
        Values values{};
    };
    Result<std::optional<Record>> record(std::string_view id);
    /// The record that will have this value in a unique field.
    Result<std::optional<std::string>> holder(const Object& object, const Field& field,
                                              std::string_view value);

    Result<void> add(Kind kind, const Object& object, std::string_view id, const Values& values,
                     std::int64_t due_ms);
    Result<std::int64_t> count();
    /// The least SystemModstamp among an object's changes.
    Result<std::optional<std::string>> oldest_stamp(const Object& object);
    Result<std::optional<std::int64_t>> next_due_ms();
    /// Applies everything that is due by then.
    Result<void> apply(std::int64_t until_ms);

  private:
    /// Whether anything waits at all: most orgs never have late writes, and are asked for every row.
    Result<bool> is_empty();

    db::Transaction& transaction_;
    const Catalog& catalog_;
    std::optional<bool> is_empty_{};  ///< once it was asked for; `add` keeps it true
};

}  // namespace koppla::sandbox
