#include "http/server.h"

#include "http/loopback_test.h"
#include "http/tls/pointer.h"

#include <csignal>
#include <future>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace koppla::http {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A TLS connection on which a test writes bytes of its own choice.
class Wire {
  public:
    explicit Wire(const Loopback& loopback) : context_{SSL_CTX_new(TLS_client_method())} {
        // A server that ends may have cut the connection before OpenSSL says goodbye on it.
        [[maybe_unused]] static const auto former = std::signal(SIGPIPE, SIG_IGN);
        SSL_CTX_load_verify_file(context_.get(), loopback.ca_file.c_str());
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        bio_.reset(BIO_new_ssl_connect(context_.get()));
        BIO_set_conn_hostname(bio_.get(), ("127.0.0.1:" + std::to_string(loopback.server->port())).c_str());
        if (BIO_do_connect(bio_.get()) != 1) ADD_FAILURE() << tls::last_failure();
    }

    void write(const std::string& bytes) {
        ASSERT_EQ(BIO_write(bio_.get(), bytes.data(), static_cast<int>(bytes.size())), bytes.size());
    }
    /// What comes until it ends with `end`, or the connection does.
    std::string read(const std::string& end) {
        std::string text;
        char c = 0;
        while (!text.ends_with(end) && BIO_read(bio_.get(), &c, 1) == 1) text += c;
        return text;
    }
    /// What comes until the connection ends.
    std::string read_all() {
        std::string text;
        std::string piece(10'000, '\0');
        int size = 0;
        while ((size = BIO_read(bio_.get(), piece.data(), static_cast<int>(piece.size()))) > 0) {
            text.append(piece, 0, static_cast<std::size_t>(size));
        }
        return text;
    }
    /// Whether the server said goodbye, as opposed to cutting.
    bool has_ended_properly() {
        SSL* ssl = nullptr;
        BIO_get_ssl(bio_.get(), &ssl);
        return (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
    }

  private:
    tls::ContextPointer context_;
    tls::BioPointer bio_;
};

/// Answers with what it was asked, in short.
void echo(const Request& request, Exchange& exchange) {
    exchange.reply({.status = 200,
                    .headers = {{"x-AsGiven", "1"}},
                    .body = request.method + " " + request.target + " [" + request.body + "]"});
}

std::string unzipped(const std::string& zipped) {
    std::string text(1 << 20, '\0');
    z_stream z{};
    inflateInit2(&z, 15 + 16);
    z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(zipped.data()));
    z.avail_in = static_cast<uInt>(zipped.size());
    z.next_out = reinterpret_cast<Bytef*>(text.data());
    z.avail_out = static_cast<uInt>(text.size());
    EXPECT_EQ(inflate(&z, Z_FINISH), Z_STREAM_END);
    text.resize(z.total_out);
    inflateEnd(&z);
    return text;
}

TEST(Server, answers_several_requests_on_one_connection) {
    Loopback loopback{echo};
    Wire wire{loopback};
    for (const std::string body : {"abc", "", "12345"}) {
        wire.write("POST /x%20y?z HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\n\r\n" + body);
        const auto answer = wire.read("]");
        EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nx-AsGiven: 1\r\n"),
                                  HasSubstr("\r\nDate: "), HasSubstr(" GMT\r\n"), HasSubstr("keep-alive"),
                                  EndsWith("POST /x%20y?z [" + body + "]")));
    }
}

