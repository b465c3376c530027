#pragma once

#include "base/result.h"
#include "http/tls/pointer.h"

#include <optional>
#include <string>

namespace koppla::http::tls {

/// The authorities that a client trusts: the system's, and those of a PEM file besides. A file that can't be
/// read, or holds no certificate, is `invalid` and named. The store may be used from several threads.
Result<StorePointer> trusted_authorities(const std::optional<std::string>& ca_file);

}  // namespace koppla::http::tls
