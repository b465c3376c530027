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