TEST(Server, answers_requests_that_come_in_one_piece_in_their_order) {
    Loopback loopback{echo};
    Wire wire{loopback};
    wire.write("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const auto answers = wire.read_all();
    EXPECT_LT(answers.find("GET /1 []"), answers.find("GET /2 []"));
    EXPECT_THAT(answers, EndsWith("GET /2 []"));
    EXPECT_TRUE(wire.has_ended_properly());
}

TEST(Server, takes_chunked_bodies) {
    Loopback loopback{echo};
    Wire wire{loopback};
    wire.write("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;x=y\r\nde");
    wire.write("fgh\r\n0\r\nTrailer: t\r\n\r\n");
    EXPECT_THAT(wire.read("]"), EndsWith("PUT / [abcdefgh]"));
}

TEST(Server, asks_for_the_body_of_a_peer_that_waits_for_it) {
    Loopback loopback{echo};
    Wire wire{loopback};
    wire.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(wire.read("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    wire.write("ok");
    EXPECT_THAT(wire.read("]"), EndsWith("POST / [ok]"));
}

TEST(Server, takes_urls_and_headers_of_30_kib_each) {
    Loopback loopback{[](const Request& request, Exchange& exchange) {
        exchange.reply({.status = 200,
                        .body = std::to_string(request.target.size()) + "," +
                                std::to_string(request.headers.find("X")->size()) + "]"});
    }};
    Wire wire{loopback};
    const std::string large(30 << 10, 'a');
    wire.write("GET /" + large + " HTTP/1.1\r\nX: " + large + "\r\n\r\n");
    EXPECT_THAT(wire.read("]"), EndsWith("30721,30720]"));
}

std::string put(const std::string& target, std::size_t size) {
    return "PUT " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

TEST(Server, leaves_a_large_body_to_a_handler_that_reads_it_as_it_comes) {
    const std::string large(3'000'000, 'x');
    std::string come;
    Loopback loopback{[&](const Request& request, Exchange& exchange) {
        std::string piece(100'000, '\0');
        while (request.target == "/read") {
            const auto size = request.source->read(piece).value();
            if (size == 0) break;
            come.append(piece, 0, size);
        }
        const bool is_on_its_way = request.source != nullptr;
        exchange.reply({.status = 200,
                        .body = is_on_its_way ? std::to_string(request.source->size()) + "]" : request.body});
    }};
    loopback.handler.is_reading = true;
    Wire wire{loopback};
    for (const std::string target : {"/read", "/passed_over"}) {
        wire.write(put(target, large.size()) + large);
        EXPECT_THAT(wire.read("]"), EndsWith("\r\n\r\n3000000]"));
    }
    wire.write(put("/small", 4) + "abc]");
    EXPECT_THAT(wire.read("]"), EndsWith("\r\n\r\nabc]"));
    EXPECT_EQ(come, large);
}

TEST(Server, tells_a_handler_of_a_body_that_is_cut_off) {
    std::promise<ErrorKind> told;
    Loopback loopback{[&](const Request& request, Exchange& exchange) {
        std::string piece(100'000, '\0');
        auto size = request.source->read(piece);
        while (size && *size > 0) size = request.source->read(piece);
        told.set_value(size ? ErrorKind::invalid : size.error().kind);
        exchange.reply({.status = 500});
    }};
    loopback.handler.is_reading = true;
    Wire{loopback}.write(put("/", 3'000'000) + std::string(2'000'000, 'x'));
    EXPECT_EQ(told.get_future().get(), ErrorKind::unavailable);
}

TEST(Server, refuses_what_is_too_large_or_broken_and_closes) {
    Loopback loopback{echo, {.body_bytes_max = 1000}};
    const std::string large(33 << 10, 'a');
    const std::string huge(200 << 10, 'a');
    const std::vector<std::pair<std::string, std::string>> table = {
        {"GET /" + large + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
        {"GET /" + huge + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
        {"GET / HTTP/1.1\r\nX: " + large + "\r\n\r\n", "431"},
        {"GET / HTTP/1.1\r\nX: " + huge + "\r\n\r\n", "431"},
        {"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'b'), "413"},
        {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'b') +
             "\r\n0\r\n\r\n",
         "413"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
        {"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        {"nonsense\r\n\r\n", "400"},
        {"GET / HTTP/9.9\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"},
    };
    for (const auto& [request, status] : table) {
        Wire wire{loopback};
        wire.write(request);
        EXPECT_THAT(wire.read_all(),
                    AllOf(StartsWith("HTTP/1.1 " + status + " "), HasSubstr("Connection: close")))
            << request.substr(0, 60);
    }
    EXPECT_EQ(loopback.handler.requests, 0);
}

TEST(Server, zips_only_for_peers_that_take_it_and_bodies_that_are_worth_it) {
    const std::string text(5000, 't');
    Loopback loopback{[&](const Request& request, Exchange& exchange) {
        if (request.target == "/small") return exchange.reply({.status = 200, .body = "small"});
        if (request.target == "/reply") return exchange.reply({.status = 200, .body = text});
        exchange.begin({.status = 200, .headers = {{"Content-Length", "5000"}}});
        exchange.write(text.substr(0, 1));
        exchange.write(text.substr(1));
        exchange.end();
    }};
    const auto ask = [&](const std::string& path, const std::string& accept) {
        Wire wire{loopback};
        wire.write("GET " + path + " HTTP/1.1\r\nAccept-Encoding: " + accept +
                   "\r\nConnection: close\r\n\r\n");
        return wire.read_all();
    };
    const auto reply = ask("/reply", "deflate, GZIP;q=0.5");
    EXPECT_THAT(reply, AllOf(HasSubstr("Content-Encoding: gzip"), HasSubstr("Vary: Accept-Encoding")));
    EXPECT_EQ(unzipped(reply.substr(reply.find("\r\n\r\n") + 4)), text);
    EXPECT_THAT(ask("/stream", "gzip"), AllOf(HasSubstr("Content-Encoding: gzip"), HasSubstr("chunked"),
                                              Not(HasSubstr("Content-Length"))));
    EXPECT_THAT(ask("/small", "gzip"), Not(HasSubstr("gzip")));
    for (const std::string refusal : {"", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "xgzip"}) {
        EXPECT_THAT(ask("/reply", refusal), AllOf(Not(HasSubstr("Content-Encoding")), EndsWith(text)))
            << refusal;
    }
    EXPECT_THAT(ask("/stream", "identity"),
                AllOf(HasSubstr("Content-Length: 5000\r\n"), EndsWith("\r\n\r\n" + text)));
}

TEST(Server, does_not_zip_where_it_is_told_not_to) {
    Loopback loopback{replies({.status = 200, .body = std::string(5000, 't')}), {.compresses = false}};
    Wire wire{loopback};
    wire.write("GET / HTTP/1.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(wire.read_all(), AllOf(HasSubstr("Content-Length: 5000"), Not(HasSubstr("gzip"))));
}

TEST(Server, streams_writes_of_any_size) {
    std::string whole;
    Loopback loopback{[&](const Request&, Exchange& exchange) {
        exchange.begin({.status = 200});
        for (std::size_t size = 1; size < 300'000; size = size * 3 + 1) {
            const std::string piece(size, static_cast<char>('a' + size % 26));
            whole += piece;
            ASSERT_TRUE(exchange.write(piece));
        }
        exchange.end();
    }};
    for (const bool zips : {false, true}) {
        whole.clear();
        auto transport = loopback.transport();
        transport.accepts_gzip = zips;
        CurlClient client{transport};
        const auto response = send_text(client, {.target = loopback.url()}, {});
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->body, whole);
    }
}

TEST(Server, ends_the_body_with_the_connection_for_http_1_0) {
    Loopback loopback{[](const Request&, Exchange& exchange) {
        exchange.begin({.status = 200});
        exchange.write("old");
        exchange.end();
    }};
    Wire wire{loopback};
    wire.write("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(wire.read_all(), AllOf(Not(HasSubstr("chunked")), EndsWith("\r\n\r\nold")));
    EXPECT_TRUE(wire.has_ended_properly());
}

TEST(Server, sends_no_body_where_none_may_be) {
    Loopback loopback{[](const Request& request, Exchange& exchange) {
        if (request.target == "/stream") {
            exchange.begin({.status = 200, .headers = {{"Content-Length", "4"}}});
            exchange.write("body");
            return exchange.end();
        }
        exchange.reply({.status = request.target == "/304" ? 304 : 200, .body = "body"});
    }};
    Wire wire{loopback};
    wire.write("HEAD /stream HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\n\r\nGET /304 HTTP/1.1\r\n\r\n");
    wire.write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    const auto answers = wire.read_all();
    EXPECT_EQ(answers.find("body"), answers.size() - 4);
    EXPECT_THAT(answers, HasSubstr("304 Not Modified"));
}

TEST(Server, says_500_where_the_handler_says_nothing_or_something_unsendable) {
    Loopback loopback{[](const Request& request, Exchange& exchange) {
        if (request.target == "/throws") throw std::runtime_error{"secret reason"};
        if (request.target == "/split")
            exchange.reply({.status = 200, .headers = {{"X", "a\r\nSet-Cookie: b"}}});
        if (request.target == "/status") exchange.reply({.status = 7});
    }};
    Wire wire{loopback};
    for (const std::string path : {"/throws", "/split", "/status", "/nothing"}) {
        wire.write("GET " + path + " HTTP/1.1\r\n\r\n");
        EXPECT_THAT(wire.read("\r\n\r\n"), AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("Set-Cookie")),
                                                 Not(HasSubstr("secret")), HasSubstr("Content-Length: 0")))
            << path;
    }
}

TEST(Server, cuts_without_a_goodbye) {
    Loopback loopback{[](const Request&, Exchange& exchange) {
        exchange.begin({.status = 200, .headers = {{"Content-Length", "10"}}});
        exchange.write("12345");
        exchange.cut();
        EXPECT_FALSE(exchange.write("6"));
    }};
    Wire wire{loopback};
    wire.write("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(wire.read_all(), EndsWith("\r\n\r\n12345"));
    EXPECT_FALSE(wire.has_ended_properly());
}

TEST(Server, tells_the_handler_that_the_peer_has_gone) {
    std::promise<bool> was_told;
    Loopback loopback{[&](const Request&, Exchange& exchange) {
        const std::string piece(1 << 20, 'x');
        exchange.begin({.status = 200});
        bool goes_on = true;
        for (int i = 0; i < 1000 && goes_on; ++i) goes_on = exchange.write(piece);
        was_told.set_value(!goes_on);
    }};
    {
        Wire wire{loopback};
        wire.write("GET / HTTP/1.1\r\n\r\n");
        wire.read("\r\n\r\n");
    }
    EXPECT_TRUE(was_told.get_future().get());
}

TEST(Server, ends_promptly_with_idle_and_half_made_connections_open) {
    auto loopback = std::make_optional<Loopback>(echo);
    Wire idle{*loopback};
    Wire halfway{*loopback};
    idle.write("GET / HTTP/1.1\r\n\r\n");
    idle.read("]");
    halfway.write("GET / HTT");
    const auto start = std::chrono::steady_clock::now();
    loopback->server.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{2});
    EXPECT_EQ(idle.read_all(), "");
}

TEST(Server, that_cannot_start_says_why) {
    Loopback loopback{echo};
    const auto key =
        loopback.folder.write("other.key", make_authority({.common_name = "x"})->private_key_pem);
    Listen listen{.certificate_file = loopback.certificate_file, .private_key_file = key};
    const auto wrong_key = Server::start(listen, loopback.handler);
    ASSERT_FALSE(wrong_key);
    EXPECT_THAT(wrong_key.error().message, HasSubstr(key));

    listen.certificate_file = "/nowhere/server.pem";
    const auto no_file = Server::start(listen, loopback.handler);
    ASSERT_FALSE(no_file);
    EXPECT_THAT(no_file.error().message, HasSubstr("/nowhere/server.pem"));

    const auto port_taken = Server::start({.port = loopback.server->port(),
                                           .certificate_file = loopback.certificate_file,
                                           .private_key_file = loopback.private_key_file},
                                          loopback.handler);
    ASSERT_FALSE(port_taken);
    EXPECT_THAT(port_taken.error().message,
                HasSubstr("127.0.0.1:" + std::to_string(loopback.server->port())));
}

}  // namespace
}  // namespace koppla::http
