#pragma once

#include "base/clock.h"

#include <string>

namespace koppla {

/// A new GUID, lower case with hyphens: ordered by time, the rest at random. [RFC 9562, 5.7]
std::string new_guid(Instant now);

}  // namespace koppla
