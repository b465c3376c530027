#pragma once

#include "sandbox/dynamics/preferences.h"
#include "sandbox/route.h"

namespace koppla::sandbox::dynamics {

/// The same answer; an error gets the further members that annotations were asked for. [Dataverse: Parse
/// errors from the response]
Answer with_details(Answer answer, const Preferences& preferences);

}  // namespace koppla::sandbox::dynamics
