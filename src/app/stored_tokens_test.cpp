#include "app/stored_tokens.h"

#include "crm/salesforce/connector.h"
#include "http/loopback_test.h"
#include "platform/fixture.h"

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace koppla {
namespace {

/// An org whose refresh tokens are good for one use: a second use of one ends them all.
class RotatingOrg {
  public:
    void operator()(const http::Request& request, http::Exchange& exchange) {
        const std::scoped_lock lock{mutex_};
        if (request.target == "/services/oauth2/token") {
            exchange.reply(renew(request));
        } else if (request.headers.find("Authorization") == "Bearer " + session_) {
            exchange.reply({.status = 200,
                            .body = request.target == "/services/data" ? R"([{"version":"60.0"}])"
                                                                       : R"({"sobjects":[]})"});
        } else {
            exchange.reply({.status = 401, .body = R"([{"errorCode":"INVALID_SESSION_ID","message":"x"}])"});
        }
    }
    void expire() {
        const std::scoped_lock lock{mutex_};
        session_ = "nobody's";
    }
    std::string url;
    std::atomic<int> renewals = 0;
    std::atomic<bool> is_revoked = false;

  private:
    http::Response renew(const http::Request& request) {
        if (is_revoked || http::form_value(request.body, "refresh_token") != good_) {
            is_revoked = true;
            return {
                .status = 400,
                .body = R"({"error":"invalid_grant","error_description":"expired access/refresh token"})"};
        }
        const std::string number = std::to_string(++renewals);
        good_ = "refresh" + number;
        session_ = "session" + number;
        return {.status = 200,
                .body = R"({"access_token":")" + session_ + R"(","refresh_token":")" + good_ +
                        R"(","instance_url":")" + url + R"("})"};
    }

    std::mutex mutex_;
    std::string good_ = "refresh0";
    std::string session_ = "session0";
};

/// A second process: forked while the test has no other thread, it does its work once for each `begin`.
class Program {
  public:
    explicit Program(const std::function<bool(const std::string& url)>& work) {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_.data()), 0);
        process_ = ::fork();
        if (process_ != 0) {
            ::close(ends_[1]);
            return;
        }
        ::close(ends_[0]);
        std::string url(256, '\0');
        for (ssize_t got = 0; (got = ::read(ends_[1], url.data(), url.size())) > 0;) {
            const char answer = work(url.substr(0, static_cast<std::size_t>(got))) ? '1' : '0';
            (void)!::write(ends_[1], &answer, 1);
        }
        ::_exit(0);
    }
    ~Program() {
        kill();
        ::close(ends_[0]);
        ::waitpid(process_, nullptr, 0);
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    void begin(const std::string& url) const { (void)!::write(ends_[0], url.data(), url.size()); }
    /// Waits for its end; a killed one did not succeed.
    [[nodiscard]] bool has_succeeded() const {
        char answer = '0';
        return ::read(ends_[0], &answer, 1) == 1 && answer == '1';
    }
    [[nodiscard]] bool is_done() const {
        pollfd end{.fd = ends_[0], .events = POLLIN, .revents = 0};
        return ::poll(&end, 1, 0) > 0;
    }
    void kill() const { ::kill(process_, SIGKILL); }

  private:
    std::array<int, 2> ends_{};
    pid_t process_ = 0;
};

class Tokens : public StoreTest {
  protected:
    Tokens() {
        // The loopback's server is set up by now; its address is part of the answers.
        org.url = loopback.url("");
        std::filesystem::copy_file(loopback.ca_file, ca_file());
        StoredTokens tokens{*store, "acme", clock};
        const auto renewal = tokens.begin_renewal({});
        EXPECT_TRUE((*renewal)->store({.access_token = Secret{"session0"},
                                       .refresh_token = Secret{"refresh0"},
                                       .instance_url = org.url,
                                       .identity = {}}));
    }

