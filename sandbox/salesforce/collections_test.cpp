#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

class Collections : public SandboxTest {
  protected:
    static json contact(std::string_view last_name) {
        return {{"attributes", {{"type", "Contact"}}}, {"LastName", last_name}};
    }
    json create(json list, bool is_atomic = false, int status = 200) {
        return send("POST", "/composite/sobjects", {{"allOrNone", is_atomic}, {"records", std::move(list)}},
                    status);
    }
    int count(std::string_view last_name) {
        return static_cast<int>(
            records("SELECT Id FROM Contact WHERE LastName = '" + std::string{last_name} + "'").size());
    }
};

TEST_F(Collections, CreatesWhatIsHealthyInOrder) {
    const auto results = create(
        {contact("Coll"), {{"attributes", {{"type", "Contact"}}}, {"FirstName", "x"}}, contact("Coll")});
    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[0]["success"], true);
    EXPECT_EQ(results[0]["errors"], json::array());
    EXPECT_EQ(results[1], (json{{"success", false},
                                {"errors",
                                 {{{"statusCode", "REQUIRED_FIELD_MISSING"},
                                   {"message", "Required fields are missing: [LastName]"},
                                   {"fields", {"LastName"}}}}}}));
    EXPECT_EQ(results[2]["success"], true);
    EXPECT_EQ(count("Coll"), 2);
}

TEST_F(Collections, CreatesAllOrNone) {
    const auto results =
        create({contact("Atom"), {{"attributes", {{"type", "Contact"}}}, {"FirstName", "x"}}}, true);
    EXPECT_EQ(results[0]["success"], false);
    EXPECT_EQ(results[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    EXPECT_EQ(results[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    EXPECT_EQ(count("Atom"), 0);
}

TEST_F(Collections, UpdatesByEitherSpellingOfTheId) {
    const auto first = new_contact("One");
    const auto second = new_contact("Two");
    auto a = contact("Done");
    a["id"] = first;
    auto b = contact("Done");
    b["Id"] = second;
    const auto results = send("PATCH", "/composite/sobjects", {{"records", {a, b, contact("NoId")}}}, 200);
    EXPECT_EQ(results[0]["id"], first);
    EXPECT_EQ(results[1]["success"], true);
    EXPECT_EQ(results[2]["errors"][0]["statusCode"], "MISSING_ARGUMENT");
    EXPECT_EQ(count("Done"), 2);
}

TEST_F(Collections, TriesNothingOfAllOrNoneWhenARowCantBeTried) {
    auto row = contact("Changed");
    row["id"] = new_contact("Kept");
    const auto results =
        send("PATCH", "/composite/sobjects", {{"allOrNone", true}, {"records", {row, contact("NoId")}}}, 200);
    EXPECT_EQ(results[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    EXPECT_EQ(results[1]["errors"][0]["statusCode"], "MISSING_ARGUMENT");
    EXPECT_EQ(count("Changed"), 0);
}

TEST_F(Collections, UpsertsByAnExternalId) {
    const auto row = [](const char* key, const char* name) {
        return json{{"attributes", {{"type", "Contact"}}}, {"ExtKey__c", key}, {"LastName", name}};
    };
    const auto path = "/composite/sobjects/Contact/ExtKey__c";
    auto results = send("PATCH", path, {{"records", {row("u1", "Up"), row("u2", "Up")}}}, 200);
    EXPECT_EQ(results[0]["created"], true);
    const auto id = results[0]["id"];
    results = send("PATCH", path, {{"records", {row("u1", "Up"), row("u3", "Up"), contact("NoKey")}}}, 200);
    EXPECT_EQ(results[0],
              (json{{"id", id}, {"success", true}, {"errors", json::array()}, {"created", false}}));
    EXPECT_EQ(results[1]["created"], true);
    EXPECT_EQ(results[2]["errors"][0]["statusCode"], "MISSING_ARGUMENT");
    EXPECT_EQ(count("Up"), 3);
    send("PATCH", "/composite/sobjects/Contact/Nothing__c", {{"records", {row("u1", "Up")}}}, 404);
}

TEST_F(Collections, DeletesRowByRow) {
    const auto first = new_contact("Del");
    const auto second = new_contact("Del");
    const auto response =
        ask("DELETE", std::string{test_base} + "/composite/sobjects?ids=" + first + ",zzz," + second);
    ASSERT_EQ(response.status, 200);
    const auto results = read_body(response);
    EXPECT_EQ(results[0], (json{{"id", first}, {"success", true}, {"errors", json::array()}}));
    EXPECT_EQ(results[1]["errors"][0]["statusCode"], "MALFORMED_ID");
    EXPECT_EQ(results[2]["success"], true);
    EXPECT_EQ(count("Del"), 0);
}

TEST_F(Collections, ReadsRowsInTheOrderAskedWithNullForWhatIsMissing) {
    const auto first = new_contact("Read1");
    const auto second = new_contact("Read2");
    const auto gone = "00300000ZZZZZZZ";
    const auto path = "/composite/sobjects/Contact";
    const auto posted = send("POST", path, {{"ids", {second, gone, first}}, {"fields", {"LastName"}}}, 200);
    ASSERT_EQ(posted.size(), 3U);
    EXPECT_EQ(posted[0]["LastName"], "Read2");
    EXPECT_TRUE(posted[1].is_null());
    EXPECT_EQ(posted[2]["LastName"], "Read1");
    EXPECT_EQ(get(std::string{path} + "?ids=" + second + "," + gone + "," + first + "&fields=LastName"),
              posted);
    send("POST", path, {{"ids", {first}}, {"fields", {"Nothing__c"}}}, 400);
    send("POST", path, {{"ids", {first}}}, 400);
}

TEST_F(Collections, RefusesWhatIsMalformedAsAWhole) {
    EXPECT_EQ(create(json(std::vector<json>(201, contact("x"))), false, 400)[0]["errorCode"],
              "EXCEEDED_ID_LIMIT");
    EXPECT_EQ(create({{{"LastName", "untyped"}}}, false, 400)[0]["errorCode"], "INVALID_TYPE");
    EXPECT_EQ(create({1, 2}, false, 400)[0]["errorCode"], "JSON_PARSER_ERROR");
    EXPECT_EQ(create("rows", false, 400)[0]["errorCode"], "JSON_PARSER_ERROR");
    EXPECT_EQ(ask("DELETE", std::string{test_base} + "/composite/sobjects").status, 400);
}

}  // namespace
}  // namespace koppla::sandbox
