#pragma once

#include "app/program.h"
#include "transfer/export.h"
#include "transfer/site.h"

#include <functional>
#include <string>

namespace koppla {

/// Runs an export with a progress line, and tells how it ended: as a table, or as JSON.
Result<Exit> report_export(const Program& program, const TransferSite& site, const std::string& title,
                           const std::function<Result<ExportReport>(TransferObserver&)>& work);

}  // namespace koppla
