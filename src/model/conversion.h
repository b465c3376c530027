#pragma once

#include "base/result.h"
#include "model/batch.h"
#include "model/type.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace koppla::model {

/// A row taken out of a batch because one of its values can't be what its column says.
struct RejectedRow {
    std::string key;  ///< the record's identifier, where it could be read
    std::size_t column = 0;
    std::string message;  ///< names the value's fault
    std::string raw;      ///< the row as it arrived, cells as JSON strings
};

/// A row's cells as a JSON array of strings and nulls; what is no UTF-8 is replaced.
std::string raw_row(const Batch& batch, std::size_t row);

struct ConversionCounts {
    std::int64_t nul_bytes_removed = 0;
    bool operator==(const ConversionCounts&) const = default;
};

/// Brings every cell into the canonical text of its column's type, in place, and proves what a store may
/// refuse: UTF-8, NUL bytes (removed and counted), ranges. Exponents become plain decimals, offsets become Z.
/// Rows with a value that can't be converted are taken out of the batch and answered. `key_column` names
/// them. Allocates only for values that have to be rewritten longer, inside the batch.
std::vector<RejectedRow> convert(Batch& batch, std::span<const Type> columns, std::size_t key_column,
                                 ConversionCounts& counts);

}  // namespace koppla::model
