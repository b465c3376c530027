#pragma once

#include "sandbox/route.h"

#include <span>

namespace koppla::sandbox {

/// The switches for tests under /sandbox/: no session, no cost, not in the journal.
std::span<const Route> control_routes();

}  // namespace koppla::sandbox
