#pragma once

#include "crm/connector.h"
#include "model/schema.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// What it takes to follow a change in the CRM.
enum class Impact {
    safe,      ///< nothing that is there changes: columns and values come along
    consent,   ///< what is imported changes, without losing a row: a person has to agree
    breaking,  ///< can't be followed: what was recorded stays
};

std::string_view name(Impact impact);

/// One difference between an object as it was recorded and as the CRM describes it now.
struct SchemaChange {
    std::string field;  ///< empty: the object itself
    std::string what;   ///< "added", "retyped", "gone" …
    Impact impact = Impact::safe;
    std::string detail;  ///< for a person: from what to what, and what is done about it
    bool operator==(const SchemaChange&) const = default;
};

struct ColumnRename {
    std::string from;
    std::string to;
    bool operator==(const ColumnRename&) const = default;
};

/// How a recorded object follows the CRM.
struct Evolution {
    model::ObjectSchema schema;  ///< as it is to be recorded; new fields have no column yet
    std::vector<SchemaChange> changes;
    std::vector<ColumnRename> renames;  ///< to be done first
    [[nodiscard]] Impact impact() const;
};

/// Follows `now`, the CRM's description cut down to what a person chose. No column is dropped: a field that
/// vanished is parked, its column stays; one whose values are stored otherwise now leaves its column behind
/// as `<column>_until_<day>` and gets a new one. Values that an enumeration has lost stay in it, inactive.
Evolution evolve(const model::ObjectSchema& recorded, model::ObjectSchema now, std::string_view day);

/// Why a member isn't to be seen, for a person: "hidden from …".
std::string_view reason(Sight sight);

/// The same for an object that the CRM doesn't describe any more.
SchemaChange object_gone(const Error& why, Sight sight);

/// The fields of `recorded` that were imported and that `now` doesn't offer, but for those left out.
std::vector<std::string> vanished_fields(const model::ObjectSchema& recorded, const model::ObjectSchema& now);

}  // namespace koppla
