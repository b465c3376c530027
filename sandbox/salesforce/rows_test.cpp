#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

class RowsTest : public SandboxTest {
  protected:
    http::Response call(std::string method, std::string path, const json& body = nullptr,
                        std::string_view version = "v68.0") {
        http::Headers headers;
        if (!body.is_null()) headers.add("Content-Type", "application/json");
        return ask(std::move(method), "/services/data/" + std::string{version} + std::move(path),
                   body.is_null() ? std::string{} : body.dump(), std::move(headers));
    }
    std::string existing() { return records("SELECT Id FROM Contact LIMIT 1")[0]["Id"]; }
};

TEST_F(RowsTest, CreatesARow) {
    const auto response =
        call("POST", "/sobjects/contact", {{"LastName", "Ünal"}, {"Email", "u@example.com"}});
    ASSERT_EQ(response.status, 201) << response.body;
    const auto body = read_body(response);
    EXPECT_EQ(body["success"], true);
    EXPECT_EQ(body["errors"], json::array());
    const auto id = body["id"].get<std::string>();
    EXPECT_EQ(id.size(), 18U);
    EXPECT_EQ(header(response, "Location"), "/services/data/v68.0/sobjects/Contact/" + id);
    EXPECT_EQ(get("/sobjects/Contact/" + id)["LastName"], "Ünal");
}

TEST_F(RowsTest, ReadsTheFieldsThatAreAsked) {
    const auto id = new_contact("Kim");
    const auto row = get("/sobjects/Contact/" + id.substr(0, 15) + "?fields=Id,%20LastName");
    EXPECT_EQ(row["Id"], id);
    EXPECT_EQ(row["LastName"], "Kim");
    EXPECT_EQ(row.size(), 3U);
    EXPECT_EQ(error_code(call("GET", "/sobjects/Contact/" + id + "?fields=Nothing__c")), "INVALID_FIELD");
}

TEST_F(RowsTest, ReadsTheLoginUser) {
    const auto user = read_body(ask("GET", "/services/data/v51.0/sobjects/User/" + org_->user_id()));
    EXPECT_EQ(user["Username"], services_->credentials.username);
}

TEST_F(RowsTest, UpdatesAndClears) {
    const auto id = new_contact("Old");
    const auto path = "/sobjects/Contact/" + id;
    const auto response = call("PATCH", path, {{"LastName", "New"}, {"Email", "a@example.com"}});
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(call("POST", path + "?_HttpMethod=PATCH", {{"Email", nullptr}}).status, 204);
    const auto row = get(path);
    EXPECT_EQ(row["LastName"], "New");
    EXPECT_TRUE(row["Email"].is_null());
}

TEST_F(RowsTest, DeletesOnce) {
    const auto path = "/sobjects/Contact/" + new_contact("Gone");
    EXPECT_EQ(call("DELETE", path).status, 204);
    for (const auto* method : {"DELETE", "GET"}) {
        const auto again = call(method, path);
        EXPECT_EQ(again.status, 404) << method;
        EXPECT_EQ(error_code(again), "ENTITY_IS_DELETED") << method;
    }
}

TEST_F(RowsTest, TellsMissingRowsFromBadIds) {
    const auto missing = "/sobjects/Contact/" + existing().substr(0, 3) + "00000ZZZZZZZ";
    EXPECT_EQ(call("GET", missing).status, 404);
    EXPECT_EQ(error_code(call("GET", missing)), "NOT_FOUND");
    EXPECT_EQ(call("PATCH", missing, {{"LastName", "x"}}).status, 404);
    const auto malformed = call("GET", "/sobjects/Contact/not-an-id");
    EXPECT_EQ(malformed.status, 400);
    EXPECT_EQ(error_code(malformed), "MALFORMED_ID");
    EXPECT_EQ(read_body(malformed)[0]["fields"], json::array({"Id"}));
}

TEST_F(RowsTest, SaysWhatIsWrongWithARow) {
    const auto missing = call("POST", "/sobjects/Contact", {{"FirstName", "x"}});
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(
        missing.body,
        R"([{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}])");
    EXPECT_EQ(error_code(call("POST", "/sobjects/Contact", {{"LastName", "x"}, {"Nope__c", 1}})),
              "INVALID_FIELD");
    EXPECT_EQ(error_code(call("POST", "/sobjects/Contact", {{"LastName", std::string(300, 'x')}})),
              "STRING_TOO_LONG");
    EXPECT_EQ(call("POST", "/sobjects/Nothing__c", json::object()).status, 404);
}

