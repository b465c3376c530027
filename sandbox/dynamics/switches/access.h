#pragma once

#include "sandbox/dynamics/services.h"
#include "sandbox/route.h"

#include <span>

namespace koppla::sandbox::dynamics {

/// The switches of who may ask, and how much: /sandbox/auth, /sandbox/session, /sandbox/limits,
/// /sandbox/query.
std::span<const RouteTo<Services>> access_switches();

}  // namespace koppla::sandbox::dynamics
