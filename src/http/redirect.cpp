#include "http/redirect.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace koppla::http {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t head_bytes_max = 16'384;
/// Browsers open connections ahead that they never use.
constexpr std::size_t visitors_max = 16;
constexpr std::chrono::seconds visit_time_max{10};
/// How soon a stop is noticed.
constexpr int poll_milliseconds = 50;

int listen_on(const sockaddr& address, socklen_t size) {
    const int descriptor = ::socket(address.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -1;
    const int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.sa_family == AF_INET6) ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(descriptor, &address, size) == 0 && ::listen(descriptor, SOMAXCONN) == 0) return descriptor;
    const int number = errno;
    ::close(descriptor);
    errno = number;
    return -1;
}

int listen_on_ipv4(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return listen_on(reinterpret_cast<const sockaddr&>(address), sizeof address);
}

int listen_on_ipv6(std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    return listen_on(reinterpret_cast<const sockaddr&>(address), sizeof address);
}

std::uint16_t port_of(int descriptor) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

/// The words are the program's own: no text of the request goes into the page.
std::string page(std::string_view status, std::string_view words) {
    const std::string body = fmt::format(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Koppla</title><p>{}</p></html>\n",
        words);
    return fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n"
        "Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n{}",
        status, body.size(), body);
}

/// The path and query of "GET /path?query HTTP/1.1", or nothing.
std::optional<std::string_view> target_of(std::string_view head) {
    std::string_view line = head.substr(0, head.find("\r\n"));
    constexpr std::string_view method = "GET ";
    if (!line.starts_with(method)) return std::nullopt;
    line.remove_prefix(method.size());
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos || !line.substr(blank + 1).starts_with("HTTP/1."))
        return std::nullopt;
    line = line.substr(0, blank);
    const bool is_plain = std::ranges::all_of(line, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!line.starts_with('/') || !is_plain) return std::nullopt;
    return line;
}

void say(int descriptor, const std::string& text) {
    // A page fits the socket's buffer; who doesn't take it goes without.
    (void)!::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace

/// Somebody who connected, and what came so far.
struct RedirectListener::Visitor {
    enum class State { talking, done, gone };

    explicit Visitor(int number) : descriptor{number} {}
    ~Visitor() {
        ::shutdown(descriptor, SHUT_WR);
        ::close(descriptor);
    }
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;

    State receive() {
        std::string piece(4096, '\0');
        const ssize_t got = ::recv(descriptor, piece.data(), piece.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return State::talking;
        if (got <= 0) return State::gone;
        head.append(piece, 0, static_cast<std::size_t>(got));
        if (head.find("\r\n\r\n") != std::string::npos) return State::done;
        return head.size() < head_bytes_max ? State::talking : State::gone;
    }

    int descriptor;
    std::string head;
    steady_clock::time_point until = steady_clock::now() + visit_time_max;
};

Result<std::unique_ptr<RedirectListener>> RedirectListener::start(std::uint16_t port) {
    std::unique_ptr<RedirectListener> listener{new RedirectListener};
    const int first = listen_on_ipv4(port);
    if (first < 0) {
        const ErrorKind kind = errno == EADDRINUSE ? ErrorKind::conflict : ErrorKind::unavailable;
        return error(kind, fmt::format("listening on localhost:{} for the browser's answer failed: {}", port,
                                       std::strerror(errno)));
    }
    listener->sockets_.push_back(first);
    listener->port_ = port_of(first);
    if (const int second = listen_on_ipv6(listener->port_); second >= 0) listener->sockets_.push_back(second);
    return listener;
}

RedirectListener::~RedirectListener() {
    for (const int descriptor : sockets_) ::close(descriptor);
}

Result<std::string> RedirectListener::wait(const std::function<bool(std::string_view target)>& is_answer,
                                           std::string_view words, const Call& call) {
    std::vector<std::unique_ptr<Visitor>> visitors;
    while (!call.is_over()) {
        std::vector<pollfd> watched;
        for (const int descriptor : sockets_)
            watched.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
        for (const auto& visitor : visitors)
            watched.push_back({.fd = visitor->descriptor, .events = POLLIN, .revents = 0});
        ::poll(watched.data(), watched.size(), poll_milliseconds);

        for (std::size_t i = 0; i < visitors.size(); ++i) {
            Visitor& visitor = *visitors[i];
            auto state = Visitor::State::talking;
            if (watched[sockets_.size() + i].revents != 0) state = visitor.receive();
            if (state == Visitor::State::done) {
                const auto target = target_of(visitor.head);
                if (target && is_answer(*target)) {
                    say(visitor.descriptor, page("200 OK", words));
                    return std::string{*target};
                }
                say(visitor.descriptor, page("404 Not Found", "This is not the answer that is waited for."));
            }
            const bool is_over = state != Visitor::State::talking || steady_clock::now() > visitor.until;
            if (is_over) visitors[i].reset();
        }
        std::erase(visitors, nullptr);
        for (std::size_t i = 0; i < sockets_.size(); ++i) {
            if (watched[i].revents == 0) continue;
            const int descriptor = ::accept4(sockets_[i], nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (descriptor < 0) continue;
            if (visitors.size() >= visitors_max) visitors.erase(visitors.begin());
            visitors.push_back(std::make_unique<Visitor>(descriptor));
        }
    }
    return call.cancelled("waiting for the browser's answer");
}

}  // namespace koppla::http
