#pragma once

#include "base/test/manual_clock.h"
#include "crm/dynamics/connector.h"
#include "crm/test/script.h"
#include "http/message.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace koppla::dynamics::test {

inline const std::string server = "https://acme.crm.dynamics.com";
inline const std::string root = server + "/api/data/v9.2/";

/// Answers logins, and leaves everything else to the test.
inline koppla::test::ScriptedClient::Script with_login(koppla::test::ScriptedClient::Script rest) {
    return [rest = std::move(rest)](const http::Request& request) -> koppla::test::Answer {
        if (request.target.ends_with("/oauth2/v2.0/token"))
            return {.body = R"({"token_type":"Bearer","expires_in":3599,"access_token":"token1"})"};
        return rest(request);
    };
}

/// A connector and everything around it.
struct Environment {
    explicit Environment(koppla::test::ScriptedClient::Script script)
        : client{with_login(std::move(script))} {
        connect();
    }

    void connect() {
        auto made = account_type.connect(ConnectorParts{.settings = settings,
                                                        .secrets = secrets,
                                                        .client = client,
                                                        .tokens = tokens,
                                                        .clock = clock,
                                                        .account = "acme"});
        if (!made) throw std::runtime_error(made.error().message);
        connector = std::move(*made);
    }

    model::Settings settings = {{"server", server},
                                {"auth", "client-secret"},
                                {"client-id", "11111111-2222-3333-4444-555555555555"},
                                {"tenant", "99999999-2222-3333-4444-555555555555"}};
    Secrets secrets = {{"client-secret", Secret{"s3cret"}}};
    koppla::test::ScriptedClient client;
    koppla::test::MemoryTokens tokens;
    ManualClock clock;
    std::unique_ptr<CrmConnector> connector;
    Call call;
};

/// What stands behind the root, decoded.
inline std::string asked(const http::Request& request) {
    return request.target.starts_with(root) ? http::percent_decode(request.target.substr(root.size()))
                                            : request.target;
}

}  // namespace koppla::dynamics::test
