#pragma once

#include "model/schema.h"

#include <string>
#include <string_view>

namespace koppla::odata {

/// What of OData a service understands.
enum class Dialect {
    dataverse,  ///< Dynamics: query functions of its own, choices as numbers, lookups as "_x_value"
    plain       ///< OData 4.0, and nothing that a service may leave out
};

/// "Dynamics", "the service".
constexpr std::string_view name(Dialect dialect) {
    return dialect == Dialect::dataverse ? "Dynamics" : "the service";
}

/// How requests and records name a field: "_parentcustomerid_value".
inline const std::string& wire_name(const model::FieldSchema& field) {
    return field.wire_name.empty() ? field.name : field.wire_name;
}

/// A field that isn't a member of records but is told beside another one: an annotation of it.
inline bool is_annotation(const model::FieldSchema& field) {
    return field.wire_name.find('@') != std::string::npos;
}

/// The member that an annotation stands beside.
inline std::string_view annotated(std::string_view wire_name) {
    return wire_name.substr(0, wire_name.find('@'));
}

/// The remote type of a field that no service sends: a feed's deletions set it.
inline constexpr std::string_view removal_type = "removal";

}  // namespace koppla::odata
