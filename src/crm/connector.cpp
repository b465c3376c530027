#include "crm/connector.h"

#include <fmt/format.h>

namespace koppla {

Result<const model::FieldSchema*> ReadRequest::field(std::string_view name) const {
    const model::FieldSchema* const found = object->find(name);
    if (found != nullptr) return found;
    return refused(
        fmt::format("there is no field '{}' in the recorded schema; see 'koppla schema', or run the wizard "
                    "again if it is new",
                    name));
}

Error ReadRequest::refused(std::string_view why) const {
    return error(ErrorKind::invalid, fmt::format("{}: {}", object->name, why));
}

}  // namespace koppla
