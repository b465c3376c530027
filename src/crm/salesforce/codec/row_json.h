#pragma once

#include "crm/salesforce/write_form.h"
#include "model/batch.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace koppla::salesforce {

/// Adds a row as a record of sObject Collections: what isn't sent is left out, null is null. The row has
/// passed `row_fault`. [Salesforce: REST API, sObject Collections]
void append_record(std::string& json, const WriteForm& form, const model::Batch& batch, std::size_t row);

}  // namespace koppla::salesforce
