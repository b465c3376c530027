#pragma once

#include "base/call.h"
#include "crm/connector.h"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// Which fields of an object a person wants: all but the excluded, or just the chosen.
struct FieldChoice {
    std::vector<std::string> only;
    std::vector<std::string> excluded;
};

/// Told how far a discovery is: `done` of `total` objects, the last of them by name.
using DiscoveryProgress = std::function<void(std::size_t done, std::size_t total, std::string_view object)>;

/// What one object's description came to.
struct Discovered {
    std::string object;
    Result<Described> described;
};

/// Reads the structure of objects, as many a call as the CRM allows. One object's failure is its own answer;
/// an error is one of the CRM as a whole.
Result<std::vector<Discovered>> discover(CrmConnector& connector, std::span<const DescribeRequest> requests,
                                         const DiscoveryProgress& progress, const Call& call);

/// Leaves in `schema` what `choice` names, and always the key, the stamp and the removal flag. `not_found`
/// where it names a field that isn't there, with those that are alike.
Result<void> choose_fields(model::ObjectSchema& schema, const FieldChoice& choice);

/// The same as a person chose when `recorded` was taken in.
void choose_fields_again(model::ObjectSchema& schema, const model::ObjectSchema& recorded);

/// Where fields of `recorded` are missing in `now`, asks which of them are only hidden: sets `now.hidden`.
Result<void> look_for_vanished(CrmConnector& connector, const model::ObjectSchema& recorded,
                               model::ObjectSchema& now, const Call& call);

/// Those of `names` that come closest to `wanted`, for a message: "; did you mean A, B?", or empty.
std::string suggestion(std::string_view wanted, std::span<const std::string> names);

}  // namespace koppla
