#pragma once

#include "base/result.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/org/writing.h"

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox::dynamics {

/// The body of a create or update, in the form of the state; what hangs on the row comes apart from it.
struct Payload {
    Values values;
    /// Rows to make that point to this one, and rows that are there already.
    struct Child {
        const Relationship* way = nullptr;
        std::shared_ptr<const nlohmann::json> bodies;  ///< an array, or null
        std::vector<std::string> ids;
    };
    std::vector<Child> children;
};

/// Reads a body: properties, "nav@odata.bind", "nav":null, rows nested under navigation names. A nested row
/// that this one points to is made at once. Errors are in the service's words. [Dataverse: Create a table row
/// using the Web API; Associate and disassociate table rows]
Result<Payload> read_payload(Writing& writing, const Table& table, const nlohmann::json& body);

/// Makes or links the children of a row.
Result<void> keep_children(Writing& writing, const Payload& payload, const std::string& id);

/// Makes a row with all that its body holds.
Result<Saved> create_from(Writing& writing, const Table& table, const nlohmann::json& body);

/// The columns that point along a way to a row; and those that point nowhere.
Result<Values> link_to(Writing& writing, const Table& table, const Relationship& way,
                       std::string_view address);
Values no_link(const Table& table, const Relationship& way);

}  // namespace koppla::sandbox::dynamics
