#pragma once

#include "http/handler.h"
#include "sandbox/faults/fault.h"
#include "sandbox/route.h"

#include <optional>

namespace koppla::sandbox {

/// What a fault does before a request is carried out: waits, spoils what it asks for, or gives the answer
/// itself.
std::optional<Answer> strike_before(Services& services, const Fault& fault, const http::Request& request);
/// What it does to an answer. False: the answer has nothing that it could spoil.
bool strike_after(Services& services, const Fault& fault, const http::Request& request, Answer& answer);

/// Sends an answer, whole.
void deliver(Answer answer, http::Exchange& exchange);
/// Sends it as the fault wants it.
void deliver_struck(Services& services, const Fault& fault, Answer answer, http::Exchange& exchange);

/// Spoils a page of rows: JSON records, or CSV. False where it has no field that suits.
bool spoil_page(Services& services, const Fault& fault, const Place& place, Answer& answer);

}  // namespace koppla::sandbox
