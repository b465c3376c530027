#pragma once

#include "model/batch.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace koppla::salesforce {

/// How a job says that a field is to be emptied. A text that reads like it can't be sent by a job.
/// [Salesforce: Bulk API 2.0, Prepare CSV Files]
inline constexpr std::string_view csv_null = "#N/A";

/// What stands for a cell: nothing for one that isn't sent, which leaves the field alone; `csv_null` for
/// null, and for the empty text, which Salesforce keeps as null too; else the text.
inline std::string_view csv_text(const model::Cell& cell) {
    if (cell.state == model::Cell::State::absent) return {};
    return cell.is_text() && cell.size > 0 ? cell.text() : csv_null;
}

/// Adds a cell, in quotes where it could be read as anything else.
void append_csv_cell(std::string& csv, std::string_view text);

/// Adds a row of a batch as a line. Commas, LF.
void append_csv_row(std::string& csv, const model::Batch& batch, std::size_t row);

}  // namespace koppla::salesforce
