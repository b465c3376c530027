#pragma once

#include "db/database.h"
#include "sandbox/org/catalog.h"
#include "sandbox/org/content/generator.h"
#include "sandbox/org/org.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace koppla::sandbox {

/// Who the org is and who logs in to it; kept in the state.
struct OrgIdentity {
    std::uint64_t seed = 1;
    std::string organization_id;
    std::string user_id;
    std::string username;
};

/// An org made ready: objects, identity, and what of a folder didn't fit.
struct Populated {
    Catalog catalog;
    OrgIdentity identity;
    std::string global_json;
    std::vector<std::string> misfits;
};

/// Makes the state's tables and fills those that are empty: from the folder where one is given, else with
/// generated records. What the state holds already is kept. Each object is committed by itself.
Result<Populated> populate(db::Database& database, const OrgOptions& options, const Clock& clock);

/// Where the numbers of an org's record ids begin.
std::uint64_t first_number(std::uint64_t seed);

}  // namespace koppla::sandbox
