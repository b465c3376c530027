#pragma once

#include "base/test/manual_clock.h"
#include "crm/connector.h"
#include "crm/salesforce/connector.h"
#include "crm/test/script.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace koppla::salesforce::test {

using koppla::test::Answer;
using koppla::test::MemoryTokens;
using koppla::test::ScriptedClient;
using koppla::test::TextSink;

inline const std::string server = "https://acme.my.salesforce.com";

inline std::string token_answer(const std::string& token, const std::string& instance = server) {
    return R"({"access_token":")" + token + R"(","instance_url":")" + instance +
           R"(","id":"https://login.salesforce.com/id/00Dxx0000000001EAA/005xx0000000001AAA"})";
}

/// Answers the question for versions, and leaves everything else to the test.
inline ScriptedClient::Script with_versions(ScriptedClient::Script rest) {
    return [rest = std::move(rest)](const http::Request& request) -> Answer {
        if (request.target.ends_with("/services/data")) {
            return {
                .body = R"([{"version":"48.0"},{"version":"60.0"},{"version":"99.0"},{"version":"68.0"}])",
                .headers = {{"Date", "Sun, 01 Nov 2026 10:00:00 GMT"}}};
        }
        return rest(request);
    };
}

/// Answers logins too.
inline ScriptedClient::Script with_login(ScriptedClient::Script rest) {
    return with_versions([rest = std::move(rest)](const http::Request& request) -> Answer {
        if (request.target.ends_with("/services/oauth2/token")) return {.body = token_answer("token1")};
        return rest(request);
    });
}

/// A connector and everything around it.
struct Org {
    explicit Org(ScriptedClient::Script script) : client{std::move(script)} { connect(); }

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

    model::Settings settings = {{"server", server}, {"auth", "client-credentials"}, {"client-id", "app"}};
    Secrets secrets = {{"client-secret", Secret{"s3cret"}}};
    ScriptedClient client;
    MemoryTokens tokens;
    ManualClock clock;
    std::unique_ptr<CrmConnector> connector;
    Call call;
};

inline model::ObjectSchema contact_schema() {
    using model::Kind;
    const auto field = [](std::string name, Kind kind) {
        return model::FieldSchema{
            .name = std::move(name), .label = "", .remote_type = "", .type = {.kind = kind}};
    };
    model::ObjectSchema schema{.name = "Contact", .label = "Contact", .key = "Id", .stamp = "SystemModstamp"};
    schema.removal_flag = "IsDeleted";
    schema.fields = {field("Id", Kind::identifier),       field("Name", Kind::text),
                     field("AccountId", Kind::reference), field("SystemModstamp", Kind::instant),
                     field("Birthdate", Kind::date),      field("Account.Name", Kind::text),
                     field("IsDeleted", Kind::boolean)};
    return schema;
}

/// The decoded statement of a query request.
inline std::string statement_of(const http::Request& request) {
    const auto query = request.target.find('?');
    return query == std::string::npos ? ""
                                      : http::form_value(request.target.substr(query + 1), "q").value_or("");
}

}  // namespace koppla::salesforce::test
