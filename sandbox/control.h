#pragma once

#include "sandbox/route.h"

#include <span>

namespace koppla::sandbox {

/// The Salesforce org's switches for tests under /sandbox/, beside those that every face has.
std::span<const Route> control_routes();

}  // namespace koppla::sandbox
