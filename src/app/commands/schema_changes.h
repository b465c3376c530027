#pragma once

#include "app/program.h"
#include "crm/connector.h"
#include "platform/schemas.h"
#include "wizard/evolution.h"

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace koppla {

/// What differs of one object between the recorded schema and the CRM.
struct ObjectChanges {
    std::string object;
    std::vector<SchemaChange> changes;
    [[nodiscard]] Impact impact() const;
};

/// The objects as the CRM describes them now, against what was recorded.
Result<std::vector<ObjectChanges>> changes_of(CrmConnector& connector,
                                              const std::vector<RecordedSchema>& recorded,
                                              const Program& program);

nlohmann::json to_json(const std::vector<SchemaChange>& changes);

/// As a table on standard output; nothing where there are none.
void print_changes(const std::vector<ObjectChanges>& objects);

}  // namespace koppla
