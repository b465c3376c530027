#pragma once

#include "base/result.h"
#include "http/tls/pointer.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

namespace koppla::http::tls {

/// A server's settings: TLS 1.2 or newer, the cheapest strong cipher first.
Result<ContextPointer> server_context(const std::string& certificate_file,
                                      const std::string& private_key_file);

/// The server's end of a TLS connection on a blocking socket that the caller owns. Records gather in one
/// large buffer before they are sent, which Asio's stream can't do: nothing is sure to leave before `flush`.
/// Reads model Beast's SyncReadStream. For one thread.
class Stream final {
  public:
    Stream(SSL_CTX& context, int socket);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    bool handshake();

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, boost::system::error_code& failure) {
        const boost::asio::mutable_buffer first = *boost::asio::buffer_sequence_begin(buffers);
        return read(static_cast<char*>(first.data()), first.size(), failure);
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        boost::system::error_code failure;
        const auto size = read_some(buffers, failure);
        if (failure) throw boost::system::system_error{failure};
        return size;
    }

    /// False once the peer has gone.
    bool write(std::string_view bytes);
    bool flush();

    /// Says goodbye, and reads away what the peer still sends for a moment, so that it gets the last answer.
    void close(std::chrono::milliseconds patience);
    /// Ends the connection where it stands: what was written leaves, no goodbye is said.
    void cut();

  private:
    struct Wire;
    std::size_t read(char* data, std::size_t size, boost::system::error_code& failure);

    std::unique_ptr<Wire> wire_;
    SslPointer ssl_;
};

}  // namespace koppla::http::tls
