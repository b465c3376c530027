#pragma once

#include "base/call.h"
#include "http/message.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace koppla::http {

/// Takes a body as it arrives, already unzipped. A refusal ends the transfer with the error it gives.
class BodySink {
  public:
    virtual ~BodySink() = default;
    virtual Result<void> put(std::string_view bytes) = 0;
    /// Forgets what was put, since the body comes anew; false where it has gone further already.
    virtual bool start_over() { return false; }
};

/// Makes a body while it is sent, so that none of any size has to lie in memory. Whoever sends it rewinds it
/// first, and again where it has to be sent again.
class BodySource {
  public:
    virtual ~BodySource() = default;
    /// In bytes, known before any is made.
    [[nodiscard]] virtual std::size_t size() const = 0;
    virtual Result<void> rewind() = 0;
    /// Writes the next bytes to the beginning of `room`, which isn't empty; how many: none only at the end.
    virtual Result<std::size_t> read(std::span<char> room) = 0;
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
    bool start_over() override {
        text.clear();
        return true;
    }
    std::string text;

  private:
    std::size_t body_bytes_max_;
};

/// The same request with its body in memory, for those who take it whole.
Result<Request> with_whole_body(const Request& request);

/// Sends and keeps the whole body in Response::body.
Result<Response> send_text(Client& client, const Request& request, const Call& call,
                           std::size_t body_bytes_max = std::size_t{64} << 20);

}  // namespace koppla::http
