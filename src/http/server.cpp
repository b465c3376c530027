#include "http/server.h"

#include "base/clock.h"
#include "base/guarded.h"
#include "http/serve/session.h"
#include "http/tls/stream.h"

#include <atomic>
#include <list>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace koppla::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t connections_max = 1024;
constexpr int idle_seconds_max = 120;

void prepare(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    const timeval limit{.tv_sec = idle_seconds_max, .tv_usec = 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/// A socket and the thread that serves it. The socket closes only after the thread has ended, so that
/// `interrupt` can't meet a number that was given to another file.
class Connection {
  public:
    Connection(tcp::socket socket, SSL_CTX& context, Handler& handler, const SessionLimits& limits)
        : socket_{std::move(socket)}, thread_{[this, &context, &handler, limits] {
              serve_connection(context, socket_.native_handle(), handler, limits);
              ::shutdown(socket_.native_handle(), SHUT_RDWR);
              is_over_ = true;
          }} {}

    [[nodiscard]] bool is_over() const { return is_over_; }
    void interrupt() { ::shutdown(socket_.native_handle(), SHUT_RDWR); }

  private:
    tcp::socket socket_;
    std::atomic<bool> is_over_ = false;
    std::jthread thread_;
};

}  // namespace

class Server::Acceptor {
  public:
    Acceptor(const Listen& listen, Handler& handler, tls::ContextPointer context)
        : handler_{handler},
          limits_{.body_bytes_max = listen.body_bytes_max, .compresses = listen.compresses},
          context_{std::move(context)} {}

    ~Acceptor() {
        thread_.request_stop();
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
        for (auto& connection : connections_) connection.interrupt();
    }
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    Result<void> open(const Listen& listen) {
        boost::system::error_code failure;
        const auto address = asio::ip::make_address(listen.address, failure);
        const tcp::endpoint endpoint{address, listen.port};
        if (!failure) acceptor_.open(endpoint.protocol(), failure);
        if (!failure) acceptor_.set_option(tcp::acceptor::reuse_address{true}, failure);
        if (!failure) acceptor_.bind(endpoint, failure);
        if (!failure) acceptor_.listen(asio::socket_base::max_listen_connections, failure);
        if (failure) {
            return error(ErrorKind::invalid, fmt::format("can't listen on {}:{}: {}", listen.address,
                                                         listen.port, failure.message()));
        }
        port_ = acceptor_.local_endpoint().port();
        thread_ = std::jthread{[this](const std::stop_token& stop) { accept_all(stop); }};
        return {};
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    void accept_all(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            boost::system::error_code failure;
            tcp::socket socket{io_};
            acceptor_.accept(socket, failure);
            connections_.remove_if([](const Connection& each) { return each.is_over(); });
            if (stop.stop_requested()) return;
            if (failure) {
                // Out of file descriptors, say: not at once again.
                (void)SystemClock{}.wait(std::chrono::milliseconds{50}, Call{.stop = stop});
            } else if (connections_.size() < connections_max) {
                prepare(socket);
                connections_.emplace_back(std::move(socket), *context_, handler_, limits_);
            }
        }
    }

    Handler& handler_;
    const SessionLimits limits_;
    tls::ContextPointer context_;
    asio::io_context io_;
    tcp::acceptor acceptor_{io_};
    std::uint16_t port_ = 0;
    std::list<Connection> connections_;  ///< the accepting thread's, and after it has ended the destructor's
    std::jthread thread_;
};

Result<std::unique_ptr<Server>> Server::start(const Listen& listen, Handler& handler) {
    auto context = TRY(tls::server_context(listen.certificate_file, listen.private_key_file));
    auto acceptor = std::make_unique<Acceptor>(listen, handler, std::move(context));
    TRY(acceptor->open(listen));
    return std::unique_ptr<Server>{new Server{std::move(acceptor)}};
}

Server::Server(std::unique_ptr<Acceptor> acceptor) : acceptor_{std::move(acceptor)} {}
Server::~Server() = default;
std::uint16_t Server::port() const {
    return acceptor_->port();
}

}  // namespace koppla::http
