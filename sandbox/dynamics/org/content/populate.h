#pragma once

#include "db/database.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/org/content/generator.h"
#include "sandbox/dynamics/org/org.h"

#include <memory>
#include <string>
#include <vector>

namespace koppla::sandbox::dynamics {

/// An org made ready: tables, identity, and what of a $metadata file didn't fit.
struct Populated {
    std::shared_ptr<const Catalog> catalog;
    Identity identity;
    std::vector<std::string> misfits;
};

/// The currencies that generated rows are in; the first is the org's own.
std::vector<GeneratedCurrency> generated_currencies(std::uint64_t seed);

/// Makes the state's tables and fills those that are empty with generated rows. What the state holds already
/// is kept, and so are its tables: of a $metadata document it keeps the text. Each table is committed by
/// itself.
Result<Populated> populate(db::Database& database, const OrgOptions& options);

}  // namespace koppla::sandbox::dynamics
