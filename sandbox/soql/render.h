#pragma once

#include "db/database.h"
#include "sandbox/soql/plan.h"
#include "sandbox/soql/selection.h"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace koppla::sandbox::soql {

/// The printed records of one sub-query, by the Id of the record they belong to.
using ChildRecords = std::unordered_map<std::string, std::vector<std::string>>;

/// Appends the row a cursor stands on, as the REST API prints a record: attributes first, then what was
/// selected. Allocates only where `out` grows. `children`: one for each of the plan's.
void append_json_row(std::string& out, const Plan& plan, const db::Cursor& row,
                     std::span<const ChildRecords> children = {});

/// Appends a row of an aggregate query.
void append_json_aggregate(std::string& out, const Plan& plan, const db::Cursor& row);

/// Appends the row as a line of the bulk dialect: every cell quoted. [Salesforce: Bulk API 2.0, Get Results]
void append_csv_row(std::string& out, const Plan& plan, const db::Cursor& row, const ExportOptions& options);
std::string csv_header(const Plan& plan, const ExportOptions& options);

/// As Java prints a double, which is what the vendor sends: 12.0, 1.395E8.
void append_double(std::string& out, double number);

}  // namespace koppla::sandbox::soql
