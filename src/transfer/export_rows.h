#pragma once

#include "transfer/export.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// An export that is made ready: nothing is stored yet.
struct PreparedExport {
    model::ObjectSchema schema;
    ExportDefinition definition;
    std::vector<std::string> notices;
};

/// Reads schema and mappings, and decides on operation and key. `invalid` names the mapping or the option.
Result<PreparedExport> prepare_export(const TransferSite& site, const ExportOptions& options,
                                      const Call& call);

/// What came of the rows of a query on their way into the run's table.
struct FrozenRows {
    std::int64_t rows = 0;              ///< that the query gave
    std::int64_t refused = 0;           ///< that can't be sent; kept as the run's rejects
    std::vector<std::string> refusals;  ///< the first ones' reasons
    std::vector<std::string> notices;
};

/// The query's rows, those of one parent together: writes to them lock it.
Result<std::unique_ptr<db::Cursor>> open_rows(const TransferSite& site, db::Transaction& reading,
                                              const PreparedExport& prepared, std::string_view query);

/// Copies rows into the table of the run, brought into the form of their fields. A key that is empty or there
/// twice refuses its rows; what is refused is kept as the run's rejects.
Result<FrozenRows> freeze_rows(const TransferSite& site, db::Transaction& into, std::int64_t run,
                               const PreparedExport& prepared, db::Cursor& rows, const Call& call);

}  // namespace koppla
