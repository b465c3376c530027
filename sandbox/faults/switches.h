#pragma once

#include "base/result.h"
#include "sandbox/route.h"
#include "sandbox/surface.h"

namespace koppla::sandbox {

/// GET, POST and DELETE /sandbox/faults: {"next":[fault …],"plan":{"seed":1,"rate":0.1,"times":9,
/// "kinds":["cut",{"kind":"latency","ms":50}]}}. What is posted is added to `next` and takes the plan's
/// place.
Result<Answer> post_faults(Surface& surface, const Ask& ask);
Answer get_faults(Surface& surface, const Ask& ask);
Answer delete_faults(Surface& surface, const Ask& ask);

}  // namespace koppla::sandbox
