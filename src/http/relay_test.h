#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace koppla::http {

/// Passes connections on to a port of loopback and counts them. With `proxy` it speaks CONNECT first, as a
/// web proxy does, and keeps what it was asked.
class Relay {
  public:
    enum class Manner { plain, proxy, refusing_proxy };

    Relay(std::uint16_t target, Manner manner)
        : target_{target}, manner_{manner}, thread_{[this] { accept_all(); }} {}
    ~Relay() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        thread_.join();
        for (auto& socket : sockets_) ::shutdown(socket.native_handle(), SHUT_RDWR);
        pumps_.clear();
    }
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    std::string last_head() {
        const std::scoped_lock lock{mutex_};
        return last_head_;
    }
    std::atomic<int> connections = 0;

  private:
    using tcp = boost::asio::ip::tcp;

    void accept_all() {
        while (true) {
            boost::system::error_code failure;
            auto& peer = sockets_.emplace_back(io_);
            acceptor_.accept(peer, failure);
            if (failure) return;
            ++connections;
            if (manner_ != Manner::plain && !open_way(peer)) continue;
            auto& server = sockets_.emplace_back(io_);
            server.connect({boost::asio::ip::address_v4::loopback(), target_}, failure);
            pumps_.emplace_back([&] { pump(peer, server); });
            pumps_.emplace_back([&] { pump(server, peer); });
        }
    }

    bool open_way(tcp::socket& peer) {
        std::string head;
        boost::system::error_code failure;
        boost::asio::read_until(peer, boost::asio::dynamic_buffer(head), "\r\n\r\n", failure);
        {
            const std::scoped_lock lock{mutex_};
            last_head_ = head;
        }
        const bool agrees = manner_ == Manner::proxy;
        const std::string answer = agrees ? "HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n"
                                          : "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n";
        boost::asio::write(peer, boost::asio::buffer(answer), failure);
        if (!agrees) peer.shutdown(tcp::socket::shutdown_both, failure);
        return agrees && !failure;
    }

    static void pump(tcp::socket& from, tcp::socket& to) {
        std::array<char, 65536> bytes{};
        boost::system::error_code failure;
        while (!failure) {
            const auto size = from.read_some(boost::asio::buffer(bytes), failure);
            if (!failure) boost::asio::write(to, boost::asio::buffer(bytes.data(), size), failure);
        }
        ::shutdown(to.native_handle(), SHUT_RDWR);
    }

    const std::uint16_t target_;
    const Manner manner_;
    boost::asio::io_context io_;
    tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
    const std::uint16_t port_ = acceptor_.local_endpoint().port();
    std::mutex mutex_;
    std::string last_head_;
    std::list<tcp::socket> sockets_;
    std::vector<std::jthread> pumps_;
    std::thread thread_;
};

}  // namespace koppla::http
