#pragma once

#include "sandbox/org/org.h"
#include "sandbox/salesforce/ingest/csv.h"
#include "sandbox/salesforce/ingest/ingest_job.h"

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// What one column of an upload sets: a field, or the parent that has a key.
struct Column {
    const Field* field = nullptr;  ///< the field, or the reference
    std::string key{};             ///< of the parent, where the column names it by one
    std::string parent_type{};     ///< where the reference can point to several objects
};

/// The header row of an upload, understood.
struct Columns {
    std::vector<Column> list{};
    std::size_t key = 0;  ///< the column that tells the row; not of an insert

    /// The values that a row sets, as a record in JSON: an empty cell sets nothing, #N/A null.
    [[nodiscard]] nlohmann::json record(const CsvRow& row, IngestOperation operation) const;
};

/// An error fails the job; its message is the job's.
Result<Columns> read_columns(const Org& org, const Object& object, const IngestJob& job,
                             const CsvRow& header);

}  // namespace koppla::sandbox
