#pragma once

#include "sandbox/org/content/field_spec.h"

#include <vector>

namespace koppla::sandbox {

/// The objects of an org that is not loaded from a folder: Account, Contact, Lead, Opportunity, Order, User,
/// Organization, written after the vendor's Object Reference.
std::vector<ObjectSpec> own_objects();

}  // namespace koppla::sandbox
