#pragma once

#include "sandbox/org/change.h"

#include <string_view>

namespace koppla::sandbox {

// Errors of rows that several checks give. [Salesforce: SOAP API, StatusCode]

RowError not_there();
RowError deleted();
RowError missing(const std::vector<std::string>& fields);
RowError malformed(const Object& object, std::string_view id);

}  // namespace koppla::sandbox
