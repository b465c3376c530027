#include "sandbox/fixture.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

class VisibilityTest : public SandboxTest {
  protected:
    json hide(const json& what, int status = 200) {
        const auto response = ask_bare("POST", "/sandbox/hide", what.dump());
        EXPECT_EQ(response.status, status) << response.body;
        return read_body(response);
    }
    std::string problem(std::string_view soql) {
        return error_code(ask("GET", std::string{test_base} + "/query?q=" + http::percent_encode(soql)));
    }
    bool is_described(std::string_view name) {
        const auto describe = get("/sobjects/Contact/describe");
        for (const auto& field : describe["fields"])
            if (field["name"] == name) return true;
        return false;
    }
};

TEST_F(VisibilityTest, LeavesAHiddenFieldOutEverywhere) {
    const auto id = new_contact("Seen");
    EXPECT_TRUE(is_described("Phone"));
    hide({{"object", "contact"}, {"fields", {"phone"}}});
    EXPECT_FALSE(is_described("Phone"));
    EXPECT_TRUE(is_described("Email"));
    EXPECT_EQ(problem("SELECT Phone FROM Contact"), "INVALID_FIELD");
    EXPECT_EQ(problem("SELECT Id FROM Contact WHERE Phone != null"), "INVALID_FIELD");
    EXPECT_FALSE(get("/sobjects/Contact/" + id).contains("Phone"));
    EXPECT_TRUE(get("/sobjects/Contact/" + id).contains("Email"));
    EXPECT_EQ(send("PATCH", "/sobjects/Contact/" + id, {{"Phone", "1"}}, 400)[0]["errorCode"],
              "INVALID_FIELD");
    EXPECT_EQ(send("POST", "/jobs/query", {{"operation", "query"}, {"query", "SELECT Phone FROM Contact"}},
                   400)[0]["errorCode"],
              "INVALID_FIELD");
    EXPECT_EQ(ask_bare("DELETE", "/sandbox/hide").status, 204);
    EXPECT_TRUE(is_described("Phone"));
    send("PATCH", "/sobjects/Contact/" + id, {{"Phone", "1"}}, 204);
}

TEST_F(VisibilityTest, StillFillsInWhatItHides) {
    hide({{"object", "Contact"}, {"fields", {"CreatedDate", "IsDeleted"}}});
    const auto id = new_contact("Filled");
    send("PATCH", "/sobjects/Contact/" + id, {{"Email", "a@example.com"}}, 204);
    ask_bare("DELETE", "/sandbox/hide");
    const auto row = get("/sobjects/Contact/" + id);
    EXPECT_EQ(row["CreatedDate"], "2026-11-01T10:00:00.000+0000");
    EXPECT_EQ(row["IsDeleted"], false);
}

TEST_F(VisibilityTest, HidesAWholeObject) {
    hide({{"object", "Contact"}});
    EXPECT_EQ(ask("GET", std::string{test_base} + "/sobjects/Contact/describe").status, 404);
    EXPECT_EQ(problem("SELECT Id FROM Contact"), "INVALID_TYPE");
    const auto global = get("/sobjects");
    for (const auto& object : global["sobjects"]) EXPECT_NE(object["name"], "Contact");
    EXPECT_EQ(get("/sobjects/Account/describe")["name"], "Account");
}

