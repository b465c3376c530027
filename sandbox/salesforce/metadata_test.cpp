#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using Metadata = SandboxTest;

TEST_F(Metadata, MapsItsResourcesAndTheIdentity) {
    const auto map = get("");
    EXPECT_EQ(map["sobjects"], "/services/data/v68.0/sobjects");
    EXPECT_EQ(map["identity"], services_->url + "/id/" + org_->organization_id() + "/" + org_->user_id());
}

TEST_F(Metadata, ListsEveryObject) {
    const auto list = get("/sobjects");
    EXPECT_EQ(list["encoding"], "UTF-8");
    EXPECT_EQ(list["maxBatchSize"], 200);
    std::vector<std::string> names;
    for (const auto& object : list["sobjects"]) names.push_back(object["name"]);
    for (const auto* expected :
         {"Account", "Contact", "Lead", "Opportunity", "Order", "User", "Organization"})
        EXPECT_NE(std::find(names.begin(), names.end(), expected), names.end()) << expected;
}

TEST_F(Metadata, DescribesAnObjectWhateverItsCase) {
    const auto describe = get("/sobjects/cONTACT/describe/");
    EXPECT_EQ(describe["name"], "Contact");
    EXPECT_GE(describe["fields"].size(), 25U);
    EXPECT_EQ(get("/sobjects/contact")["objectDescribe"]["name"], "Contact");
}

TEST_F(Metadata, AnswersUnmodifiedWhereTheCallerHasIt) {
    for (const auto* path : {"/sobjects/Contact/describe", "/sobjects", "/sobjects/Contact"}) {
        const auto target = std::string{test_base} + path;
        const auto changed = header(ask("GET", target), "Last-Modified");
        const auto same = ask("GET", target, {}, {{"If-Modified-Since", changed}});
        EXPECT_EQ(same.status, 304) << path;
        EXPECT_EQ(same.body, "");
        EXPECT_EQ(ask("GET", target, {}, {{"If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"}}).status,
                  200);
        EXPECT_EQ(ask("GET", target, {}, {{"If-Modified-Since", "yesterday"}}).status, 200);
    }
}

TEST_F(Metadata, DoesNotKnowOtherObjects) {
    for (const auto* path : {"/sobjects/Nothing__c/describe", "/sobjects/Nothing__c"}) {
        const auto response = ask("GET", std::string{test_base} + path);
        EXPECT_EQ(response.status, 404);
        EXPECT_EQ(response.body,
                  R"([{"message":"The requested resource does not exist","errorCode":"NOT_FOUND"}])");
    }
}

TEST_F(Metadata, ListsPicklistValuesByRecordType) {
    const std::string customer = "/ui-api/object-info/account/picklist-values/012000000000001";
    const std::string partner = "/ui-api/object-info/Account/picklist-values/012000000000002AAA";
    const auto all = get(partner)["picklistFieldValues"];
    EXPECT_EQ(all["Industry"]["values"].size(), 32U);
    EXPECT_FALSE(all.contains("Name"));
    const auto territory = get(partner + "/territory__c");
    EXPECT_EQ(territory, all["Territory__c"]);
    EXPECT_EQ(territory["controllerValues"], (nlohmann::json{{"EMEA", 0}, {"Americas", 1}}));
    EXPECT_EQ(territory["values"][2],
              (nlohmann::json{
                  {"attributes", nullptr}, {"label", "North"}, {"validFor", {0, 1}}, {"value", "North"}}));
    EXPECT_EQ(territory["url"], std::string{test_base} + partner + "/Territory__c");
    EXPECT_EQ(territory["eTag"].get<std::string>().size(), 32U);
    EXPECT_EQ(get(customer + "/Region__c")["values"].size(), 3U);
    EXPECT_EQ(get(partner + "/Region__c")["values"].size(), 2U);
    EXPECT_EQ(
        get("/ui-api/object-info/Lead/picklist-values/012000000000000AAA/Status")["defaultValue"]["value"],
        "Open - Not Contacted");
    EXPECT_EQ(get("/ui-api/object-info/Account/picklist-values/012000000000009AAA", 404)[0]["errorCode"],
              "NOT_FOUND");
    EXPECT_EQ(get(partner + "/Name", 404)[0]["errorCode"], "NOT_FOUND");
}

}  // namespace
}  // namespace koppla::sandbox
