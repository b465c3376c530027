#pragma once

#include "http/handler.h"
#include "sandbox/faults/fault.h"
#include "sandbox/route.h"
#include "sandbox/surface.h"
#include "sandbox/vendor.h"

#include <optional>

namespace koppla::sandbox {

/// What a fault does before a request is carried out: waits, spoils what it asks for, or gives the answer
/// itself.
std::optional<Answer> strike_before(Surface& surface, Vendor& vendor, const Fault& fault,
                                    const http::Request& request);
/// What it does to an answer. False: the answer has nothing that it could spoil.
bool strike_after(Vendor& vendor, const Fault& fault, const http::Request& request, Answer& answer);

/// Sends an answer, whole.
void deliver(Answer answer, http::Exchange& exchange);
/// Sends it as the fault wants it.
void deliver_struck(const Clock& clock, const Fault& fault, Answer answer, http::Exchange& exchange);

/// The answer with the fault's Retry-After, where it has one.
Answer later(const Fault& fault, Answer answer);

}  // namespace koppla::sandbox
