#pragma once

#include "db/database.h"
#include "model/schema.h"

#include <string>

namespace koppla {

/// The object as it was recorded; `not_found` names the wizard.
Result<model::ObjectSchema> recorded_schema(db::Transaction& transaction, const std::string& account,
                                            const std::string& object);

}  // namespace koppla