TEST_F(RowsTest, RefusesBodiesThatAreNoObject) {
    for (const std::string body : {"", "[]", "{", "null", "{\"LastName\":\"\xFF\"}", "\"x\""}) {
        const auto response = ask("POST", "/services/data/v68.0/sobjects/Contact", body);
        EXPECT_EQ(response.status, 400) << body;
        EXPECT_EQ(error_code(response), "JSON_PARSER_ERROR") << body;
    }
    std::string deep = "{\"a\":";
    deep += std::string(50'000, '[') + std::string(50'000, ']') + "}";
    EXPECT_EQ(error_code(ask("POST", "/services/data/v68.0/sobjects/Contact", deep)), "JSON_PARSER_ERROR");
}

TEST_F(RowsTest, UpsertsByAnExternalId) {
    const auto path = "/sobjects/Contact/ExtKey__c/K%201%2Fx";
    const auto created = call("PATCH", path, {{"LastName", "First"}});
    ASSERT_EQ(created.status, 201) << created.body;
    EXPECT_EQ(read_body(created)["created"], true);
    const auto id = read_body(created)["id"].get<std::string>();
    const auto updated = call("PATCH", path, {{"LastName", "Second"}});
    EXPECT_EQ(updated.status, 200);
    EXPECT_EQ(read_body(updated),
              (json{{"id", id}, {"success", true}, {"errors", json::array()}, {"created", false}}));
    const auto old = call("PATCH", path, {{"LastName", "Third"}}, "v45.0");
    EXPECT_EQ(old.status, 204);
    EXPECT_EQ(old.body, "");
    const auto row = get(path);
    EXPECT_EQ(row["Id"], id);
    EXPECT_EQ(row["LastName"], "Third");
    EXPECT_EQ(row["ExtKey__c"], "K 1/x");
    EXPECT_EQ(call("DELETE", path).status, 204);
    EXPECT_EQ(call("GET", path).status, 404);
}

TEST_F(RowsTest, UpsertsNothingNewWhenOnlyUpdating) {
    EXPECT_EQ(call("PATCH", "/sobjects/Contact/ExtKey__c/none?updateOnly=true", {{"LastName", "x"}}).status,
              404);
    EXPECT_TRUE(records("SELECT Id FROM Contact WHERE ExtKey__c = 'none'").empty());
}

TEST_F(RowsTest, RefusesKeysThatAreNone) {
    const auto response = call("PATCH", "/sobjects/Contact/Nothing__c/1", {{"LastName", "x"}});
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(
        response.body,
        R"([{"message":"Provided external ID field does not exist or is not accessible: Nothing__c","errorCode":"NOT_FOUND"}])");
}

TEST_F(RowsTest, WantsTheKeyInThePathAlone) {
    const auto response =
        call("PATCH", "/sobjects/Contact/ExtKey__c/k9", {{"LastName", "x"}, {"extkey__c", "k9"}});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(error_code(response), "INVALID_FIELD");
}

TEST_F(RowsTest, LinksRowsByExternalIds) {
    const auto account = read_body(call("PATCH", "/sobjects/Account/ExtKey__c/A1", {{"Name", "Acme"}}))["id"];
    const auto contact =
        read_body(call("POST", "/sobjects/Contact", {{"LastName", "x"}, {"Account", {{"ExtKey__c", "A1"}}}}));
    EXPECT_EQ(get("/sobjects/Contact/" + contact["id"].get<std::string>())["AccountId"], account);
}

TEST_F(RowsTest, GivesContentAtTheAddressThatARowNames) {
    const auto parent = records("SELECT Id FROM Account LIMIT 1")[0]["Id"];
    const auto made = send("POST", "/sobjects/Attachment",
                           {{"ParentId", parent}, {"Name", "a.txt"}, {"Body", "aGk="}}, 201);
    const auto row = get("/sobjects/Attachment/" + made["id"].get<std::string>());
    const auto content = ask("GET", row["Body"].get<std::string>());
    EXPECT_EQ(content.status, 200);
    EXPECT_EQ(content.body, "hi");
    get("/sobjects/Attachment/00P000000000001/Body", 404);
}

}  // namespace
}  // namespace koppla::sandbox
