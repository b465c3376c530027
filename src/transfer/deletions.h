#pragma once

#include "base/clock.h"
#include "transfer/observer.h"
#include "transfer/site.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koppla {

/// How deletions are found.
enum class DeletionSource {
    log,   ///< the CRM's own record of a period
    sweep  ///< comparing identifiers: what the table has and the CRM hasn't
};

struct DeletionOptions {
    std::string object;
    DeletionSource source = DeletionSource::log;
    std::optional<Instant> from{};   ///< included; nothing: where the last import of deletions ended
    std::optional<Instant> until{};  ///< included; nothing: now
    std::chrono::hours kept{};       ///< so long the CRM's log reaches back
    /// A sweep that would mark a greater share of the table's rows stops: it is more often a lost permission.
    double share_max = 0.05;
};

struct DeletionReport {
    std::int64_t run = 0;
    std::string object, table;
    std::int64_t found = 0;   ///< deletions that the CRM told of, or that the comparison showed
    std::int64_t marked = 0;  ///< rows of the table that were live until now
    std::int64_t merged = 0;  ///< of those found, merged into another record
    std::optional<Instant> from{}, until{};  ///< crm.start_date and crm.end_date; none for a sweep
    std::int64_t charged_calls = 0;
    double seconds = 0;
    std::vector<std::string> notices;
};

/// Imports which records were deleted in the CRM: marks the table's rows by their removal flag, and keeps
/// identifier, time and surviving record in koppla_deletion. Marks, list, position and the run's end are one
/// transaction. `expired` where the period lies beyond what the CRM keeps, with its limit; `conflict` where
/// a sweep would mark more than its share.
Result<DeletionReport> import_deletions(const TransferSite& site, const DeletionOptions& options,
                                        TransferObserver& observer, const Call& call);

}  // namespace koppla
