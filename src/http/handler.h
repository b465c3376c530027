#pragma once

#include "base/result.h"
#include "http/message.h"

#include <string_view>

namespace koppla::http {

/// One answer in the making: either `reply` once, or `begin`, any number of `write`, `end`.
class Exchange {
  public:
    virtual ~Exchange() = default;
    /// A whole answer; Content-Length, and gzip where the request accepts it, are the server's work.
    virtual void reply(Response response) = 0;
    /// Status and headers; the body follows in pieces of any size.
    virtual void begin(Response head) = 0;
    /// False when the peer has gone.
    virtual bool write(std::string_view bytes) = 0;
    /// What was written leaves now; for answers that pause. False when the peer has gone.
    virtual bool flush() { return true; }
    virtual void end() = 0;
    /// Cuts the connection where it stands.
    virtual void cut() = 0;
};

/// Answers requests; behind sockets, or in process behind a Client. Called from several threads at once.
class Handler {
  public:
    virtual ~Handler() = default;
    virtual void answer(const Request& request, Exchange& exchange) = 0;
    /// Whether the body of such a request, of which only the head is there, may be left to its `source` where
    /// it is large. What isn't read of it is passed over.
    [[nodiscard]] virtual bool reads_as_it_comes(const Request& /*head*/) const { return false; }
};

}  // namespace koppla::http
