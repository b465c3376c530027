#pragma once

#include "sandbox/route.h"

#include <span>

namespace koppla::sandbox {

/// Everything that the Salesforce face answers, in one table.
std::span<const Route> salesforce_routes();

}  // namespace koppla::sandbox
