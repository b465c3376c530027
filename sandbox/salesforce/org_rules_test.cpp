#include "sandbox/salesforce/ingest/fixture.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class OrgRules : public IngestTest {
  protected:
    void set(const json& rules) {
        const auto answer = ask_bare("POST", "/sandbox/rules", rules.dump());
        EXPECT_EQ(answer.status, 200) << answer.body;
    }
    json post(std::string object, const json& body, http::Headers headers = {}) {
        headers.add("Content-Type", "application/json");
        return read_body(ask("POST", std::string{test_base} + "/sobjects/" + object, body.dump(), headers));
    }
    /// Of a new lead: its owner.
    std::string owner_of(const json& saved) {
        return get("/sobjects/Lead/" + saved["id"].get<std::string>())["OwnerId"];
    }
    std::string other_user() {
        for (const auto& user : records("SELECT Id FROM User"))
            if (user["Id"] != org_->user_id()) return user["Id"];
        return {};
    }
};

TEST_F(OrgRules, ValidateWhatIsSaved) {
    set({{"validation",
          {{{"object", "contact"},
            {"field", "lastname"},
            {"contains", "Bad"},
            {"message", "No bad names."}}}}});
    const auto refused = post("Contact", {{"LastName", "Mr Bad"}});
    EXPECT_EQ(refused, (json::array({{{"message", "No bad names."},
                                      {"errorCode", "FIELD_CUSTOM_VALIDATION_EXCEPTION"},
                                      {"fields", {"LastName"}}}})));
    EXPECT_EQ(only_error(done("insert", "Contact", "LastName\nBad\nGood\n")),
              "FIELD_CUSTOM_VALIDATION_EXCEPTION:No bad names.:LastName --");
    const auto id = new_contact("Good");
    send("PATCH", "/sobjects/Contact/" + id, {{"LastName", "Now Bad"}}, 400);
    send("PATCH", "/sobjects/Contact/" + id, {{"Phone", "1"}}, 204);
    EXPECT_EQ(ask_bare("DELETE", "/sandbox/rules").status, 204);
    new_contact("Bad again");
}

TEST_F(OrgRules, HoldRowsAgainstTheirRecordTypesOnEveryPath) {
    const json repair{{"Name", "R"}, {"Services__c", "Repair"}};
    const auto typed = [](json fields) {
        fields["attributes"] = {{"type", "Account"}, {"referenceId", "a"}};
        return fields;
    };
    const std::string code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";
    const std::string words = "Services: bad value for restricted picklist field: Repair";
    EXPECT_EQ(post("Account", repair),
              (json::array({{{"message", words}, {"errorCode", code}, {"fields", {"Services__c"}}}})));
    const json many{{"records", {typed(repair)}}};
    EXPECT_EQ(send("POST", "/composite/sobjects", many, 200)[0]["errors"][0]["statusCode"], code);
    EXPECT_EQ(send("POST", "/composite/tree/Account", many, 400)["results"][0]["errors"][0]["statusCode"],
              code);
    const json part{{"method", "POST"},
                    {"url", std::string{test_base} + "/sobjects/Account"},
                    {"referenceId", "a"},
                    {"body", repair}};
    EXPECT_EQ(send("POST", "/composite", {{"compositeRequest", {part}}},
                   200)["compositeResponse"][0]["body"][0]["errorCode"],
              code);
    const json graph{{"graphs", {{{"graphId", "g"}, {"compositeRequest", {part}}}}}};
    EXPECT_THAT(send("POST", "/composite/graph", graph, 200).dump(), HasSubstr(words));
    EXPECT_EQ(only_error(done("insert", "Account",
                              "Name,Services__c,RecordTypeId\nR,Repair,012000000000001AAA\n"
                              "P,Repair,012000000000002AAA\n")),
              code + ":" + words + ":Services__c --");
    EXPECT_THAT(
        only_error(done("insert", "Account", "Name,RecordTypeId\nR,012000000000009AAA\n")),
        HasSubstr("INVALID_CROSS_REFERENCE_KEY:Record Type ID: this ID value isn't valid for the user: "
                  "012000000000009AAA:RecordTypeId --"));
}

