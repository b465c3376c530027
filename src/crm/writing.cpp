#include "crm/writing.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla {

std::string_view name(WriteOperation operation) {
    switch (operation) {
        case WriteOperation::insert:
            return "insert";
        case WriteOperation::update:
            return "update";
        case WriteOperation::upsert:
            return "upsert";
        case WriteOperation::remove:
            return "delete";
        case WriteOperation::erase:
            break;
    }
    return "hard-delete";
}

std::optional<std::size_t> WriteRequest::key_column() const {
    const auto found = std::ranges::find_if(columns, [&](const WriteColumn& column) {
        return !key.empty() && column.field->name == key && column.target_key.empty();
    });
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
}

Error WriteRequest::refused(std::string_view why) const {
    return Error{.kind = ErrorKind::invalid,
                 .message = fmt::format("{} {}: {}", name(operation), object->name, why),
                 .symbol = {},
                 .retry_after = {}};
}

}  // namespace koppla
