#include "http/serve/session.h"

#include "http/client.h"
#include "http/serve/exchange.h"
#include "http/serve/gzip.h"
#include "http/tls/stream.h"

#include <chrono>
#include <exception>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace koppla::http {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;

constexpr std::chrono::milliseconds goodbye_patience{500};
constexpr std::uint64_t large_body_bytes = std::uint64_t{1} << 20;

std::string text(beast::string_view view) {
    return std::string{view.data(), view.size()};
}

std::size_t header_bytes(const Parser& parser) {
    std::size_t sum = 0;
    for (const auto& field : parser.get()) sum += field.name_string().size() + field.value().size() + 4;
    return sum;
}

/// The status that a request is refused with before its body is read, or 0.
int refusal(const Parser& parser, const beast::error_code& failure, const SessionLimits& limits) {
    if (parser.get().target().size() > limits.target_bytes_max) return 414;
    if (failure == beast::http::error::header_limit) return parser.get().target().empty() ? 414 : 431;
    if (failure == beast::http::error::body_limit) return 413;
    if (failure)
        return failure.category() == make_error_code(beast::http::error::bad_method).category() ? 400 : 0;
    if (header_bytes(parser) > limits.header_bytes_max) return 431;
    return 0;
}

Request head_of(const Parser& parser) {
    const auto& message = parser.get();
    Request request{.method = text(message.method_string()), .target = text(message.target())};
    for (const auto& field : message) request.headers.add(text(field.name_string()), text(field.value()));
    return request;
}

/// A body of known size that is still on its way.
class ArrivingBody final : public BodySource {
  public:
    ArrivingBody(tls::Stream& stream, beast::flat_buffer& buffer, Parser&& head)
        : stream_{stream}, buffer_{buffer}, size_{head.content_length().value()}, parser_{std::move(head)} {}

    [[nodiscard]] std::size_t size() const override { return size_; }
    Result<void> rewind() override {
        if (!has_begun_) return {};
        return error(ErrorKind::invalid, "a body that has come doesn't come again");
    }
    Result<std::size_t> read(std::span<char> room) override {
        has_begun_ = true;
        auto& body = parser_.get().body();
        body.data = room.data();
        body.size = room.size();
        while (!parser_.is_done() && body.size == room.size()) {
            beast::error_code failure;
            beast::http::read_some(stream_, buffer_, parser_, failure);
            if (failure && failure != beast::http::error::need_buffer)
                return error(ErrorKind::unavailable, "the body was cut off: " + failure.message());
        }
        return room.size() - body.size;
    }
    /// False when the peer has gone.
    bool pass_over() {
        std::string piece(std::size_t{64} << 10, '\0');
        while (true) {
            const auto size = read(piece);
            if (!size || *size == 0) return size.has_value();
        }
    }

  private:
    tls::Stream& stream_;
    beast::flat_buffer& buffer_;
    std::size_t size_;
    beast::http::request_parser<beast::http::buffer_body> parser_;
    bool has_begun_ = false;
};

class Session {
  public:
    Session(SSL_CTX& context, int socket, Handler& handler, const SessionLimits& limits)
        : handler_{handler}, limits_{limits}, stream_{context, socket} {}

    void run() {
        if (!stream_.handshake()) return;
        while (serve_one()) {
        }
    }

  private:
    /// Whether another request may follow.
    bool serve_one() {
        Parser parser;
        parser.header_limit(
            static_cast<std::uint32_t>(limits_.target_bytes_max + 2 * limits_.header_bytes_max));
        parser.body_limit(limits_.body_bytes_max);
        beast::error_code failure;
        beast::http::read_header(stream_, buffer_, parser, failure);
        if (const int status = refusal(parser, failure, limits_); status != 0) return refuse(status);
        if (failure) return goodbye();

        auto request = head_of(parser);
        const auto form = form_of(parser);
        if (!parser.is_done()) {
            if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue") &&
                !(stream_.write("HTTP/1.1 100 Continue\r\n\r\n") && stream_.flush())) {
                return false;
            }
            if (parser.content_length().value_or(0) >= large_body_bytes &&
                handler_.reads_as_it_comes(request)) {
                ArrivingBody body{stream_, buffer_, std::move(parser)};
                request.source = &body;
                return answer(form, request, &body);
            }
            beast::http::read(stream_, buffer_, parser, failure);
            if (const int status = refusal(parser, failure, limits_); status != 0) return refuse(status);
            if (failure) return false;
        }
        request.body = std::move(parser.get().body());
        return answer(form, request);
    }

    [[nodiscard]] AnswerForm form_of(const Parser& parser) const {
        const auto& message = parser.get();
        return {
            .has_body = message.method() != beast::http::verb::head,
            .may_gzip =
                limits_.compresses && accepts_gzip(text(message[beast::http::field::accept_encoding])),
            .may_chunk = message.version() >= 11,
            .keeps_open = message.keep_alive(),
        };
    }

    bool answer(const AnswerForm& form, const Request& request, ArrivingBody* body = nullptr) {
        SocketExchange exchange{stream_, form};
        try {
            handler_.answer(request, exchange);
        } catch (const std::exception&) {
            // An answer that had begun is cut by settle; otherwise the peer gets a plain 500.
        }
        // Whoever is still sending wouldn't read the answer.
        const bool has_come = body == nullptr || body->pass_over();
        if (exchange.settle() && has_come) return true;
        return goodbye();
    }

    bool refuse(int status) {
        SocketExchange exchange{stream_, AnswerForm{.keeps_open = false}};
        exchange.reply(Response{.status = status});
        return goodbye();
    }

    bool goodbye() {
        stream_.close(goodbye_patience);
        return false;
    }

    Handler& handler_;
    const SessionLimits& limits_;
    tls::Stream stream_;
    beast::flat_buffer buffer_{std::size_t{256} << 10};
};

}  // namespace

void serve_connection(SSL_CTX& context, int socket, Handler& handler, const SessionLimits& limits) {
    Session{context, socket, handler, limits}.run();
}

}  // namespace koppla::http
