#pragma once

#include "sandbox/faults/fault.h"
#include "sandbox/route.h"
#include "sandbox/services.h"

#include <optional>

namespace koppla::sandbox {

/// Where in a download a request asks: by query, or by query job.
Place place_of(const http::Request& request);

/// What faults do in the words of this API. [Salesforce: Status Codes and Error Responses]
std::optional<Answer> salesforce_strike_before(Services& services, const Fault& fault,
                                               const http::Request& request);
bool salesforce_strike_after(Services& services, const Fault& fault, const http::Request& request,
                             Answer& answer);

}  // namespace koppla::sandbox
