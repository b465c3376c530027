#pragma once

#include "crm/odata/dialect.h"
#include "model/filter/filter.h"
#include "model/schema.h"

#include <optional>
#include <string>
#include <string_view>

namespace koppla::odata {

/// The filter as an OData condition, for an object as it was described. Relative moments are reckoned from
/// `now`. Values become literals of the field's own type; of a field that the schema doesn't hold, of the
/// type that they were written in. Empty values are told apart by conditions of their own, so that `not` and
/// `is not` hold for them whatever a service makes of null. `invalid` where a value doesn't fit its field,
/// `unsupported` where the service can't evaluate the condition, with the reason.
/// [OData URL Conventions 4.0, 5.1.1; Dataverse: Web API, filter rows and query functions]
Result<std::string> odata_condition(const model::Filter& filter, const model::ObjectSchema& object,
                                    Instant now, Dialect dialect);

/// 'O''Neill': a text as it stands in a condition.
std::string text_literal(std::string_view text);

/// An instant without a fraction where it has none.
std::string instant_literal(Instant instant);

/// The GUID in lower case; nothing where it is none.
std::optional<std::string> guid(std::string_view text);

}  // namespace koppla::odata
