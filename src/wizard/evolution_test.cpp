#include "wizard/evolution.h"

#include "wizard/discovery.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace koppla {
namespace {

using model::FieldSchema;
using model::Kind;
using model::ObjectSchema;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

FieldSchema field(std::string name, std::string remote_type, model::Type type) {
    FieldSchema made{.name = name, .label = name, .remote_type = std::move(remote_type), .type = type};
    return made;
}

ObjectSchema described() {
    ObjectSchema schema{.name = "Contact", .label = "Contact", .key = "Id", .stamp = "SystemModstamp"};
    schema.fields = {field("Id", "id", {.kind = Kind::identifier}),
                     field("SystemModstamp", "datetime", {.kind = Kind::instant}),
                     field("Name", "string", {.kind = Kind::text, .length = 80}),
                     field("Amount", "double", {.kind = Kind::decimal, .precision = 12, .scale = 2}),
                     field("Level", "picklist", {.kind = Kind::enumeration})};
    schema.fields[4].values = {{.code = "a", .label = "A"}, {.code = "b", .label = "B"}};
    return schema;
}

ObjectSchema recorded() {
    ObjectSchema schema = described();
    schema.local_table = "acme_contact";
    for (FieldSchema& each : schema.fields) each.column = model::local_name(each.name);
    return schema;
}

/// "what field: impact" of each change.
std::vector<std::string> changes(const Evolution& evolution) {
    std::vector<std::string> words;
    for (const SchemaChange& change : evolution.changes)
        words.push_back(change.what + " " + change.field + ": " + std::string{name(change.impact)});
    return words;
}

TEST(Evolution, NothingChangesWhereNothingHas) {
    const Evolution same = evolve(recorded(), described(), "20261124");
    EXPECT_THAT(same.changes, IsEmpty());
    EXPECT_THAT(same.renames, IsEmpty());
    EXPECT_EQ(same.impact(), Impact::safe);
    EXPECT_EQ(same.schema, recorded());
}

TEST(Evolution, WhatComesAlongIsSafe) {
    ObjectSchema now = described();
    now.label = "Person";
    now.fields[2].type.length = 120;
    now.fields[2].is_required = true;
    now.fields[3].type.precision = 10;
    now.fields[4].values[0].label = "First";
    now.fields[4].values.push_back({.code = "c", .label = "C"});
    now.fields.push_back(field("New", "string", {.kind = Kind::text}));
    const Evolution evolution = evolve(recorded(), now, "20261124");
    EXPECT_THAT(changes(evolution),
                ElementsAre("relabelled : safe", "wider Name: safe", "described otherwise Name: safe",
                            "narrower Amount: safe", "values added Level: safe",
                            "values relabelled Level: safe", "added New: safe"));
    EXPECT_EQ(evolution.schema.find("Name")->column, "name");
    EXPECT_EQ(evolution.schema.find("New")->column, "");
}

TEST(Evolution, AVanishedFieldIsParkedAndTakenUpAgain) {
    ObjectSchema now = described();
    now.fields.erase(now.fields.begin() + 3);
    const Evolution without = evolve(recorded(), now, "20261124");
    EXPECT_THAT(changes(without), ElementsAre("gone Amount: needs consent"));
    const FieldSchema* const parked = without.schema.find("Amount");
    ASSERT_NE(parked, nullptr);
    EXPECT_TRUE(parked->is_parked);
    EXPECT_EQ(parked->column, "amount");
    EXPECT_THAT(evolve(without.schema, now, "20261124").changes, IsEmpty());

    EXPECT_THAT(without.changes.front().detail, HasSubstr("deleted, or hidden"));
    now.hidden = {"Amount"};
    EXPECT_THAT(changes(evolve(recorded(), now, "")), ElementsAre("hidden Amount: needs consent"));
    now.hidden = std::vector<std::string>{};
    EXPECT_THAT(evolve(recorded(), now, "").changes.front().detail, StartsWith("deleted in the CRM"));

    const Evolution again = evolve(without.schema, described(), "20261125");
    EXPECT_THAT(changes(again), ElementsAre("back Amount: safe"));
    EXPECT_FALSE(again.schema.find("Amount")->is_parked);
    EXPECT_EQ(again.schema.find("Amount")->column, "amount");
    EXPECT_EQ(again.schema.fields.size(), 5U);
}

TEST(Evolution, AnotherStorageLeavesTheOldColumnBehind) {
    ObjectSchema now = described();
    now.fields[3] = field("Amount", "string", {.kind = Kind::text, .length = 20});
    const Evolution evolution = evolve(recorded(), now, "20261124");
    EXPECT_THAT(changes(evolution), ElementsAre("retyped Amount: needs consent"));
    EXPECT_THAT(evolution.renames,
                ElementsAre(ColumnRename{.from = "amount", .to = "amount_until_20261124"}));
    EXPECT_EQ(evolution.schema.find("Amount")->column, "amount");
    EXPECT_FALSE(evolution.schema.find("Amount")->is_parked);
    EXPECT_EQ(evolution.schema.fields.back().column, "amount_until_20261124");
    EXPECT_TRUE(evolution.schema.fields.back().is_parked);

    // And back again on the same day: the names don't collide.
    const Evolution back = evolve(evolution.schema, described(), "20261124");
    EXPECT_THAT(changes(back), ElementsAre("retyped Amount: needs consent"));
    EXPECT_EQ(back.renames.front().to, "amount_until_20261124_2");
    EXPECT_EQ(back.schema.fields.size(), 7U);
    EXPECT_EQ(std::ranges::count(back.schema.fields, true, &FieldSchema::is_parked), 2);
}

TEST(Evolution, APicklistThatBecomesTextKeepsItsColumn) {
    ObjectSchema now = described();
    now.fields[4] = field("Level", "string", {.kind = Kind::text, .length = 40});
    const Evolution evolution = evolve(recorded(), now, "20261124");
    EXPECT_THAT(changes(evolution), testing::Contains("retyped Level: safe"));
    EXPECT_THAT(evolution.renames, IsEmpty());
    EXPECT_EQ(evolution.impact(), Impact::safe);
}

TEST(Evolution, LostValuesStayWithTheirLabels) {
    ObjectSchema now = described();
    now.fields[4].values.erase(now.fields[4].values.begin());
    const Evolution evolution = evolve(recorded(), now, "20261124");
    EXPECT_THAT(changes(evolution), ElementsAre("values removed Level: safe"));
    const FieldSchema& level = *evolution.schema.find("Level");
    ASSERT_EQ(level.values.size(), 2U);
    EXPECT_EQ(level.values[1].label, "A");
    EXPECT_FALSE(level.values[1].is_active);
    EXPECT_THAT(evolve(evolution.schema, now, "20261124").changes, IsEmpty());
}

TEST(Evolution, WithoutTheKeyTheTableCantBeGoneOnWith) {
    ObjectSchema now = described();
    now.key = "Code";
    EXPECT_EQ(evolve(recorded(), now, "20261124").impact(), Impact::breaking);
    now = described();
    now.stamp = "LastModifiedDate";
    const Evolution evolution = evolve(recorded(), now, "20261124");
    EXPECT_EQ(evolution.impact(), Impact::consent);
    EXPECT_THAT(evolution.changes.front().detail, HasSubstr("--full"));
}

TEST(Evolution, AChoiceOfFieldsLastsUntilAnother) {
    ObjectSchema first = described();
    ASSERT_TRUE(choose_fields(first, {.only = {}, .excluded = {"Amount"}}));
    ObjectSchema before = first;
    before.local_table = "acme_contact";
    for (FieldSchema& each : before.fields) each.column = model::local_name(each.name);

    ObjectSchema now = described();
    now.fields.push_back(field("New", "string", {.kind = Kind::text}));
    choose_fields_again(now, before);
    EXPECT_THAT(changes(evolve(before, now, "20261124")), ElementsAre("added New: safe"));

    ObjectSchema other = described();
    ASSERT_TRUE(choose_fields(other, {.only = {"Amount"}, .excluded = {}}));
    const Evolution evolution = evolve(before, other, "20261124");
    EXPECT_THAT(changes(evolution),
                ElementsAre("added Amount: safe", "left out Name: safe", "left out Level: safe"));
    ObjectSchema later = described();
    later.fields.push_back(field("New", "string", {.kind = Kind::text}));
    choose_fields_again(later, evolution.schema);
    EXPECT_THAT(evolve(evolution.schema, later, "20261124").changes, IsEmpty());
}

}  // namespace
}  // namespace koppla
