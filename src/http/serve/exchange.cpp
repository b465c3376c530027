#include "http/serve/exchange.h"

#include "base/clock.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

namespace koppla::http {
namespace {

constexpr std::size_t pending_bytes_max = std::size_t{64} << 10;
constexpr std::size_t gzip_bytes_min = 1024;

/// Fields that the framing of the connection decides, not the handler.
bool is_framing(std::string_view name) {
    static constexpr std::array<std::string_view, 4> names = {"Content-Length", "Transfer-Encoding",
                                                              "Connection", "Keep-Alive"};
    return std::any_of(names.begin(), names.end(), [&](auto each) {
        return boost::beast::iequals(boost::beast::string_view{each.data(), each.size()},
                                     boost::beast::string_view{name.data(), name.size()});
    });
}

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool can_be_sent(const Response& response) {
    return response.status >= 200 && response.status <= 599 &&
           std::all_of(response.headers.begin(), response.headers.end(), [](const auto& field) {
               return is_one_line(field.first) && is_one_line(field.second) && !field.first.empty();
           });
}

bool has_no_body(int status) {
    return status == 204 || status == 304;
}

std::optional<std::size_t> promised_length(const Headers& headers) {
    const auto text = headers.find("Content-Length");
    std::size_t length = 0;
    if (!text) return std::nullopt;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), length);
    if (failure != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return length;
}

}  // namespace

std::string SocketExchange::head_text(const Response& response, const std::string& framing) {
    const auto reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
    auto text =
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, std::string_view{reason.data(), reason.size()});
    for (const auto& [name, value] : response.headers) {
        if (!is_framing(name)) text += fmt::format("{}: {}\r\n", name, value);
    }
    if (const auto connection = response.headers.find("Connection"); connection && *connection == "close") {
        form_.keeps_open = false;
    }
    if (!response.headers.find("Date")) text += "Date: " + format_http_date(SystemClock{}.now()) + "\r\n";
    if (gzip_) text += "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n";
    text += framing;
    text += form_.keeps_open ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return text;
}

void SocketExchange::reply(Response response) {
    if (state_ != State::fresh) return give_up();
    if (!can_be_sent(response)) response = Response{.status = 500};
    if (form_.may_gzip && response.body.size() > gzip_bytes_min && !has_no_body(response.status) &&
        !response.headers.find("Content-Encoding")) {
        gzip_.emplace();
        auto zipped = gzip_->put(response.body);
        zipped += gzip_->finish();
        response.body = std::move(zipped);
    }
    const auto framing = has_no_body(response.status)
                             ? std::string{}
                             : fmt::format("Content-Length: {}\r\n", response.body.size());
    auto head = head_text(response, framing);
    const bool sends_body = form_.has_body && !has_no_body(response.status);
    state_ = State::done;
    // One record for a small answer; a large body is not copied.
    const bool is_small = response.body.size() < (std::size_t{16} << 10);
    if (sends_body && is_small) head += response.body;
    bool arrives = stream_.write(head);
    if (sends_body && !is_small) arrives = arrives && stream_.write(response.body);
    if (!arrives || !stream_.flush()) give_up();
}

void SocketExchange::begin(Response head) {
    if (state_ != State::fresh) return give_up();
    if (!can_be_sent(head)) return reply(Response{.status = 500});
    is_silent_ = !form_.has_body || has_no_body(head.status);
    bytes_left_ = promised_length(head.headers);
    if (form_.may_gzip && form_.may_chunk && !has_no_body(head.status) &&
        !head.headers.find("Content-Encoding") && bytes_left_.value_or(gzip_bytes_min + 1) > gzip_bytes_min) {
        gzip_.emplace();
        bytes_left_.reset();
    }
    std::string framing;
    if (bytes_left_) {
        framing = fmt::format("Content-Length: {}\r\n", *bytes_left_);
    } else if (form_.may_chunk && !has_no_body(head.status)) {
        framing = "Transfer-Encoding: chunked\r\n";
        is_chunked_ = true;
    } else if (!has_no_body(head.status)) {
        form_.keeps_open = false;  // HTTP/1.0: the end of the connection is the end of the body
    }
    if (is_silent_) bytes_left_.reset();
    state_ = State::streaming;
    if (!stream_.write(head_text(head, framing))) give_up();
    if (!head.body.empty()) write(head.body);
}

bool SocketExchange::write(std::string_view bytes) {
    if (state_ != State::streaming) return false;
    if (is_silent_ || bytes.empty()) return true;
    if (!put_encoded(bytes)) give_up();
    return state_ == State::streaming;
}

bool SocketExchange::put_encoded(std::string_view bytes) {
    if (!gzip_) return put_framed(bytes);
    const auto zipped = gzip_->put(bytes);
    return zipped.empty() || put_framed(zipped);
}

bool SocketExchange::put_framed(std::string_view bytes) {
    if (bytes_left_) {
        if (bytes.size() > *bytes_left_) return false;
        *bytes_left_ -= bytes.size();
    }
    if (pending_.size() + bytes.size() < pending_bytes_max) {
        pending_ += bytes;
        return true;
    }
    if (!flush_pending()) return false;
    if (bytes.size() < pending_bytes_max) {
        pending_ = bytes;
        return true;
    }
    if (!is_chunked_) return stream_.write(bytes);
    return stream_.write(fmt::format("{:x}\r\n", bytes.size())) && stream_.write(bytes) &&
           stream_.write("\r\n");
}

bool SocketExchange::flush_pending() {
    if (pending_.empty()) return true;
    const auto framed = is_chunked_ ? fmt::format("{:x}\r\n{}\r\n", pending_.size(), pending_) : pending_;
    pending_.clear();
    return stream_.write(framed);
}

bool SocketExchange::flush() {
    if (state_ != State::streaming) return false;
    if (!flush_pending() || !stream_.flush()) give_up();
    return state_ == State::streaming;
}

void SocketExchange::end() {
    if (state_ != State::streaming) return;
    bool is_whole = bytes_left_.value_or(0) == 0;
    if (!is_silent_) {
        if (gzip_) is_whole = is_whole && put_framed(gzip_->finish());
        is_whole = flush_pending() && is_whole;
        if (is_chunked_) is_whole = is_whole && stream_.write("0\r\n\r\n");
    }
    if (!is_whole || !stream_.flush()) return give_up();
    state_ = State::done;
}

void SocketExchange::cut() {
    if (state_ == State::cut) return;
    if (state_ == State::streaming) flush_pending();
    give_up();
}

void SocketExchange::give_up() {
    state_ = State::cut;
    stream_.cut();
}

bool SocketExchange::settle() {
    if (state_ == State::fresh) reply(Response{.status = 500});
    if (state_ == State::streaming) cut();
    return state_ == State::done && form_.keeps_open;
}

}  // namespace koppla::http
