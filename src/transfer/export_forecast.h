#pragma once

#include "transfer/export.h"

#include <cstdint>
#include <string>
#include <vector>

namespace koppla {

/// One row of a forecast: what it would change.
struct ForecastChange {
    std::string key, field, from, to;
    bool operator==(const ForecastChange&) const = default;
};

/// What an export would do, without a row sent.
struct ExportForecast {
    std::string object;
    WriteOperation operation = WriteOperation::update;
    std::string key;
    std::vector<std::string> fields;
    std::int64_t rows = 0;
    std::int64_t refused = 0;           ///< of them, that can't be sent
    std::vector<std::string> refusals;  ///< the first ones' reasons
    std::int64_t charged_calls = 0;     ///< about
    std::string why;
    std::int64_t sampled = 0;             ///< rows that were looked up in the CRM
    std::int64_t missing = 0;             ///< of the sample, those that the CRM doesn't have
    std::vector<ForecastChange> changes;  ///< of the sample
    std::vector<std::string> notices;
};

/// What `export_rows` would do. Nothing is stored or sent; some rows are looked up in the CRM.
Result<ExportForecast> forecast_export(const TransferSite& site, const ExportOptions& options,
                                       const Call& call);

}  // namespace koppla
