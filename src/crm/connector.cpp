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

Result<std::unique_ptr<RecordWriter>> CrmConnector::writer(const WriteRequest& request, std::int64_t /*rows*/,
                                                           const Call& /*call*/) {
    return error(ErrorKind::unsupported,
                 fmt::format("{}: accounts of this type are only read", request.object->name));
}

Result<Instant> CrmConnector::deletions(const model::ObjectSchema& object, Instant /*from*/,
                                        Instant /*until*/, DeletionSink& /*sink*/, const Call& /*call*/) {
    return error(ErrorKind::unsupported,
                 fmt::format("{}: the CRM keeps no log of deletions that can be asked", object.name));
}

}  // namespace koppla
