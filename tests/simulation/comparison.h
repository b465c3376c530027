#pragma once

#include "db/database.h"
#include "model/schema.h"
#include "sandbox/org/org.h"

#include <string>

namespace koppla::simulation {

/// In which way the table isn't what the org has of an object, deleted rows included; empty where it is.
std::string difference(sandbox::Org& org, db::Database& database, const model::ObjectSchema& schema);

}  // namespace koppla::simulation
