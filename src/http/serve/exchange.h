#pragma once

#include "http/handler.h"
#include "http/serve/gzip.h"
#include "http/tls/stream.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::http {

/// What of a request decides the form of its answer.
struct AnswerForm {
    bool has_body = true;    ///< false: HEAD
    bool may_gzip = false;   ///< the peer accepts it, the server wants it
    bool may_chunk = true;   ///< HTTP/1.1
    bool keeps_open = true;  ///< what the peer asked for
};

/// One answer on a connection: framing, gzip, Date. A handler that begins an answer and doesn't keep its own
/// promise of a length has the connection cut, so that no peer takes a part for the whole. For one thread.
class SocketExchange final : public Exchange {
  public:
    SocketExchange(tls::Stream& stream, AnswerForm form) : stream_{stream}, form_{form} {}

    void reply(Response response) override;
    void begin(Response head) override;
    bool write(std::string_view bytes) override;
    bool flush() override;
    void end() override;
    void cut() override;

    /// To be called when the handler has returned: answers or cuts what it left open. Whether the connection
    /// can take another request.
    bool settle();

  private:
    enum class State { fresh, streaming, done, cut };

    std::string head_text(const Response& response, const std::string& framing);
    bool put_encoded(std::string_view bytes);
    bool put_framed(std::string_view bytes);
    bool flush_pending();
    void give_up();

    tls::Stream& stream_;
    AnswerForm form_;
    State state_ = State::fresh;
    std::optional<Gzip> gzip_;
    std::optional<std::size_t> bytes_left_;  ///< of a promised Content-Length
    bool is_chunked_ = false;
    bool is_silent_ = false;  ///< this answer has no body whatever is written
    std::string pending_;     ///< small writes gather here
};

}  // namespace koppla::http
