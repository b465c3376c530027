#include "http/tls/stream.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <boost/asio/error.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace koppla::http::tls {

/// The socket under a Stream, as a BIO sees it.
struct Stream::Wire {
    static constexpr std::size_t outgoing_bytes_max = std::size_t{256} << 10;

    int socket = -1;
    std::string outgoing;
    bool is_broken = false;

    bool send_all() {
        std::string_view rest = outgoing;
        while (!rest.empty() && !is_broken) {
            const auto sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent > 0) {
                rest.remove_prefix(static_cast<std::size_t>(sent));
            } else if (errno != EINTR) {
                is_broken = true;
            }
        }
        outgoing.clear();
        return !is_broken;
    }

    static Wire& of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

    static int write(BIO* bio, const char* data, int size) {
        auto& wire = of(bio);
        wire.outgoing.append(data, static_cast<std::size_t>(size));
        if (wire.outgoing.size() >= outgoing_bytes_max && !wire.send_all()) return -1;
        return size;
    }

    static int read(BIO* bio, char* data, int size) {
        auto& wire = of(bio);
        ssize_t got = -1;
        do {
            got = ::recv(wire.socket, data, static_cast<std::size_t>(size), 0);
        } while (got < 0 && errno == EINTR);
        return static_cast<int>(got);
    }

    static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
        return command == BIO_CTRL_FLUSH && of(bio).send_all() ? 1 : 0;
    }

    static const BIO_METHOD* method() {
        static const auto made = [] {
            auto* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "koppla wire");
            BIO_meth_set_write(fresh, write);
            BIO_meth_set_read(fresh, read);
            BIO_meth_set_ctrl(fresh, control);
            return std::unique_ptr<BIO_METHOD, Release<BIO_meth_free>>{fresh};
        }();
        return made.get();
    }
};

Stream::Stream(SSL_CTX& context, int socket) : wire_{std::make_unique<Wire>()}, ssl_{SSL_new(&context)} {
    wire_->socket = socket;
    auto* bio = BIO_new(Wire::method());
    BIO_set_data(bio, wire_.get());
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);  // owns it
    SSL_set_read_ahead(ssl_.get(), 1);
}

Stream::~Stream() = default;

bool Stream::handshake() {
    ERR_clear_error();
    return SSL_accept(ssl_.get()) == 1 && flush();
}

std::size_t Stream::read(char* data, std::size_t size, boost::system::error_code& failure) {
    failure = {};
    if (size == 0) return 0;
    ERR_clear_error();
    std::size_t got = 0;
    if (SSL_read_ex(ssl_.get(), data, size, &got) == 1) return got;
    if (SSL_get_error(ssl_.get(), 0) == SSL_ERROR_ZERO_RETURN) {
        failure = boost::asio::error::eof;
    } else {
        failure = boost::asio::error::connection_reset;
    }
    return 0;
}

bool Stream::write(std::string_view bytes) {
    if (wire_->is_broken) return false;
    if (bytes.empty()) return true;
    ERR_clear_error();
    std::size_t written = 0;
    return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1;
}

bool Stream::flush() {
    return wire_->send_all();
}

void Stream::close(std::chrono::milliseconds patience) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    flush();
    ::shutdown(wire_->socket, SHUT_WR);
    const auto until = std::chrono::steady_clock::now() + patience;
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(patience).count();
    const timeval limit{.tv_sec = micros / 1'000'000, .tv_usec = micros % 1'000'000};
    if (micros > 0) ::setsockopt(wire_->socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string ignored(std::size_t{64} << 10, '\0');
    while (std::chrono::steady_clock::now() < until &&
           ::recv(wire_->socket, ignored.data(), ignored.size(), 0) > 0) {
    }
    ::shutdown(wire_->socket, SHUT_RDWR);
}

void Stream::cut() {
    flush();
    ::shutdown(wire_->socket, SHUT_RDWR);
    wire_->is_broken = true;
}

Result<ContextPointer> server_context(const std::string& certificate_file,
                                      const std::string& private_key_file) {
    ERR_clear_error();
    ContextPointer context{SSL_CTX_new(TLS_server_method())};
    if (!context) return error(ErrorKind::invalid, "can't set up TLS: " + last_failure());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_ciphersuites(context.get(),
                             "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
        return error(ErrorKind::invalid,
                     fmt::format("can't use the certificate file {}: {}", certificate_file, last_failure()));
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), private_key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
        return error(ErrorKind::invalid, fmt::format("can't use the private key file {} with {}: {}",
                                                     private_key_file, certificate_file, last_failure()));
    }
    return context;
}

}  // namespace koppla::http::tls
