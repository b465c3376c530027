#pragma once

#include "crm/codec/json_member.h"
#include "model/schema.h"

#include <string>
#include <string_view>
#include <variant>

namespace koppla::dynamics {

/// What the metadata say of a column's type. [Dataverse: AttributeMetadata]
struct RemoteType {
    std::string_view name;      ///< "String", "MultiSelectPicklist": AttributeTypeName without its "Type"
    std::string_view behavior;  ///< of a DateTime: UserLocal, DateOnly, TimeZoneIndependent
    int length = 0;
    int scale = 0;         ///< digits behind the point
    double value_max = 0;  ///< the larger of the bounds, without sign
};

/// A column of the table, or why it is none.
struct LeftOut {
    std::string instead;
    bool operator==(const LeftOut&) const = default;
};
using Mapping = std::variant<model::Type, LeftOut>;

/// What becomes of a column of that type. A date and time without zone is a wall clock's: Dynamics writes a Z
/// behind it that doesn't mean UTC.
Mapping mapping_of(const RemoteType& remote);

/// "String", "Customer": the type's name as the metadata give it, whichever of three ways they do.
std::string type_name(const json::Element& attribute);

/// The label in the user's language, or any.
std::string label(const json::Element& labelled, std::string_view member);

/// The values of a choice, the state of each status and the parents of each dependent one in `valid_for`.
std::vector<model::EnumerationValue> values_of(const json::Element& attribute);

/// The field of an attribute that is mapped to `type`.
model::FieldSchema field_schema(const json::Element& attribute, std::string_view type_name,
                                const model::Type& type);

/// The measures that `mapping_of` asks for.
RemoteType remote_type(const json::Element& attribute, std::string_view type_name, std::string& behavior);

/// Whether records name its value otherwise: "_name_value".
bool is_lookup(std::string_view type_name);

}  // namespace koppla::dynamics
