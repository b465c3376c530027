#include "crm/salesforce/metadata.h"

#include "crm/salesforce/test/org.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {
namespace {

using model::Kind;
using nlohmann::json;
using Outcome = Mapping::Outcome;

json field(const std::string& name, const std::string& type, const json& more = json::object()) {
    json result = {{"name", name},       {"label", name},    {"type", type},
                   {"filterable", true}, {"sortable", true}, {"nillable", true}};
    result.update(more);
    return result;
}

json describe(std::vector<json> fields) {
    fields.insert(fields.begin(), field("Id", "id"));
    return {{"name", "Thing__c"}, {"label", "Thing"}, {"createable", true}, {"fields", fields}};
}

model::ObjectSchema schema_of(const json& document) {
    const auto schema = object_schema(document.dump());
    EXPECT_TRUE(schema) << schema.error().message;
    return schema ? *schema : model::ObjectSchema{};
}

TEST(Metadata, EveryFieldTypeHasItsKind) {
    const std::vector<std::pair<RemoteType, Mapping>> cases = {
        {{"string", 80}, {Outcome::mapped, {Kind::text, 80}}},
        {{"phone", 40}, {Outcome::mapped, {Kind::text, 40}}},
        {{"url", 255}, {Outcome::mapped, {Kind::text, 255}}},
        {{"email", 80}, {Outcome::mapped, {Kind::text, 80}}},
        {{"textarea", 131072}, {Outcome::mapped, {Kind::text, 131072}}},
        {{"combobox", 255}, {Outcome::mapped, {Kind::text, 255}}},
        {{"encryptedstring", 20}, {Outcome::mapped, {Kind::text, 20}}},
        {{"datacategorygroupreference", 80}, {Outcome::mapped, {Kind::text, 80}}},
        {{"anyType", 0}, {Outcome::mapped, {Kind::text, 0}}},
        {{"complexvalue", 0}, {Outcome::mapped, {Kind::text, 0}}},
        {{"json", 0}, {Outcome::mapped, {Kind::text, 0}}},
        {{"picklist", 255}, {Outcome::mapped, {Kind::enumeration, 255}}},
        {{"multipicklist", 4099}, {Outcome::mapped, {Kind::enumerations, 4099}}},
        {{"reference", 18}, {Outcome::mapped, {Kind::reference, 18}}},
        {{"id", 18}, {Outcome::mapped, {Kind::identifier, 18}}},
        {{"boolean"}, {Outcome::mapped, {Kind::boolean}}},
        {{"int", 0, 0, 0, 8}, {Outcome::mapped, {Kind::integer, 0, 8}}},
        {{"long", 0, 0, 0, 18}, {Outcome::mapped, {Kind::integer, 0, 18}}},
        {{"double", 0, 18, 15}, {Outcome::mapped, {Kind::decimal, 0, 18, 15}}},
        {{"currency", 0, 18, 2}, {Outcome::mapped, {Kind::decimal, 0, 18, 2}}},
        {{"percent", 0, 3, 0}, {Outcome::mapped, {Kind::decimal, 0, 3, 0}}},
        {{"date"}, {Outcome::mapped, {Kind::date}}},
        {{"datetime"}, {Outcome::mapped, {Kind::instant}}},
        {{"time"}, {Outcome::mapped, {Kind::time}}},
        {{"address"}, {Outcome::compound, {}}},
        {{"location"}, {Outcome::compound, {}}},
        {{"base64"}, {Outcome::binary, {}}},
        {{"hologram", 7}, {Outcome::kept_as_text, {Kind::text, 7}}},
    };
    for (const auto& [remote, expected] : cases) EXPECT_EQ(mapping_of(remote), expected) << remote.name;
}

TEST(Metadata, WhatCantBeMappedIsSaidWithWhatIsDoneInstead) {
    const auto schema = schema_of(describe(
        {field("BillingAddress", "address"),
         field("BillingStreet", "textarea", {{"compoundFieldName", "BillingAddress"}}),
         field("BillingCity", "string", {{"compoundFieldName", "BillingAddress"}}),
         field("Where__c", "location"), field("Body", "base64"), field("New__c", "hologram"),
         field("bad name", "string"), field("x'y", "string"),
         field("Old__c", "string", {{"deprecatedAndHidden", true}}), field("BillingCity", "string")}));
    ASSERT_EQ(schema.notices.size(), 7U);
    EXPECT_EQ(schema.notices[0].field, "BillingAddress");
    EXPECT_EQ(schema.notices[0].instead, "its parts BillingStreet, BillingCity are imported instead");
    EXPECT_NE(schema.notices[1].instead.find("none of them"), std::string::npos);
    EXPECT_NE(schema.notices[2].instead.find("file content is not imported"), std::string::npos);
    EXPECT_NE(schema.notices[3].instead.find("as text"), std::string::npos);
    EXPECT_NE(schema.notices[4].instead.find("can't stand in a query"), std::string::npos);
    EXPECT_EQ(schema.notices[5].field, "x'y");
    EXPECT_NE(schema.notices[6].instead.find("twice"), std::string::npos);
    std::vector<std::string> names;
    for (const auto& each : schema.fields) names.push_back(each.name);
    EXPECT_EQ(names, (std::vector<std::string>{"Id", "BillingStreet", "BillingCity", "New__c"}));
}

TEST(Metadata, RightsListsAndTargetsAreKept) {
    const auto schema = schema_of(describe(
        {field("Kind__c", "picklist",
               {{"createable", true},
                {"updateable", true},
                {"nillable", false},
                {"controllerName", "Top__c"},
                {"picklistValues",
                 json::array({{{"value", "a"},
                               {"label", "A"},
                               {"active", true},
                               {"defaultValue", true},
                               {"validFor", "gAAA"}},
                              {{"value", "b"}, {"label", nullptr}, {"active", false}, {"validFor", nullptr}},
                              {{"value", nullptr}}})}}),
         field("Owner", "reference", {{"referenceTo", {"User", "Group"}}, {"calculated", true}}),
         field("Name", "string",
               {{"createable", true}, {"nillable", false}, {"defaultedOnCreate", true}, {"unique", true}}),
         field("IsDeleted", "boolean")}));
    const auto* kind = schema.find("kind__c");
    ASSERT_NE(kind, nullptr);
    EXPECT_TRUE(kind->is_required && kind->is_createable && kind->is_updateable);
    EXPECT_EQ(kind->controller, "Top__c");
    ASSERT_EQ(kind->values.size(), 2U);
    EXPECT_EQ(kind->values[0], (model::EnumerationValue{"a", "A", true, true, "gAAA"}));
    EXPECT_EQ(kind->values[1], (model::EnumerationValue{"b", "", false, false, ""}));
    EXPECT_EQ(schema.find("Owner")->targets, (std::vector<std::string>{"User", "Group"}));
    EXPECT_TRUE(schema.find("Owner")->is_calculated);
    EXPECT_FALSE(schema.find("Name")->is_required);
    EXPECT_TRUE(schema.find("Name")->is_unique && schema.find("Id")->is_unique);
    EXPECT_EQ(schema.key, "Id");
    EXPECT_EQ(schema.removal_flag, "IsDeleted");
    EXPECT_TRUE(schema.is_writable);
}

TEST(Metadata, TheStampIsTheFirstThatCanBeAskedFor) {
    const auto stamp = [](const std::vector<json>& fields) { return schema_of(describe(fields)).stamp; };
    const json modstamp = field("SystemModstamp", "datetime");
    const json modified = field("LastModifiedDate", "datetime");
    const json created = field("CreatedDate", "datetime");
    EXPECT_EQ(stamp({created, modified, modstamp}), "SystemModstamp");
    EXPECT_EQ(stamp({created, modified}), "LastModifiedDate");
    EXPECT_EQ(stamp({created}), "CreatedDate");
    EXPECT_EQ(stamp({field("SystemModstamp", "datetime", {{"filterable", false}}), created}), "CreatedDate");
    EXPECT_EQ(stamp({field("SystemModstamp", "date"), created}), "CreatedDate");
    EXPECT_EQ(stamp({}), "");
    EXPECT_EQ(schema_of(describe({})).removal_flag, "");
}

TEST(Metadata, HostileDescribesBreakNothing) {
    std::vector<json> many;
    for (int i = 0; i < 2'000; ++i)
        many.push_back(field("F" + std::to_string(i), "string", {{"length", 1e300}}));
    EXPECT_EQ(schema_of(describe(many)).fields.size(), 2'001U);
    EXPECT_EQ(schema_of(describe({field("name", "string"), field("NAME", "string")})).fields.size(), 3U);

    json odd = describe({});
    odd["fields"].push_back(7);
    odd["fields"].push_back(json::object());
    odd["fields"].push_back({{"name", nullptr}, {"type", 7}});
    odd["fields"].push_back(
        {{"name", "A"}, {"type", json::array()}, {"length", -5}, {"picklistValues", "no"}});
    EXPECT_EQ(schema_of(odd).fields.size(), 2U);

    EXPECT_EQ(object_schema("").error().kind, ErrorKind::corrupt);
    EXPECT_EQ(object_schema("[]").error().kind, ErrorKind::corrupt);
    EXPECT_EQ(object_schema(R"({"name":"a'b","fields":[]})").error().kind, ErrorKind::corrupt);
    EXPECT_EQ(object_schema(R"({"name":"A","fields":[]})").error().kind, ErrorKind::unsupported);
    EXPECT_EQ(object_schema(R"({"name":"A","fields":)" + std::string(100'000, '[')).error().kind,
              ErrorKind::corrupt);
    EXPECT_EQ(object_summaries("<html>").error().kind, ErrorKind::corrupt);
}

TEST(Metadata, TheListOfObjectsLeavesOutWhatIsHidden) {
    const auto objects = object_summaries(json{
        {"sobjects",
         {{{"name", "Account"}, {"label", "Account"}, {"queryable", true}, {"updateable", true}},
          {{"name", "Feed"}, {"label", "F"}, {"queryable", false}},
          {{"name", "Old"},
           {"deprecatedAndHidden", true}}}}}.dump());
    ASSERT_TRUE(objects);
    ASSERT_EQ(objects->size(), 2U);
    EXPECT_TRUE((*objects)[0].is_readable && (*objects)[0].is_writable);
    EXPECT_FALSE((*objects)[1].is_readable || (*objects)[1].is_writable);
}

std::string composite(const std::vector<json>& answers) {
    return json{{"compositeResponse", answers}}.dump();
}

TEST(Describes, TravelTogetherInOneChargedCall) {
    const json thing = describe({field("Extra", "string")});
    test::Org org{test::with_login([&](const http::Request& request) -> test::Answer {
        const json body = json::parse(request.body);
        EXPECT_EQ(request.target, test::server + "/services/data/v68.0/composite");
        EXPECT_EQ(body["compositeRequest"].size(), 3U);
        EXPECT_EQ(body["compositeRequest"][0]["url"], "/services/data/v68.0/sobjects/Thing__c/describe");
        EXPECT_FALSE(body["compositeRequest"][0].contains("httpHeaders"));
        EXPECT_EQ(body["compositeRequest"][1]["httpHeaders"]["If-Modified-Since"],
                  "Sun, 01 Nov 2026 10:00:00 GMT");
        // In another order than asked, as it is allowed to be.
        return {.body = composite({{{"referenceId", body["compositeRequest"][2]["referenceId"]},
                                    {"httpStatusCode", 404},
                                    {"httpHeaders", json::object()},
                                    {"body", {{{"errorCode", "NOT_FOUND"}, {"message", "gone"}}}}},
                                   {{"referenceId", body["compositeRequest"][1]["referenceId"]},
                                    {"httpStatusCode", 304},
                                    {"body", nullptr}},
                                   {{"referenceId", body["compositeRequest"][0]["referenceId"]},
                                    {"httpStatusCode", 200},
                                    {"httpHeaders", {{"last-modified", "Mon, 02 Nov 2026 10:00:00 GMT"}}},
                                    {"body", thing}}})};
    })};
    const std::vector<DescribeRequest> requests = {
        {.object = "Thing__c"},
        {.object = "Same__c", .known_version = "Sun, 01 Nov 2026 10:00:00 GMT"},
        {.object = "no' object"},
        {.object = "Gone__c"}};
    const auto answers = org.connector->describe(requests, org.call);
    ASSERT_TRUE(answers) << answers.error().message;
    ASSERT_EQ(answers->size(), 4U);
    ASSERT_TRUE((*answers)[0]);
    EXPECT_EQ((*answers)[0]->version, "Mon, 02 Nov 2026 10:00:00 GMT");
    EXPECT_EQ(json::parse((*answers)[0]->source), thing);
    EXPECT_NE((*answers)[0]->schema.find("Extra"), nullptr);
    ASSERT_TRUE((*answers)[1]);
    EXPECT_TRUE((*answers)[1]->is_unchanged);
    EXPECT_EQ((*answers)[1]->version, "Sun, 01 Nov 2026 10:00:00 GMT");
    EXPECT_EQ((*answers)[2].error().kind, ErrorKind::not_found);
    EXPECT_EQ((*answers)[3].error().kind, ErrorKind::not_found);
    EXPECT_NE((*answers)[3].error().message.find("describing Gone__c"), std::string::npos);
    EXPECT_EQ(org.connector->usage().charged_calls, 1);
}

TEST(Describes, AnAnswerThatIsCutOrLeavesOneOutIsAnError) {
    const std::vector<DescribeRequest> requests = {{.object = "A"}};
    EXPECT_FALSE(described("", requests));
    EXPECT_FALSE(described(R"({"compositeResponse":[{"body":{"a":)", requests));
    const auto empty = described(R"({"compositeResponse":[]})", requests);
    ASSERT_TRUE(empty);
    EXPECT_EQ((*empty)[0].error().kind, ErrorKind::corrupt);
    const auto strange = described(
        composite({{{"referenceId", "describe7"}, {"httpStatusCode", 200}, {"body", 1}}}), requests);
    ASSERT_TRUE(strange);
    EXPECT_EQ((*strange)[0].error().kind, ErrorKind::corrupt);
    const auto bare =
        described(composite({{{"referenceId", "describe0"}, {"httpStatusCode", 200}}}), requests);
    ASSERT_TRUE(bare);
    EXPECT_FALSE((*bare)[0]) << "an answer without body and headers";
    EXPECT_FALSE(object_schema({}));
    EXPECT_FALSE(object_summaries({}));
    // Not modified since nothing: a server's fault, not an empty description.
    const auto unasked = described(
        composite({{{"referenceId", "describe0"}, {"httpStatusCode", 304}, {"body", nullptr}}}), requests);
    ASSERT_TRUE(unasked);
    EXPECT_FALSE((*unasked)[0]);
}

TEST(Describes, OfARealOrgAllMap) {
    const char* const set = std::getenv("KOPPLA_SHARED");
    const std::filesystem::path shared = set != nullptr
                                             ? std::filesystem::path{set}
                                             : std::filesystem::path{__FILE__} / "../../../../../shared";
    const auto folder = (shared / "data/salesforce/org-npsp/describe").lexically_normal();
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "there are no real describes at " << folder;
    int found = 0;
    for (const auto& each : std::filesystem::directory_iterator{folder}) {
        std::stringstream body;
        body << std::ifstream{each.path()}.rdbuf();
        if (each.path().filename() == "_global.json") {
            EXPECT_GT(object_summaries(body.str())->size(), 90U);
            continue;
        }
        const auto schema = object_schema(body.str());
        ASSERT_TRUE(schema) << each.path() << schema.error().message;
        std::size_t unmapped = 0;
        for (const auto& notice : schema->notices) {
            EXPECT_EQ(notice.remote_type, "address") << notice.field << ": " << notice.instead;
            EXPECT_NE(notice.instead.find("Street"), std::string::npos);
            ++unmapped;
        }
        EXPECT_EQ(schema->fields.size() + unmapped, json::parse(body.str())["fields"].size()) << each.path();
        ++found;
    }
    EXPECT_EQ(found, 6);
}

}  // namespace
}  // namespace koppla::salesforce
