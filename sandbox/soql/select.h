#pragma once

#include "base/clock.h"
#include "db/database.h"
#include "sandbox/org/catalog.h"
#include "sandbox/soql/selection.h"
#include "sandbox/soql/syntax/ast.h"

#include <memory>
#include <string_view>

namespace koppla::sandbox::soql {

/// What a query is run against; all of it must outlive what comes back.
struct Source {
    db::Database& database;
    const Catalog& catalog;
    Instant now;  ///< what date literals are relative to
};

Result<std::unique_ptr<Selection>> select(const Source& source, std::string_view soql,
                                          const SelectOptions& options);

/// The same for a query that was not written but built; names of it may be anything.
Result<std::unique_ptr<Selection>> select(const Source& source, const Query& query,
                                          const SelectOptions& options);

/// Refuses what Bulk API 2.0 refuses: aggregates and compound fields. [Salesforce: Bulk API 2.0, Create a
/// Query Job]
Result<std::unique_ptr<Export>> export_csv(const Source& source, std::string_view soql,
                                           const ExportOptions& options);

}  // namespace koppla::sandbox::soql
