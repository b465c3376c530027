#pragma once

#include "base/guarded.h"
#include "crm/writing.h"
#include "db/database.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// Rows by their positions, both included.
struct Stretch {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t rows = 0;  ///< of it that aren't settled
    bool operator==(const Stretch&) const = default;
};

/// A stretch that was handed over under a name of the CRM's own; without one, where its rows can be written
/// only once and not be asked for.
struct NamedShipment {
    std::int64_t number = 0;
    Stretch rows;
    std::string reference;
    bool operator==(const NamedShipment&) const = default;
};

struct WriteCounts {
    std::int64_t created = 0;
    std::int64_t done = 0;  ///< others: changed or deleted
    std::int64_t refused = 0;
    std::int64_t postponed = 0;
    std::int64_t undecided = 0;
    bool operator==(const WriteCounts&) const = default;
    [[nodiscard]] std::int64_t settled() const { return created + done + refused + undecided; }
};

/// What one run sends, and what became of it: the run's own table of rows, its shipments and results. Every
/// function is a transaction of its own, so what was told is there after a crash. Thread-safe.
class WriteJournal {
  public:
    /// `columns` are the request's; a row has a cell for each.
    WriteJournal(db::Database& database, std::int64_t run, std::size_t columns);

    /// "koppla_rows_12".
    static std::string table_of(std::int64_t run);
    /// "c0", "c1" …
    static std::string column_of(std::size_t column);

    /// Goes on with what an earlier process left.
    Result<std::vector<NamedShipment>> open(const Call& call);
    /// Stretches of rows that aren't settled, in units whose rows share no parent with another unit's: one
    /// unit is for one lane. `parent` is the column that tells, by whose values the rows lie.
    Result<std::vector<std::vector<Stretch>>> units(const WritePlan& plan, std::optional<std::size_t> parent,
                                                    const Call& call);
    /// The halves of a stretch, by its rows that aren't settled.
    Result<std::vector<Stretch>> halves(const Stretch& stretch, const Call& call);

    std::int64_t next_number();
    Result<void> named(const NamedShipment& shipment, const Call& call);
    Result<void> over(std::int64_t shipment, const Call& call);
    /// `again` where some of the rows may have been told of: those that are settled stay so.
    enum class Telling { first, again };
    Result<void> settle(std::int64_t shipment, std::span<const WriteResult> results, Telling telling,
                        const Call& call);
    /// Of all rows of a stretch that aren't settled, nor put off by this shipment: nobody knows what became
    /// of them. How many they are.
    Result<std::int64_t> undecided(std::int64_t shipment, const Stretch& stretch, std::string_view message,
                                   const Call& call);
    /// What was put off too often is refused, for the reason that was given last.
    Result<void> give_up_postponed(const Call& call);
    Result<WriteCounts> counts(const Call& call);

    /// The rows of a shipment: those that are settled by no other one.
    [[nodiscard]] std::unique_ptr<RowSource> rows(const Stretch& stretch, std::int64_t shipment,
                                                  std::vector<bool> clears, const Call& call) const;

  private:
    /// Of a row `w`: that it has a result for good.
    [[nodiscard]] std::string is_settled() const;
    Result<void> load(db::Transaction& transaction, std::int64_t shipment,
                      std::span<const WriteResult> results);
    Result<void> replace(db::Transaction& transaction, std::int64_t shipment,
                         std::span<const WriteResult> results);

    db::Database& database_;
    const std::int64_t run_;
    const std::size_t columns_;
    const std::string table_;
    std::mutex mutex_;
    std::int64_t last_number_ = 0;
    bool has_postponed_ = false;  ///< results that others take the place of
};

}  // namespace koppla