    /// Whether one process's worth of program, started anew, can list the objects.
    [[nodiscard]] bool can_list(const std::string& url) const {
        http::CurlClient client{
            {.ca_file = ca_file(), .proxy = "", .allowed_hosts = {"127.0.0.1", "localhost"}}};
        StoredTokens tokens{*store, "acme", clock};
        const auto connector = salesforce::account_type.connect(
            {.settings = {{"server", url}, {"auth", "browser"}, {"client-id", "app"}},
             .secrets = {},
             .client = client,
             .tokens = tokens,
             .clock = clock,
             .account = "acme"});
        return (*connector)->objects({}).has_value();
    }
    [[nodiscard]] bool can_list() const { return can_list(org.url); }

    [[nodiscard]] std::string ca_file() const { return (folder / "ca.pem").string(); }
    [[nodiscard]] std::vector<std::unique_ptr<Program>> forked() const {
        std::vector<std::unique_ptr<Program>> made;
        for (int i = 0; i < 6; ++i) {
            made.push_back(
                std::make_unique<Program>([this](const std::string& url) { return can_list(url); }));
        }
        return made;
    }

    SystemClock clock;
    std::vector<std::unique_ptr<Program>> programs = forked();
    RotatingOrg org;
    http::Loopback loopback{
        [this](const http::Request& request, http::Exchange& exchange) { org(request, exchange); }};
};

TEST_F(Tokens, OfManyWhoRenewAtOnceOneDoesAndTheOthersTakeItsSession) {
    for (int round = 1; round <= 3; ++round) {
        org.expire();
        std::atomic<int> successes = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 6; ++i) {
                threads.emplace_back([&] {
                    if (can_list()) ++successes;
                });
            }
        }
        EXPECT_EQ(successes, 6);
        EXPECT_EQ(org.renewals, round);
        EXPECT_FALSE(org.is_revoked);
    }
}

TEST_F(Tokens, TwoProcessesThatRenewAtOnceLoseNothing) {
    for (int round = 1; round <= 3; ++round) {
        org.expire();
        for (const auto& program : programs) program->begin(org.url);
        for (const auto& program : programs) EXPECT_TRUE(program->has_succeeded());
        EXPECT_EQ(org.renewals, round);
        EXPECT_FALSE(org.is_revoked);
    }
}

TEST_F(Tokens, ASessionIsRenewedWhileAnImportHoldsTheStore) {
    const auto import = begin(db::Access::write);
    org.expire();
    ASSERT_TRUE(can_list());
    ASSERT_TRUE(can_list());
    EXPECT_EQ(org.renewals, 1);
    StoredTokens tokens{*store, "acme", clock};
    EXPECT_EQ((*tokens.current({}))->refresh_token.reveal(), "refresh1");
}

TEST_F(Tokens, AUseThatWasBegunAndNotEndedIsRemembered) {
    StoredTokens tokens{*store, "acme", clock};
    {
        const auto renewal = *tokens.begin_renewal({});
        EXPECT_FALSE(renewal->is_in_doubt());
        ASSERT_TRUE(renewal->begin_use());
    }
    {
        const auto renewal = *tokens.begin_renewal({});
        EXPECT_TRUE(renewal->is_in_doubt());
        EXPECT_EQ(renewal->stored()->refresh_token.reveal(), "refresh0");
        ASSERT_TRUE(renewal->undo_use());
    }
    EXPECT_FALSE((*tokens.begin_renewal({}))->is_in_doubt());
    ASSERT_TRUE(tokens.remove({}));
    EXPECT_FALSE(*tokens.current({}));
    EXPECT_FALSE((*tokens.begin_renewal({}))->stored());
}

TEST_F(Tokens, AProcessKilledAfterItsRenewalLeavesAUsableToken) {
    int killed_after_the_renewal = 0;
    for (const auto& program : programs) {
        org.expire();
        const std::string expected = "refresh" + std::to_string(org.renewals + 1);
        program->begin(org.url);
        // Once the file holds the new token, the process may die at any moment.
        StoredTokens tokens{*store, "acme", clock};
        while (!program->is_done() && (*tokens.current({}))->refresh_token.reveal() != expected) {
        }
        if (!program->is_done()) ++killed_after_the_renewal;
        program->kill();
        (void)program->has_succeeded();
        ASSERT_TRUE(can_list());
        EXPECT_FALSE(org.is_revoked);
    }
    EXPECT_GT(killed_after_the_renewal, 0);
}

}  // namespace
}  // namespace koppla
