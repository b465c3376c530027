#pragma once

#include "base/result.h"
#include "sandbox/salesforce/envelope.h"

#include <string>

namespace koppla::sandbox {

struct Services;

// What the SOAP API alone can do with records: the body of each answer. An error is the fault's.
// [Salesforce: SOAP API, undelete() and merge()]

Result<std::string> soap_undelete(Services& services, const Envelope& envelope);
Result<std::string> soap_merge(Services& services, const Envelope& envelope);

}  // namespace koppla::sandbox