TEST_F(OrgRules, FindDuplicatesAndLetAlertsPassWhereAsked) {
    const http::Headers allow{{"Sforce-Duplicate-Rule-Header", "allowSave=true"}};
    const json twin{{"LastName", "Twin"}, {"Email", "twin@x.example"}};
    const auto rule = [](const char* action) {
        return json{
            {"duplicates", {{{"object", "Contact"}, {"fields", {"Email", "LastName"}}, {"action", action}}}}};
    };
    set(rule("alert"));
    const auto id = post("Contact", twin).value("id", "");
    EXPECT_EQ(id.size(), 18U);
    EXPECT_EQ(post("Contact", {{"LastName", "TWIN"}, {"Email", "Twin@X.example"}})[0]["errorCode"],
              "DUPLICATES_DETECTED");
    EXPECT_EQ(post("Contact", {{"LastName", "Other"}, {"Email", "twin@x.example"}})["success"], true);
    EXPECT_EQ(post("Contact", twin, allow)["success"], true);
    EXPECT_THAT(only_error(done("insert", "Contact", "LastName,Email\nTwin,twin@x.example\n")),
                HasSubstr("DUPLICATES_DETECTED:Use one of these records?:--"))
        << "bulk jobs have no such header";
    set(rule("block"));
    EXPECT_EQ(post("Contact", twin, allow)[0]["errorCode"], "DUPLICATES_DETECTED");
}

TEST_F(OrgRules, GiveLeadsToTheirOwners) {
    const auto owner = other_user();
    ASSERT_FALSE(owner.empty());
    const std::string active = "01Q000000000001EAA";
    const std::string other = "01Q000000000002EAA";
    set({{"assignment",
          {{{"object", "Lead"}, {"id", "01Q000000000001"}, {"owner", owner}},
           {{"object", "Lead"}, {"id", "01Q000000000002"}, {"owner", owner}, {"active", false}}}}});
    const json lead{{"LastName", "L"}, {"Company", "C"}};
    const auto with = [&](const char* value) { return post("Lead", lead, {{"Sforce-Auto-Assign", value}}); };
    EXPECT_EQ(owner_of(post("Lead", lead)), owner);
    EXPECT_EQ(owner_of(with("TRUE")), owner);
    EXPECT_EQ(owner_of(with("FALSE")), org_->user_id());
    EXPECT_EQ(owner_of(with(other.c_str())), owner);
    EXPECT_EQ(with("01Q000000000009EAA")[0]["errorCode"], "INVALID_ID_FIELD");
    const auto owner_by_bulk = [&](const char* name, const json& more) {
        done("insert", "Lead", std::string{"LastName,Company\n"} + name + ",C\n", more);
        return records(std::string{"SELECT OwnerId FROM Lead WHERE LastName = '"} + name + "'")[0]["OwnerId"];
    };
    EXPECT_EQ(owner_by_bulk("Ruled", {{"assignmentRuleId", active}}), owner);
    EXPECT_EQ(owner_by_bulk("Free", json::object()), org_->user_id());
}

TEST_F(OrgRules, LeaveRowsOfABulkJobOver) {
    std::string data = "LastName\n";
    for (int i = 0; i < 50; ++i) data += "Left " + std::to_string(i) + "\n";
    set({{"unprocessed", {{"object", "Contact"}, {"after", 20}}}});
    const auto id = done("insert", "Contact", data);
    EXPECT_EQ(last()["state"], "JobComplete");
    EXPECT_EQ(last()["numberRecordsProcessed"], 20);
    EXPECT_EQ(lines(successful(id)), 21);
    EXPECT_EQ(lines(unprocessed(id)), 31);
    set({{"unprocessed", {{"object", "Contact"}, {"after", 0}, {"state", "Failed"}, {"times", 1}}}});
    EXPECT_EQ(lines(unprocessed(done("insert", "Contact", data))), 51);
    EXPECT_EQ(last()["state"], "Failed");
    done("insert", "Contact", data);
    EXPECT_EQ(last()["numberRecordsProcessed"], 50) << "once";
}

