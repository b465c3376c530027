#pragma once

#include "crm/connector.h"
#include "crm/odata/csdl.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::odata {

/// Fields that tell changes, by the names that services give them; the first that an object has counts.
inline constexpr std::string_view index_fields_usual =
    "modifiedon,modifiedAt,ModifiedAt,ModifiedDate,LastModified,LastModifiedDateTime,UpdatedAt,ChangedAt";

/// The service's entity sets.
std::vector<ObjectSummary> object_summaries(const Csdl& csdl);

/// A set as an object. What can't be mapped is a notice, never an error; `unsupported` where records aren't
/// told apart by one field, `not_found` where there is no such set.
Result<model::ObjectSchema> object_schema(const Csdl& csdl, std::string_view set,
                                          std::span<const std::string> index_fields);

/// "a, b": a list as a setting holds it.
std::vector<std::string> names_in(std::string_view list);

}  // namespace koppla::odata
