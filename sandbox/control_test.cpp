#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

class ControlTest : public SandboxTest {
  protected:
    json post(const std::string& path, const json& body, int status = 200) {
        const auto response = ask_bare("POST", path, body.dump());
        EXPECT_EQ(response.status, status) << response.body;
        return read_body(response);
    }
    std::string rows(const std::string& query) {
        const auto response = ask_bare("GET", "/sandbox/rows?" + query);
        EXPECT_EQ(response.status, 200) << response.body;
        return response.body;
    }
};

TEST_F(ControlTest, ChangesRowsOnDemandAndSaysWhich) {
    const auto changed =
        post("/sandbox/change", {{"object", "Contact"}, {"update", 50}, {"delete", 5}, {"insert", 3}});
    EXPECT_EQ(changed["updated"].size(), 50U);
    EXPECT_EQ(changed["deleted"].size(), 5U);
    EXPECT_EQ(changed["inserted"].size(), 3U);
    EXPECT_EQ(get("/query?q=SELECT+COUNT()+FROM+Contact")["totalSize"], 2'498);
    EXPECT_EQ(get("/queryAll?q=SELECT+COUNT()+FROM+Contact")["totalSize"], 2'503);
    const auto id = changed["deleted"][0].get<std::string>();
    EXPECT_EQ(ask("GET", std::string{test_base} + "/sobjects/Contact/" + id).status, 404);
    EXPECT_NE(changed["updated"],
              post("/sandbox/change", {{"object", "Contact"}, {"update", 50}})["updated"]);
}

TEST_F(ControlTest, RefusesChangesThatMakeNoSense) {
    post("/sandbox/change", {{"object", "Nothing"}, {"update", 1}}, 400);
    post("/sandbox/change", json::object(), 400);
    post("/sandbox/change", {{"object", "Contact"}, {"update", -1}}, 400);
    post("/sandbox/change", {{"object", "Contact"}, {"update", "many"}}, 400);
    EXPECT_EQ(ask_bare("POST", "/sandbox/change", "{").status, 400);
}

TEST_F(ControlTest, MakesWritesVisibleLate) {
    EXPECT_EQ(post("/sandbox/late", {{"max_ms", 3'600}, {"seed", 1}}),
              (json{{"max_ms", 3'600}, {"seed", 1}}));
    const auto id = new_contact("Late");
    const auto soql = "SELECT Id, SystemModstamp FROM Contact WHERE LastName = 'Late'";
    EXPECT_TRUE(records(soql).empty());
    EXPECT_EQ(read_body(ask_bare("GET", "/sandbox/state"))["pending"], 1);
    EXPECT_EQ(header(ask_bare("GET", "/sandbox/rows?object=Contact&fields=Id"), "Sandbox-Pending"), "1");
    clock_.advance(std::chrono::milliseconds{3'600});
    const auto found = records(soql);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0]["Id"], id);
    EXPECT_EQ(found[0]["SystemModstamp"], "2026-11-01T10:00:00.000+0000");
}

TEST_F(ControlTest, AppliesLateWritesWhenAsked) {
    post("/sandbox/late", {{"max_ms", 3'600'000}, {"seed", 1}});
    new_contact("Later");
    EXPECT_EQ(post("/sandbox/late/apply", nullptr)["applied"], 1);
    EXPECT_EQ(records("SELECT Id FROM Contact WHERE LastName = 'Later'").size(), 1U);
    post("/sandbox/late", {{"max_ms", 0}});
    new_contact("AtOnce");
    EXPECT_EQ(records("SELECT Id FROM Contact WHERE LastName = 'AtOnce'").size(), 1U);
}

TEST_F(ControlTest, PrintsAllRowsForComparisons) {
    const auto id = new_contact("Printed");
    ask("DELETE", std::string{test_base} + "/sobjects/Contact/" + id);
    const auto text = rows("object=contact&fields=Id,LastName,IsDeleted");
    EXPECT_TRUE(text.starts_with("\"Id\",\"LastName\",\"IsDeleted\"\n"));
    EXPECT_NE(text.find("\"" + id + "\",\"Printed\",\"true\"\n"), std::string::npos);
    EXPECT_NE(rows("object=Contact").find("\"SystemModstamp\""), std::string::npos);
    EXPECT_EQ(ask_bare("GET", "/sandbox/rows?object=Nothing").status, 400);
    EXPECT_EQ(ask_bare("GET", "/sandbox/rows?object=Contact&fields=Nothing").status, 400);
}

TEST_F(ControlTest, CountsItsRows) {
    const auto state = read_body(ask_bare("GET", "/sandbox/state"));
    EXPECT_EQ(state["rows"]["Contact"], 2'500);
    EXPECT_EQ(state["rows"]["Account"], 30);
    EXPECT_EQ(state["pending"], 0);
    EXPECT_EQ(state["misfits"], json::array());
}

}  // namespace
}  // namespace koppla::sandbox
