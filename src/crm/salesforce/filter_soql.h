#pragma once

#include "model/filter/filter.h"
#include "model/schema.h"

#include <string>

namespace koppla::salesforce {

/// The filter as a SOQL condition, for an object as it was described. Relative moments are reckoned from
/// `now`. Values become literals of the field's own type; of a field that the schema doesn't hold, of the
/// type that they were written in. `invalid` where a value doesn't fit its field, `unsupported` where
/// Salesforce can't evaluate the condition, with the reason. [Salesforce: SOQL and SOSL Reference, WHERE]
Result<std::string> soql_condition(const model::Filter& filter, const model::ObjectSchema& object,
                                   Instant now);

}  // namespace koppla::salesforce
