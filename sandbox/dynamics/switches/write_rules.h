#pragma once

#include "sandbox/dynamics/services.h"
#include "sandbox/route.h"

#include <span>

namespace koppla::sandbox::dynamics {

/// The switches of what writes meet: duplicate detection rules, and alternate keys whose index isn't built.
std::span<const RouteTo<Services>> write_rule_switches();

}  // namespace koppla::sandbox::dynamics
