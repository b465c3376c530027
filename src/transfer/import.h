#pragma once

#include "base/clock.h"
#include "crm/connector.h"
#include "db/database.h"
#include "transfer/merge.h"
#include "transfer/observer.h"
#include "transfer/site.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla {

enum class ImportExtent {
    changes,
    everything,
    derived,  ///< of every record that the table has, what the CRM calculates and doesn't stamp
};
/// What happens where the stored position was reached by another question (fields, filter, index field).
enum class OtherQuestion { refuse, accept };

/// What to import of one object.
struct ImportOptions {
    std::string object;
    std::vector<std::string> fields{};  ///< internal names; empty: all that the schema has
    std::optional<model::Filter> filter{};
    std::string crm_filter{};  ///< the same in the CRM's own words; where both are given, both have to hold
    std::vector<std::pair<std::string, model::Treatment>> conversions{};  ///< by field; others: standard
    std::string index_field{};  ///< which tells changes; empty: the schema's own
    /// Just these records, by their identifiers, whatever changed when; the position stays.
    std::optional<std::vector<std::string>> ids{};
    std::string order_by{};
    std::optional<std::int64_t> row_limit{};
    ImportExtent extent = ImportExtent::changes;
    OtherQuestion other_question = OtherQuestion::refuse;
    ReadPath path = ReadPath::automatic;
    std::chrono::milliseconds safety_lag{std::chrono::minutes{10}};
};

/// Every run ends in one of these, or with an error; never quietly short.
enum class ImportOutcome {
    complete,     ///< all that the CRM counted was read; the position moved
    incomplete,   ///< what was read is stored, but the position stayed: the next run reads it again
    interrupted,  ///< nothing is visible yet, but what was read is kept: the next run goes on from there
};

struct ImportReport {
    std::int64_t run = 0;
    std::string object;
    std::string table;
    ImportOutcome outcome = ImportOutcome::complete;
    std::int64_t read = 0;
    MergeCounts written;
    std::int64_t rejected = 0;
    std::optional<std::int64_t> expected{};  ///< by the CRM's own count
    std::int64_t charged_calls = 0;
    double seconds = 0;
    std::optional<Instant> from{};      ///< included; nothing: from the beginning
    std::optional<Instant> position{};  ///< stored; nothing: the position didn't move
    std::string why;                    ///< how it was read, for what reason
    std::optional<Error> interruption{};
    std::vector<std::string> notices;
};

/// Imports one object of a recorded schema. Rows, position and the run's end are one transaction: an error, a
/// stop or a crash leaves the tables as they were. What had been read until then is kept beside the store
/// with how far it reaches, and the next import that asks the same goes on from there.
Result<ImportReport> import_object(const TransferSite& site, const ImportOptions& options,
                                   TransferObserver& observer, const Call& call);

}  // namespace koppla
