#include "sandbox/serve.h"

#include "base/test/temporary_folder.h"
#include "http/curl_client.h"
#include "sandbox/files.h"

#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace koppla::sandbox {
namespace {

class Serve : public testing::Test {
  protected:
    std::unique_ptr<Running> start() {
        auto running =
            Running::start(ServeOptions{.org = {.state = folder_ / "org.db", .records = {{"Contact", 50}}},
                                        .ready_file = folder_ / "ready.json"},
                           clock_);
        EXPECT_TRUE(running) << running.error().message;
        return std::move(*running);
    }
    nlohmann::json ready() const {
        const auto text = read_file(folder_ / "ready.json");
        return nlohmann::json::parse(**text)["salesforce"];
    }
    /// What a client sees that trusts the ready file's authority and nothing else.
    static Result<http::Response> get(const nlohmann::json& ready, const std::string& path) {
        return send(ready, http::Request{.target = path});
    }
    static Result<http::Response> send(const nlohmann::json& ready, http::Request request) {
        http::CurlClient client{
            http::Transport{.ca_file = ready["ca"], .proxy = "", .allowed_hosts = {"127.0.0.1"}}};
        request.target = ready["url"].get<std::string>() + request.target;
        request.headers.add("Authorization", "Bearer " + ready["access_token"].get<std::string>());
        return http::send_text(client, request, Call{}.within(std::chrono::seconds{20}));
    }

    TemporaryFolder folder_;
    SystemClock clock_;
};

TEST_F(Serve, AnswersOverTlsAsTheReadyFileSays) {
    const auto running = start();
    const auto known = ready();
    EXPECT_EQ(known["url"], running->url());
    for (const auto* name : {"client_id", "client_secret", "username", "password", "security_token",
                             "access_token", "refresh_token", "private_key"})
        EXPECT_FALSE(known[name].get<std::string>().empty()) << name;
    const auto response = get(known, "//services/data/v68.0/query?q=SELECT+COUNT()+FROM+Contact");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, R"({"totalSize":50,"done":true,"records":[]})");
    EXPECT_EQ(response->headers.find("Sforce-Limit-Info"), "api-usage=1/100000");
}

TEST_F(Serve, AnswersForDynamicsAtAnAddressOfItsOwn) {
    const auto running = start();
    const auto known = nlohmann::json::parse(**read_file(folder_ / "ready.json"))["dynamics"];
    EXPECT_EQ(known["url"], running->dynamics_url());
    EXPECT_NE(known["url"], running->url());
    for (const auto* name : {"ca", "authority", "tenant", "client_id", "client_secret", "certificate",
                             "private_key", "key_id", "thumbprint", "username", "password"})
        EXPECT_FALSE(known[name].get<std::string>().empty()) << name;
    http::CurlClient client{
        http::Transport{.ca_file = known["ca"], .proxy = "", .allowed_hosts = {"127.0.0.1"}}};
    const auto call = Call{}.within(std::chrono::seconds{20});
    const auto login = http::send_text(
        client,
        http::Request{.method = "POST",
                      .target = known["authority"].get<std::string>() + "/oauth2/v2.0/token",
                      .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                      .body = http::form_body({{"grant_type", "client_credentials"},
                                               {"client_id", known["client_id"]},
                                               {"client_secret", known["client_secret"]},
                                               {"scope", running->dynamics_url() + "/.default"}})},
        call);
    ASSERT_TRUE(login) << login.error().message;
    const auto token = nlohmann::json::parse(login->body).value("access_token", "");
    const auto who =
        http::send_text(client,
                        http::Request{.target = running->dynamics_url() + "/api/data/v9.2/WhoAmI",
                                      .headers = {{"Authorization", "Bearer " + token}}},
                        call);
    ASSERT_TRUE(who) << who.error().message;
    EXPECT_EQ(who->status, 200) << who->body;
}

TEST_F(Serve, BreaksAnswersOnTheWire) {
    const auto running = start();
    const auto known = ready();
    const auto set = send(known, {.method = "POST",
                                  .target = "/sandbox/faults",
                                  .body = R"({"next":["cut","truncated-gzip","no-answer",)"
                                          R"({"kind":"stall","ms":20,"bytes":3}]})"});
    ASSERT_TRUE(set) << set.error().message;
    for (int i = 0; i < 3; ++i) {
        const auto broken = get(known, "/services/data/v68.0/sobjects/Contact/describe");
        EXPECT_FALSE(broken && nlohmann::json::accept(broken->body)) << i;
    }
    const auto stalled = get(known, "/services/data/v68.0/limits");
    ASSERT_TRUE(stalled) << stalled.error().message;
    EXPECT_TRUE(nlohmann::json::parse(stalled->body).contains("DailyApiRequests"));
}

TEST_F(Serve, StopsWhileAnAnswerStalls) {
    auto running = start();
    const auto known = ready();
    ASSERT_TRUE(send(known, {.method = "POST",
                             .target = "/sandbox/faults",
                             .body = R"({"next":[{"kind":"latency","ms":3600000}]})"}));
    std::jthread waiting{[&] { (void)get(known, "/services/data/v68.0/limits"); }};
    while (nlohmann::json::parse(get(known, "/sandbox/faults")->body)["next"].size() > 0)
        std::this_thread::yield();
    running.reset();
}

TEST_F(Serve, KeepsAuthorityCredentialsAndRowsBetweenStarts) {
    auto running = start();
    const auto before = ready();
    const auto authority = **read_file(folder_ / "org.db.ca.pem");
    running.reset();
    running = start();
    auto after = ready();
    EXPECT_EQ(**read_file(folder_ / "org.db.ca.pem"), authority);
    EXPECT_EQ(after["client_secret"], before["client_secret"]);
    EXPECT_EQ(after["access_token"], before["access_token"]);
    const auto response = get(after, "/services/data/v68.0/limits");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
}

TEST_F(Serve, KeepsItsKeysToItself) {
    const auto running = start();
    for (const auto* name : {"org.db.ca.key", "org.db.server.key", "org.db.jwt.key", "org.db.entra",
                             "org.db.entra.key", "ready.json"}) {
        struct stat status {};
        ASSERT_EQ(::stat((folder_ / name).c_str(), &status), 0) << name;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
    }
}

TEST_F(Serve, RemovesTheReadyFileOfAnEarlierStart) {
    ASSERT_TRUE(replace_file(folder_ / "ready.json", "{}", Readers::owner));
    const auto running = Running::start(
        ServeOptions{.org = {.state = folder_ / "missing" / "org.db"}, .ready_file = folder_ / "ready.json"},
        clock_);
    EXPECT_FALSE(running);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "ready.json"));
}

TEST_F(Serve, SaysWhatHindersIt) {
    const auto running =
        Running::start(ServeOptions{.org = {.state = folder_ / "missing" / "org.db"}}, clock_);
    ASSERT_FALSE(running);
    EXPECT_NE(running.error().message.find("missing"), std::string::npos) << running.error().message;
}

}  // namespace
}  // namespace koppla::sandbox
