#include "http/curl_client.h"
#include "http/loopback_test.h"
#include "http/relay_test.h"

#include <cstdlib>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A variable of the environment, set as long as this lives.
class Variable {
  public:
    Variable(const char* name, const std::string& value) : name_{name} {
        if (const char* old = std::getenv(name); old != nullptr) old_ = old;
        setenv(name, value.c_str(), 1);
    }
    ~Variable() {
        if (old_) {
            setenv(name_, old_->c_str(), 1);
        } else {
            unsetenv(name_);
        }
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
    std::optional<std::string> old_;
};

std::string address(const Relay& relay) {
    return "127.0.0.1:" + std::to_string(relay.port());
}

TEST(Connection, is_used_again_by_the_next_request) {
    Loopback loopback{replies({.status = 200, .body = std::string(5000, 'x')})};
    Relay relay{loopback.server->port(), Relay::Manner::plain};
    CurlClient client{loopback.transport()};
    for (int i = 0; i < 5; ++i) {
        const auto response = send_text(client, {.target = "https://" + address(relay) + "/"}, {});
        ASSERT_TRUE(response) << response.error().message;
    }
    EXPECT_EQ(loopback.handler.requests, 5);
    EXPECT_EQ(relay.connections, 1);
}

TEST(Connection, goes_through_the_proxy_that_is_given) {
    Loopback loopback{replies({.status = 200, .body = "here"})};
    Relay proxy{loopback.server->port(), Relay::Manner::proxy};
    auto transport = loopback.transport();
    transport.proxy = "http://" + address(proxy);
    const Variable exception{"NO_PROXY", "*"};  // isn't meant for a proxy that the account names
    CurlClient client{transport};
    const auto response = send_text(client, {.target = loopback.url()}, {});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "here");
    EXPECT_EQ(response->headers.find("X-Proxy"), std::nullopt);
    EXPECT_EQ(proxy.connections, 1);
    EXPECT_THAT(proxy.last_head(),
                StartsWith("CONNECT 127.0.0.1:" + std::to_string(loopback.server->port()) + " HTTP/1.1\r\n"));
}

TEST(Connection, heeds_the_environment_only_where_no_proxy_is_given) {
    Loopback loopback{replies({.status = 200})};
    Relay proxy{loopback.server->port(), Relay::Manner::proxy};
    const Variable lower{"https_proxy", "http://" + address(proxy)};
    const Variable upper{"HTTPS_PROXY", "http://" + address(proxy)};
    const Variable no_exception{"no_proxy", ""};
    auto transport = loopback.transport();

    transport.proxy = "";
    CurlClient direct{transport};
    EXPECT_TRUE(send_text(direct, {.target = loopback.url()}, {}));
    EXPECT_EQ(proxy.connections, 0);

    transport.proxy.reset();
    {
        const Variable exception{"no_proxy", "127.0.0.1"};
        CurlClient excepted{transport};
        EXPECT_TRUE(send_text(excepted, {.target = loopback.url()}, {}));
        EXPECT_EQ(proxy.connections, 0);
    }
    const Variable exception{"NO_PROXY", ""};
    CurlClient by_environment{transport};
    EXPECT_TRUE(send_text(by_environment, {.target = loopback.url()}, {}));
    EXPECT_EQ(proxy.connections, 1);
}

TEST(Connection, that_a_proxy_refuses_names_the_proxy_but_not_its_password) {
    Loopback loopback{replies({.status = 200})};
    Relay proxy{loopback.server->port(), Relay::Manner::refusing_proxy};
    auto transport = loopback.transport();
    transport.proxy = "http://me:geheim@" + address(proxy);
    CurlClient client{transport};
    const auto failure = failure_of(send_text(client, {.target = loopback.url()}, {}));
    EXPECT_EQ(failure.kind, ErrorKind::denied);
    EXPECT_THAT(failure.message, AllOf(HasSubstr("proxy"), HasSubstr(address(proxy)), HasSubstr("407"),
                                       Not(HasSubstr("geheim"))));
    EXPECT_EQ(loopback.handler.requests, 0);
}

TEST(Connection, that_fails_names_host_and_path_whatever_stands_in_them) {
    CurlClient client{{.allowed_hosts = {"127.0.0.1"}}};
    const auto failure =
        failure_of(send_text(client, {.target = "https://127.0.0.1:1/data/Find(By=@p1)"}, {}));
    EXPECT_THAT(failure.message, HasSubstr("https://127.0.0.1:1/data/Find(By=@p1)"));
    const auto named = failure_of(send_text(client, {.target = "https://me:ge@heim@127.0.0.1:1/a@b"}, {}));
    EXPECT_THAT(named.message, AllOf(HasSubstr("127.0.0.1:1/a@b"), Not(HasSubstr("heim"))));
}

TEST(Connection, to_a_proxy_that_is_not_there_is_unavailable_and_names_it) {
    std::optional<Relay> gone{std::in_place, std::uint16_t{1}, Relay::Manner::proxy};
    const auto where = address(*gone);
    gone.reset();
    CurlClient client{{.proxy = "http://me:geheim@" + where, .allowed_hosts = {"crm.example"}}};
    const auto failure = failure_of(send_text(client, {.target = "https://crm.example/"}, {}));
    EXPECT_EQ(failure.kind, ErrorKind::unavailable);
    EXPECT_THAT(failure.message, AllOf(HasSubstr("crm.example"), HasSubstr("proxy http://" + where),
                                       Not(HasSubstr("geheim"))));
}

}  // namespace
}  // namespace koppla::http
