#pragma once

#include "base/call.h"
#include "http/message.h"

#include <cstddef>
#include <string_view>

namespace koppla::http {

/// Takes a body as it arrives, already unzipped. A refusal ends the transfer with the error it gives.
class BodySink {
  public:
    virtual ~BodySink() = default;
    virtual Result<void> put(std::string_view bytes) = 0;
};

/// Sends requests. Any answer of the server, 4xx and 5xx too, is a Response; an Error means there was none:
/// `unavailable` where the request can't have reached the server, `in_doubt` where it may have,
/// `invalid` for a bad URL or host, `denied` for a certificate that doesn't hold. Thread-safe.
class Client {
  public:
    virtual ~Client() = default;
    /// A 2xx body streams to `sink`; other bodies are kept in Response::body, within a bound.
    virtual Result<Response> send(const Request& request, BodySink& sink, const Call& call) = 0;
};

/// Keeps a body in memory, up to a bound beyond which the transfer fails.
class BodyText final : public BodySink {
  public:
    explicit BodyText(std::size_t body_bytes_max = std::size_t{64} << 20) : body_bytes_max_{body_bytes_max} {}
    Result<void> put(std::string_view bytes) override;
    std::string text;

  private:
    std::size_t body_bytes_max_;
};

/// Sends and keeps the whole body in Response::body.
Result<Response> send_text(Client& client, const Request& request, const Call& call,
                           std::size_t body_bytes_max = std::size_t{64} << 20);

}  // namespace koppla::http
