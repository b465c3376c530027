#pragma once

#include "crm/salesforce/write_form.h"

#include <optional>
#include <string_view>

namespace koppla::salesforce {

/// Why a row isn't sent at all. The texts live as long as the form.
struct RowFault {
    std::string_view symbol, message, field;
};

/// What would spoil the request that a row is part of, or would be taken for something else: a key that names
/// no record, what isn't text, in JSON what is no number, in a job what means null there. Everything else is
/// Salesforce's to judge. Pure.
std::optional<RowFault> row_fault(const WriteForm& form, WritePath path, const model::Batch& batch,
                                  std::size_t row);

}  // namespace koppla::salesforce
