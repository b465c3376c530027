#include "sandbox/org/row_errors.h"

#include <fmt/format.h>

namespace koppla::sandbox {

RowError not_there() {
    return {
        .status_code = "INVALID_CROSS_REFERENCE_KEY", .message = "invalid cross reference id", .fields = {}};
}

RowError deleted() {
    return {.status_code = "ENTITY_IS_DELETED", .message = "entity is deleted", .fields = {}};
}

RowError missing(const std::vector<std::string>& fields) {
    return {.status_code = "REQUIRED_FIELD_MISSING",
            .message = fmt::format("Required fields are missing: [{}]", fmt::join(fields, ", ")),
            .fields = fields};
}

RowError malformed(const Object& object, std::string_view id) {
    return {.status_code = "MALFORMED_ID",
            .message = fmt::format("{} ID: id value of incorrect type: {}", object.label(), id),
            .fields = {"Id"}};
}

}  // namespace koppla::sandbox