TEST_F(OrgRules, AreRefusedWhereTheyMakeNoSense) {
    for (const auto* bad :
         {R"({"validation":{}})", R"({"validation":[1]})", R"({"validation":[{"object":"Nope"}]})",
          R"({"validation":[{"object":"Contact","field":"Nope"}]})",
          R"({"duplicates":[{"object":"Contact","fields":[]}]})",
          R"({"assignment":[{"object":"Lead","id":"x","owner":"y"}]})"})
        EXPECT_EQ(ask_bare("POST", "/sandbox/rules", bad).status, 400) << bad;
}

using RecycleBin = IngestTest;

TEST_F(RecycleBin, IsPurgedByAge) {
    const auto id = new_contact("Old");
    ask("DELETE", std::string{test_base} + "/sobjects/Contact/" + id);
    const auto count = [&] {
        return get("/queryAll?q=" + http::percent_encode("SELECT Id FROM Contact WHERE Id = '" + id + "'"))
            .value("totalSize", -1);
    };
    EXPECT_EQ(read_body(ask_bare("POST", "/sandbox/bin/purge", R"({"age_seconds":60})"))["purged"],
              json::object());
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(
        read_body(ask_bare("POST", "/sandbox/bin/purge", R"({"object":"Contact"})"))["purged"]["Contact"], 1);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(get("/sobjects/Contact/" + id, 404)[0]["errorCode"], "NOT_FOUND");
}

TEST_F(RecycleBin, GivesRowsBack) {
    const auto id = new_contact("Back");
    ask("DELETE", std::string{test_base} + "/sobjects/Contact/" + id);
    clock_.advance(std::chrono::minutes{5});
    const auto undelete = [&] {
        return read_body(ask_bare("POST", "/sandbox/bin/undelete",
                                  json{{"object", "Contact"}, {"ids", {id}}}.dump()))["results"][0];
    };
    EXPECT_EQ(undelete()["success"], true);
    EXPECT_EQ(get("/sobjects/Contact/" + id)["SystemModstamp"], "2026-11-01T10:05:00.000+0000");
    EXPECT_EQ(undelete()["errors"][0]["statusCode"], "UNDELETE_FAILED");
}

TEST_F(RecycleBin, KeepsWhatWasMergedWithItsWinner) {
    const auto account = [&](const char* name) {
        return send("POST", "/sobjects/Account", {{"Name", name}}, 201).value("id", "");
    };
    const auto winner = account("Winner");
    const auto loser = account("Loser");
    const auto child =
        send("POST", "/sobjects/Contact", {{"LastName", "C"}, {"AccountId", loser}}, 201).value("id", "");
    clock_.advance(std::chrono::minutes{5});
    const auto merge = [&](const json& body) { return ask_bare("POST", "/sandbox/merge", body.dump()); };
    const auto merged = read_body(merge({{"object", "Account"}, {"winner", winner}, {"losers", {loser}}}));
    EXPECT_EQ(merged, (json{{"id", winner}, {"merged", {loser}}, {"updated_related", {child}}}));
    const auto row = get("/queryAll?q=" +
                         http::percent_encode("SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '" +
                                              loser + "'"))["records"][0];
    EXPECT_EQ(row["IsDeleted"], true);
    EXPECT_EQ(row["MasterRecordId"], winner);
    const auto moved = get("/sobjects/Contact/" + child);
    EXPECT_EQ(moved["AccountId"], winner);
    EXPECT_EQ(moved["SystemModstamp"], "2026-11-01T10:05:00.000+0000");
    EXPECT_EQ(error_code(merge({{"object", "Account"}, {"winner", winner}, {"losers", {loser}}})),
              "ENTITY_IS_DELETED");
    EXPECT_EQ(error_code(merge({{"object", "Account"}, {"winner", winner}, {"losers", {winner}}})),
              "MERGE_FAILED");
    EXPECT_EQ(error_code(merge({{"object", "Order"}, {"winner", winner}, {"losers", {loser}}})),
              "MERGE_FAILED");
}

}  // namespace
}  // namespace koppla::sandbox
