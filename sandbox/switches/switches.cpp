#include "sandbox/switches/switches.h"

#include "sandbox/services.h"

namespace koppla::sandbox {

Result<const Object*> object_named(const Services& services, const std::string& name) {
    const auto* object = services.org.find(name);
    if (object == nullptr) return error(ErrorKind::invalid, "The org has no object '" + name + "'");
    return object;
}

}  // namespace koppla::sandbox
