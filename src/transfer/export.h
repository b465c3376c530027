#pragma once

#include "crm/writing.h"
#include "transfer/export_definition.h"
#include "transfer/observer.h"
#include "transfer/site.h"
#include "transfer/text_rows.h"
#include "transfer/write_journal.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koppla {

/// What to write to one object of the CRM.
struct ExportOptions {
    std::string object;
    std::string query;                  ///< over the store; its columns are mapped by name
    std::vector<std::string> mappings;  ///< as parse_mapping reads them
    /// Nothing: with a key given or the object's own key mapped, update or upsert by it; else insert.
    std::optional<WriteOperation> operation{};
    std::string key{};  ///< the field by which records are found; empty: the object's own, where it is mapped
    std::string row_name{};  ///< a column of the query by whose value results name a row
    WritePath path = WritePath::automatic;
    Duplicates duplicates = Duplicates::refuse;
    std::string assignment_rule{};
};

/// Every run ends in one of these, or with an error before anything was sent.
enum class ExportOutcome {
    complete,    ///< what became of every row is known, or it is listed as undecided
    interrupted  ///< what isn't settled is kept: `resume_export` goes on there
};

struct ExportReport {
    std::int64_t run = 0;
    std::string object;
    WriteOperation operation = WriteOperation::update;
    ExportOutcome outcome = ExportOutcome::complete;
    std::int64_t rows = 0;  ///< that the query gave
    WriteCounts written;    ///< refused ones: by the CRM, and those that couldn't be sent
    std::int64_t charged_calls = 0;
    double seconds = 0;
    std::string why;  ///< how it was written, for what reason
    std::optional<Error> interruption{};
    std::vector<std::string> notices;
};

/// Freezes the rows of a query in the store, then sends them: what is to be sent is durable before the first
/// row leaves, and what became of a row before the next is told. Refused rows are kept with the run.
/// `conflict` where an earlier export of the object isn't finished.
Result<ExportReport> export_rows(const TransferSite& site, const ExportOptions& options,
                                 TransferObserver& observer, const Call& call);

/// Goes on with a run that was killed, cut off or stopped: sends only what isn't settled, and asks first
/// what became of that which was on its way. `conflict` where the run is over, or goes on elsewhere.
Result<ExportReport> resume_export(const TransferSite& site, std::int64_t run, TransferObserver& observer,
                                   const Call& call);

/// Sends rows again as an earlier run was to: those that it refused, or what a person made of them. A new
/// run. `conflict` where that was done already, unless it is to be done `again`. The rows are as they were to
/// be sent: nothing is converted twice.
Result<ExportReport> replay_export(const TransferSite& site, std::int64_t run,
                                   const std::optional<TextTable>& mended, bool again,
                                   TransferObserver& observer, const Call& call);

/// The refused rows of a run with what was said of each: error_symbol, error_message, error_fields and
/// error_record_id, then the row's own columns; of an import, `record`, as it arrived.
Result<TextTable> rejects_of(db::Database& database, std::int64_t run, const Call& call);

/// Drops what is left to send of a run, and its results.
Result<void> forget_export(db::Database& database, const Clock& clock, std::int64_t run, const Call& call);

}  // namespace koppla
