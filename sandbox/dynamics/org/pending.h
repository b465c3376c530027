#pragma once

#include "db/database.h"
#include "sandbox/dynamics/org/catalog.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// Changes that were made and stamped but can't be seen yet. They lie in the state until they are due; those
/// of one row are applied in the order they were made. Over a transaction that the caller commits.
class Pending {
  public:
    enum class Kind : std::uint8_t { insert, update, erase };

    Pending(db::Transaction& transaction, const Catalog& catalog)
        : transaction_{transaction}, catalog_{catalog} {}

    /// What waits for a row: when the last of it is due, and what it will have changed.
    struct Waiting {
        std::int64_t due_ms = 0;
        bool is_inserted = false;
        bool is_erased = false;
        Values values{};
    };
    Result<std::optional<Waiting>> waiting(std::string_view id);
    /// The row of which these values, in all, are waiting.
    Result<std::optional<std::string>> holder(const Table& table, const Values& values);

    Result<void> add(Kind kind, const Table& table, std::string_view id, const Values& values,
                     std::int64_t version, std::int64_t now_ms, std::int64_t due_ms);
    Result<std::int64_t> count();
    Result<std::optional<std::int64_t>> oldest_version();
    Result<std::optional<std::int64_t>> next_due_ms();

    struct Due {
        const Table* table = nullptr;
        std::string id;
        Kind kind = Kind::insert;
        std::int64_t version = 0;
        std::int64_t time_ms = 0;
        Values values;
    };
    /// Takes everything that is due by then, in order.
    Result<std::vector<Due>> take(std::int64_t until_ms);

  private:
    db::Transaction& transaction_;
    const Catalog& catalog_;
};

}  // namespace koppla::sandbox::dynamics
