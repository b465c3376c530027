#pragma once

#include "crm/salesforce/write_form.h"
#include "model/batch.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace koppla::salesforce {

/// Adds a text in quotes, escaped. [RFC 8259, 7]
void append_json_text(std::string& json, std::string_view text);

/// Whether a text may stand in JSON as the number that it is. [RFC 8259, 6]
bool is_json_number(std::string_view text);

/// Adds a row as a record of sObject Collections: what isn't sent is left out, null is null. The row has
/// passed `row_fault`. [Salesforce: REST API, sObject Collections]
void append_record(std::string& json, const WriteForm& form, const model::Batch& batch, std::size_t row);

}  // namespace koppla::salesforce
