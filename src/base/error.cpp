#include "base/error.h"

namespace koppla {

std::string_view name(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid:
            return "invalid";
        case ErrorKind::not_found:
            return "not_found";
        case ErrorKind::conflict:
            return "conflict";
        case ErrorKind::denied:
            return "denied";
        case ErrorKind::throttled:
            return "throttled";
        case ErrorKind::unavailable:
            return "unavailable";
        case ErrorKind::in_doubt:
            return "in_doubt";
        case ErrorKind::expired:
            return "expired";
        case ErrorKind::cancelled:
            return "cancelled";
        case ErrorKind::unsupported:
            return "unsupported";
        case ErrorKind::corrupt:
            return "corrupt";
    }
    return "unknown";
}

Error Error::with_context(std::string_view context) const {
    Error result = *this;
    result.message = std::string{context} + ": " + message;
    return result;
}

}  // namespace koppla
