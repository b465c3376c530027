#pragma once

#include "base/clock.h"
#include "crm/connector.h"
#include "db/database.h"
#include "model/schema.h"
#include "wizard/evolution.h"

#include <string>
#include <vector>

namespace koppla {

/// What taking an object in did to its local table.
struct TableChange {
    std::string object;
    std::string table;
    std::size_t fields = 0;
    bool is_new = false;
    bool is_held_back = false;               ///< the changes need more than was allowed: nothing was done
    std::vector<std::string> columns_added;  ///< to a table that was there
    std::vector<SchemaChange> changes;       ///< against what was recorded
    std::vector<std::string> notices;        ///< what a person should know, a sentence each
};

/// One object that a person chose: its schema, already cut down to the chosen fields, and what the CRM said.
struct ChosenObject {
    model::ObjectSchema schema;
    std::string source;
};

/// Records the schema and the enumerations of the chosen objects and makes the tables that aren't there;
/// those that are follow the CRM (`evolve`) as far as `allowed`, and are held back where it takes more. No
/// column or row is ever dropped here. All of it is one transaction.
Result<std::vector<TableChange>> take_in(db::Database& database, const std::string& account,
                                         std::vector<ChosenObject> objects, Impact allowed,
                                         const Clock& clock, const Call& call);

}  // namespace koppla
