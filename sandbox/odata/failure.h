#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>

namespace koppla::sandbox::odata {

/// What the service says to a query that it can't make sense of.
inline Error bad_query(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "0x80060888");
}

inline Error unknown_property(std::string_view property, std::string_view table) {
    return bad_query("Could not find a property named '" + std::string{property} +
                     "' on type 'Microsoft.Dynamics.CRM." + std::string{table} + "'.");
}

}  // namespace koppla::sandbox::odata
