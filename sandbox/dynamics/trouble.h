#pragma once

#include "sandbox/dynamics/services.h"
#include "sandbox/faults/fault.h"
#include "sandbox/route.h"

#include <optional>

namespace koppla::sandbox::dynamics {

/// Where in a download a request asks: a page of a set, whose stream is the set.
Place place_of(const http::Request& request);

/// What faults do in the words of this API. [Dataverse: Service protection API limits; web service error
/// codes]
std::optional<Answer> strike_before(Services& services, const Fault& fault, const http::Request& request);
bool strike_after(Services& services, const Fault& fault, const http::Request& request, Answer& answer);

}  // namespace koppla::sandbox::dynamics
