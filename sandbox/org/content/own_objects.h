#pragma once

#include "sandbox/org/content/field_spec.h"

#include <vector>

namespace koppla::sandbox {

/// The objects of an org that is not loaded from a folder: Account, Contact, Lead, Opportunity, Order, User,
/// Organization and more, written after the vendor's Object Reference. What their formulas and roll-ups show
/// is invented as the other values are, not calculated.
std::vector<ObjectSpec> own_objects();

}  // namespace koppla::sandbox
