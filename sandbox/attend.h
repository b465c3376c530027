#pragma once

#include "http/handler.h"
#include "sandbox/surface.h"
#include "sandbox/vendor.h"

namespace koppla::sandbox {

enum class Control { offered, hidden };

/// Answers one request as every face does: switches under /sandbox/, or the vendor's API with the faults that
/// befall it and a line in the journal. `hidden`: nothing answers under /sandbox/, because others than this
/// machine could ask.
void attend(Surface& surface, Vendor& vendor, Control control, const http::Request& request,
            http::Exchange& exchange);

}  // namespace koppla::sandbox
