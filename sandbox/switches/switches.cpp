#include "sandbox/switches/switches.h"

#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

Result<nlohmann::json> settings(const Ask& ask) {
    return ask.request.body.empty() ? Result<nlohmann::json>{nlohmann::json::object()}
                                    : parse_object(ask.request.body);
}

Result<const Object*> object_named(const Services& services, const std::string& name) {
    const auto* object = services.org.find(name);
    if (object == nullptr) return error(ErrorKind::invalid, "The org has no object '" + name + "'");
    return object;
}

}  // namespace koppla::sandbox
