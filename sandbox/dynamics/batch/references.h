#pragma once

#include "base/result.h"
#include "http/message.h"

#include <map>
#include <string>
#include <string_view>

namespace koppla::sandbox::dynamics {

/// The addresses of rows that a batch made, by their Content-ID.
using References = std::map<std::string, std::string, std::less<>>;

/// Puts addresses in the place of "$1": at the beginning of the target, and as the value of members that bind
/// or name a row. An id that isn't there, because it comes later or never, is an error in the service's
/// words.
Result<void> resolve(http::Request& request, const References& references);

}  // namespace koppla::sandbox::dynamics
