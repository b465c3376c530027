#pragma once

#include "http/handler.h"
#include "http/tls/pointer.h"

#include <cstddef>

namespace koppla::http {

/// What a connection takes from its peer.
struct SessionLimits {
    std::size_t target_bytes_max = std::size_t{32} << 10;  ///< beyond: 414
    std::size_t header_bytes_max = std::size_t{32} << 10;  ///< beyond: 431
    std::size_t body_bytes_max = 0;                        ///< beyond: 413
    bool compresses = true;
};

/// Serves one TLS connection on a blocking socket until either side ends it. The socket stays the caller's,
/// who may shut it down from another thread to interrupt.
void serve_connection(SSL_CTX& context, int socket, Handler& handler, const SessionLimits& limits);

}  // namespace koppla::http
