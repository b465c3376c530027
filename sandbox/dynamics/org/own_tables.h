#pragma once

#include "sandbox/dynamics/org/catalog.h"

namespace koppla::sandbox::dynamics {

/// The sandbox's own tables: the vendor's standard ones with most of their columns, and some columns of our
/// own, so that every type is there. [Dataverse: entity reference]
Catalog own_catalog();

}  // namespace koppla::sandbox::dynamics
