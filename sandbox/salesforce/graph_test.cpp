#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

class Graphs : public SandboxTest {
  protected:
    static json node(const char* method, const std::string& path, const char* reference,
                     json body = nullptr) {
        json one{{"method", method},
                 {"url", std::string{test_base} + "/sobjects/" + path},
                 {"referenceId", reference}};
        if (!body.is_null()) one["body"] = std::move(body);
        return one;
    }
    static json graph(const char* id, json nodes) {
        return {{"graphId", id}, {"compositeRequest", std::move(nodes)}};
    }
    json run(json graphs, int status = 200) {
        return send("POST", "/composite/graph", {{"graphs", std::move(graphs)}}, status);
    }
    std::size_t count(const std::string& object, const std::string& condition) {
        return records("SELECT Id FROM " + object + " WHERE " + condition).size();
    }
};

TEST_F(Graphs, AreSavedWithTheirReferences) {
    const auto answer =
        run({graph("1", {node("POST", "Account", "a", {{"Name", "Graph"}}),
                         node("POST", "Contact", "c", {{"LastName", "Node"}, {"AccountId", "@{a.id}"}}),
                         node("PATCH", "Account/@{a.id}", "u", {{"Phone", "1"}}),
                         node("PATCH", "Contact/ExtKey__c/g1", "k",
                              {{"LastName", "Keyed"}, {"ReportsToId", "@{c.id}"}})})});
    const auto& one = answer["graphs"][0];
    EXPECT_EQ(one["graphId"], "1");
    ASSERT_EQ(one["isSuccessful"], true) << answer.dump();
    const auto& parts = one["graphResponse"]["compositeResponse"];
    EXPECT_EQ(parts[0]["httpStatusCode"], 201);
    EXPECT_EQ(parts[2]["httpStatusCode"], 204);
    EXPECT_EQ(parts[3]["body"]["created"], true);
    EXPECT_EQ(count("Contact", "LastName = 'Node' AND Account.Name = 'Graph' AND Account.Phone = '1'"), 1U);
    EXPECT_EQ(count("Contact", "LastName = 'Keyed' AND ReportsTo.LastName = 'Node'"), 1U);
}

TEST_F(Graphs, FailEachAsAWholeAndAlone) {
    const auto answer = run({graph("bad", {node("POST", "Account", "a", {{"Name", "Undone"}}),
                                           node("POST", "Contact", "c", {{"AccountId", "@{a.id}"}})}),
                             graph("good", {node("POST", "Account", "a", {{"Name", "Done"}})})});
    const auto& parts = answer["graphs"][0]["graphResponse"]["compositeResponse"];
    EXPECT_EQ(answer["graphs"][0]["isSuccessful"], false);
    EXPECT_EQ(parts[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    EXPECT_EQ(parts[1]["body"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    EXPECT_EQ(answer["graphs"][1]["isSuccessful"], true);
    EXPECT_EQ(count("Account", "Name = 'Undone'"), 0U);
    EXPECT_EQ(count("Account", "Name = 'Done'"), 1U);
}

TEST_F(Graphs, NameWhatTheyCantDo) {
    const auto code = [&](json one) {
        const auto answer = run({graph("1", {std::move(one)})});
        EXPECT_EQ(answer["graphs"][0]["isSuccessful"], false);
        return answer["graphs"][0]["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"];
    };
    EXPECT_EQ(code(node("GET", "Account/001000000000000AAA", "a")), "METHOD_NOT_ALLOWED");
    EXPECT_EQ(code(node("POST", "Nope__c", "a", json::object())), "NOT_FOUND");
    EXPECT_EQ(code(node("POST", "Account", "a", {{"Name", "@{b.id}"}})), "PROCESSING_HALTED");
    EXPECT_EQ(code(node("PATCH", "Account/@{b.id}", "a", {{"Name", "x"}})), "PROCESSING_HALTED");
    EXPECT_EQ(code(node("POST", "Account", "a", 5)), "JSON_PARSER_ERROR");
    run(json::array(), 400);
    run({{{"graphId", 1}}}, 400);
    run(json(std::vector<json>(2, graph("1", {node("POST", "Account", "a", {{"Name", "x"}})}))), 400);
}

}  // namespace
}  // namespace koppla::sandbox
