#pragma once

#include "base/result.h"
#include "http/handler.h"

#include <cstdint>
#include <memory>
#include <string>

namespace koppla::http {

/// Where and as whom a server listens.
struct Listen {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: a free one
    std::string certificate_file;
    std::string private_key_file;
    std::size_t body_bytes_max = std::size_t{200} << 20;
    bool compresses = true;  ///< gzip for requests that accept it
};

/// An https server, HTTP/1.1, blocking, a thread a connection. `start` returns when it listens; destruction
/// closes every connection and joins.
class Server {
  public:
    static Result<std::unique_ptr<Server>> start(const Listen& listen, Handler& handler);
    ~Server();
    [[nodiscard]] std::uint16_t port() const;

  private:
    class Acceptor;
    explicit Server(std::unique_ptr<Acceptor> acceptor);
    std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace koppla::http
