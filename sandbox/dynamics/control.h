#pragma once

#include "sandbox/dynamics/services.h"
#include "sandbox/route.h"

#include <span>

namespace koppla::sandbox::dynamics {

/// The Dynamics org's switches for tests under /sandbox/, beside those that every face has.
std::span<const RouteTo<Services>> control_routes();

}  // namespace koppla::sandbox::dynamics
