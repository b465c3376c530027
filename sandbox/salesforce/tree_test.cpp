#include "sandbox/fixture.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class TreeTest : public SandboxTest {
  protected:
    static json record(const char* type, const char* reference, json fields) {
        fields["attributes"] = {{"type", type}, {"referenceId", reference}};
        return fields;
    }
    static json family(const json& child_name) {
        auto account = record("Account", "a1", {{"Name", "Tree"}});
        account["Contacts"]["records"] = json::array({record("Contact", "c1", {{"LastName", child_name}}),
                                                      record("Contact", "c2", {{"LastName", "Second"}})});
        return {{"records", json::array({account})}};
    }
};

TEST_F(TreeTest, CreatesParentsWithTheirChildren) {
    const auto made = send("POST", "/composite/tree/Account", family("First"), 201);
    EXPECT_EQ(made["hasErrors"], false);
    ASSERT_EQ(made["results"].size(), 3U);
    EXPECT_EQ(made["results"][1]["referenceId"], "c1");
    const auto child = get("/sobjects/Contact/" + made["results"][1]["id"].get<std::string>());
    EXPECT_EQ(child["LastName"], "First");
    EXPECT_EQ(child["AccountId"], made["results"][0]["id"]);
}

TEST_F(TreeTest, SavesNothingWhereOneRecordFails) {
    const auto failed = send("POST", "/composite/tree/Account", family(nullptr), 400);
    EXPECT_EQ(failed["hasErrors"], true);
    ASSERT_EQ(failed["results"].size(), 1U) << failed;
    EXPECT_EQ(failed["results"][0]["referenceId"], "c1");
    EXPECT_EQ(failed["results"][0]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    EXPECT_TRUE(records("SELECT Id FROM Account WHERE Name = 'Tree'").empty());
}

TEST_F(TreeTest, RefusesWhatIsNoTree) {
    const auto refused = [&](const json& body) {
        return send("POST", "/composite/tree/Account", body, 400)["results"][0]["errors"][0]["message"]
            .get<std::string>();
    };
    EXPECT_THAT(refused(json::object()), HasSubstr("records"));
    EXPECT_THAT(refused({{"records", {{{"Name", "x"}}}}}), HasSubstr("attributes"));
    EXPECT_THAT(refused({{"records", {record("Contact", "a", {{"LastName", "x"}})}}}), HasSubstr("type"));
    EXPECT_THAT(
        refused({{"records",
                  {record("Account", "a", {{"Name", "x"}}), record("Account", "a", {{"Name", "y"}})}}}),
        HasSubstr("Duplicate"));
    auto lost = record("Account", "a", {{"Name", "x"}});
    lost["Nothings"]["records"] = json::array();
    EXPECT_THAT(refused({{"records", {lost}}}), HasSubstr("Nothings"));
    json many = json::array();
    for (int i = 0; i < 201; ++i)
        many.push_back(record("Account", ("a" + std::to_string(i)).c_str(), {{"Name", "x"}}));
    EXPECT_THAT(refused({{"records", many}}), HasSubstr("200"));
}

}  // namespace
}  // namespace koppla::sandbox
