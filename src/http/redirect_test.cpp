#include "http/redirect.h"

#include <future>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace koppla::http {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A connection to the listener, as a browser has one.
class Browser {
  public:
    explicit Browser(std::uint16_t port) : descriptor_{::socket(AF_INET, SOCK_STREAM, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ~Browser() { ::close(descriptor_); }
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    void say(const std::string& text) const {
        (void)!::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    }
    [[nodiscard]] std::string answer() const {
        std::string all;
        std::string piece(4096, '\0');
        ssize_t got = 0;
        while ((got = ::recv(descriptor_, piece.data(), piece.size(), 0)) > 0)
            all.append(piece, 0, static_cast<std::size_t>(got));
        return all;
    }

  private:
    int descriptor_;
};

class Redirect : public testing::Test {
  protected:
    Redirect() {
        waiting = std::async(std::launch::async, [this] {
            return listener->wait([](std::string_view target) { return target == "/back?code=c&state=s"; },
                                  "Logged in.", {.stop = stop.get_token()});
        });
    }
    ~Redirect() override { stop.request_stop(); }
    [[nodiscard]] std::string get(const std::string& text) const {
        const Browser browser{listener->port()};
        browser.say(text);
        return browser.answer();
    }

    std::unique_ptr<RedirectListener> listener = RedirectListener::start(0).value();
    std::stop_source stop;
    std::future<Result<std::string>> waiting;
};

TEST_F(Redirect, TheAnswerIsTakenInPiecesAndThePersonIsThanked) {
    const Browser idle{listener->port()};  // opened ahead and never used
    const Browser browser{listener->port()};
    browser.say("GET /back?code=c&st");
    browser.say("ate=s HTTP/1.1\r\nHost: localhost\r\n");
    browser.say("\r\n");
    EXPECT_THAT(browser.answer(), HasSubstr("Logged in."));
    EXPECT_EQ(waiting.get().value(), "/back?code=c&state=s");
}

TEST_F(Redirect, WhateverElseComesIsTurnedAwayAndTheWaitingGoesOn) {
    for (const std::string& text : {std::string{"GET /favicon.ico HTTP/1.1\r\n\r\n"},
                                    std::string{"GET /back?code=evil&state=x HTTP/1.1\r\n\r\n"},
                                    std::string{"POST /back?code=c&state=s HTTP/1.1\r\n\r\n"},
                                    std::string{"GET /<script> HTTP/1.1\r\n\r\n"},
                                    std::string{"\x16\x03\x01\r\n\r\n"}, std::string{"GET\r\n\r\n"}}) {
        const std::string answer = get(text);
        EXPECT_THAT(answer, HasSubstr("404 Not Found")) << text;
        EXPECT_THAT(answer, Not(HasSubstr("script")));
        EXPECT_THAT(answer, Not(HasSubstr("evil")));
    }
    EXPECT_EQ(get(std::string(100'000, 'x')), "");
    for (int i = 0; i < 40; ++i) const Browser gone{listener->port()};
    EXPECT_THAT(get("GET /back?code=c&state=s HTTP/1.1\r\n\r\n"), HasSubstr("200 OK"));
    EXPECT_TRUE(waiting.get());
}

TEST_F(Redirect, AStopEndsTheWaiting) {
    stop.request_stop();
    const auto answer = waiting.get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::cancelled);
}

TEST_F(Redirect, APortThatAnotherProgramHasIsAConflict) {
    const auto second = RedirectListener::start(listener->port());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::conflict);
}

}  // namespace
}  // namespace koppla::http