TEST_F(VisibilityTest, HidesTheRowsThatFitACondition) {
    const auto id = new_contact("Secret");
    EXPECT_EQ(hide({{"object", "Contact"}, {"where", "LastName = 'Secret'"}})["rows"], 1);
    EXPECT_EQ(ask("GET", std::string{test_base} + "/sobjects/Contact/" + id).status, 404);
    EXPECT_EQ(get("/query?q=SELECT+COUNT()+FROM+Contact")["totalSize"], 2'500);
    EXPECT_EQ(get("/queryAll?q=SELECT+COUNT()+FROM+Contact")["totalSize"], 2'500);
    send("PATCH", "/sobjects/Contact/" + id, {{"Email", "a@example.com"}}, 404);
    ask_bare("DELETE", "/sandbox/hide");
    EXPECT_EQ(get("/sobjects/Contact/" + id)["LastName"], "Secret");
}

TEST_F(VisibilityTest, RevealsRowsBesideThoseMadeSince) {
    const auto hidden = new_contact("Secret");
    hide({{"object", "Contact"}, {"where", "LastName = 'Secret'"}});
    const auto fresh = new_contact("Fresh");
    EXPECT_EQ(ask_bare("DELETE", "/sandbox/hide").status, 204);
    EXPECT_EQ(get("/sobjects/Contact/" + hidden)["LastName"], "Secret");
    EXPECT_EQ(get("/sobjects/Contact/" + fresh)["LastName"], "Fresh");
    hide({{"object", "Contact"}, {"where", "LastName = 'Secret'"}});
    EXPECT_EQ(ask_bare("DELETE", "/sandbox/hide").status, 204);
    EXPECT_EQ(get("/query?q=SELECT+COUNT()+FROM+Contact")["totalSize"], 2'502);
}

TEST_F(VisibilityTest, KeepsTheWritesOfHiddenRowsThatWereStillToCome) {
    const auto id = new_contact("Secret");
    ask_bare("POST", "/sandbox/late", R"({"max_ms":3600000,"seed":1})");
    send("PATCH", "/sobjects/Contact/" + id, {{"Email", "late@example.com"}}, 204);
    EXPECT_EQ(hide({{"object", "Contact"}, {"where", "Email = 'late@example.com'"}})["rows"], 1);
    clock_.advance(std::chrono::minutes{61});
    ask_bare("DELETE", "/sandbox/hide");
    EXPECT_EQ(get("/sobjects/Contact/" + id)["Email"], "late@example.com");
}

TEST_F(VisibilityTest, RefusesAHiddenReferenceByItsRelationshipToo) {
    hide({{"object", "Contact"}, {"fields", {"AccountId"}}});
    const auto refused = send(
        "POST", "/sobjects/Contact",
        {{"LastName", "Linked"}, {"account", {{"Id", records("SELECT Id FROM Account")[0]["Id"]}}}}, 400);
    EXPECT_EQ(refused[0]["errorCode"], "INVALID_FIELD");
    json account{{"attributes", {{"type", "Account"}, {"referenceId", "a"}}}, {"Name", "Tree"}};
    account["Contacts"]["records"] =
        json::array({{{"attributes", {{"type", "Contact"}, {"referenceId", "c"}}}, {"LastName", "Leaf"}}});
    const auto tree = send("POST", "/composite/tree/Account", {{"records", {account}}}, 400);
    EXPECT_EQ(tree["results"][0]["referenceId"], "c");
    EXPECT_EQ(tree["results"][0]["errors"][0]["statusCode"], "INVALID_FIELD");
    EXPECT_TRUE(records("SELECT Id FROM Account WHERE Name = 'Tree'").empty());
}

TEST_F(VisibilityTest, TellsEachChangeOfWhatCanBeSeenByItsDate) {
    const auto status = [&](const std::string& path, const std::string& date) {
        return ask("GET", std::string{test_base} + path, {}, {{"If-Modified-Since", date}}).status;
    };
    const auto date = [&](const std::string& path) {
        return header(ask("GET", std::string{test_base} + path), "Last-Modified");
    };
    const std::string contact{"/sobjects/Contact/describe"};
    const std::string account{"/sobjects/Account/describe"};
    const auto untouched = date(account);
    auto seen = date(contact);
    for (const auto& change : {json{{"fields", {"Phone"}}}, json{{"fields", {"Email"}}}}) {
        auto body = change;
        body["object"] = "Contact";
        hide(body);
        EXPECT_EQ(status(contact, seen), 200) << body;
        EXPECT_EQ(status(contact, seen = date(contact)), 304) << body;
    }
    const auto all = date("/sobjects");
    ask_bare("DELETE", "/sandbox/hide");
    EXPECT_EQ(status(contact, seen), 200);
    EXPECT_EQ(status("/sobjects", all), 200);
    EXPECT_EQ(status(account, untouched), 304);
    const auto whole = date("/sobjects");
    hide({{"object", "Contact"}});
    EXPECT_EQ(status("/sobjects", whole), 200);
    EXPECT_EQ(status("/sobjects", date("/sobjects")), 304);
}

TEST_F(VisibilityTest, RefusesWhatCannotBeHidden) {
    hide({{"object", "Nothing"}}, 400);
    hide({{"object", "Contact"}, {"fields", {"Nothing"}}}, 400);
    hide({{"object", "Contact"}, {"fields", {"Id"}}}, 400);
    hide({{"object", "Contact"}, {"where", "Nothing = 1"}}, 400);
    EXPECT_TRUE(is_described("Phone"));
}

TEST_F(VisibilityTest, SetsTheClockOff) {
    EXPECT_EQ(read_body(ask_bare("POST", "/sandbox/clock", R"({"offset_seconds":-600})"))["now"],
              "2026-11-01T09:50:00.000Z");
    const auto id = new_contact("Earlier");
    EXPECT_EQ(get("/sobjects/Contact/" + id)["SystemModstamp"], "2026-11-01T09:50:00.000+0000");
    EXPECT_EQ(header(ask_bare("GET", "/services/data"), "Date"), "Sun, 01 Nov 2026 09:50:00 GMT");
    EXPECT_EQ(ask_bare("POST", "/sandbox/clock", R"({"offset_seconds":"x"})").status, 400);
}

}  // namespace
}  // namespace koppla::sandbox
