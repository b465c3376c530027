#include "app/doctor/finding.h"

#include <gmock/gmock.h>

namespace koppla {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Doctor, ClockThatIsOffIsToldWithTheRemedy) {
    EXPECT_EQ(judge_clock(0ms).level, Level::ok);
    EXPECT_EQ(judge_clock(-30'000ms).level, Level::ok);
    EXPECT_THAT(judge_clock(1'500ms).text, HasSubstr("+1.5 s"));
    EXPECT_EQ(judge_clock(31s).level, Level::warn);
    const Finding behind = judge_clock(10min);
    EXPECT_EQ(behind.level, Level::fail);
    EXPECT_THAT(behind.text, HasSubstr("600 s behind the CRM's"));
    EXPECT_THAT(behind.remedy, HasSubstr("timedatectl"));
    EXPECT_THAT(judge_clock(-10min).text, HasSubstr("600 s ahead of"));
}

TEST(Doctor, AllowanceIsJudgedByTheShareThatIsUsed) {
    const auto judged = [](std::int64_t used, std::int64_t most) {
        return judge_allowance({.allowance_used = used, .allowance_max = most}).level;
    };
    EXPECT_EQ(judged(800, 1'000), Level::ok);
    EXPECT_EQ(judged(801, 1'000), Level::warn);
    EXPECT_EQ(judged(951, 1'000), Level::fail);
    EXPECT_EQ(judged(5, 0), Level::ok);
    EXPECT_EQ(judge_allowance({}).level, Level::ok);
    EXPECT_THAT(judge_allowance({.allowance_used = 18, .allowance_max = 15'000}).text,
                HasSubstr("18 of 15000 used in the last 24 hours (0.1 %)"));
}

TEST(Doctor, DiskIsJudgedByWhatAMergeMayNeed) {
    constexpr std::uintmax_t gib = std::uintmax_t{1} << 30U;
    EXPECT_EQ(judge_disk({.free_bytes = 50'000'000, .store_bytes = 1}).level, Level::fail);
    EXPECT_EQ(judge_disk({.free_bytes = gib - 1, .store_bytes = 1}).level, Level::warn);
    EXPECT_EQ(judge_disk({.free_bytes = gib, .store_bytes = 1}).level, Level::ok);
    EXPECT_EQ(judge_disk({.free_bytes = 5 * gib, .store_bytes = 100 * gib}).level, Level::warn);
    EXPECT_EQ(judge_journal(16 << 20).level, Level::ok);
    EXPECT_EQ(judge_journal(2 * gib).level, Level::warn);
}

model::ObjectSchema contact() {
    return {.name = "Contact",
            .fields = {{.name = "Id", .remote_type = "id", .column = "id"},
                       {.name = "Name", .remote_type = "string", .column = "name"},
                       {.name = "Level__c", .remote_type = "picklist", .column = "level__c"}},
            .local_table = "acme_contact"};
}

std::vector<Finding> judged(const Result<Described>& now) {
    const model::ObjectSchema recorded = contact();
    return judge_schema({.account = "acme", .recorded = recorded, .now = now});
}

TEST(Doctor, WhatTheUserDoesNotSeeAnyMoreIsNamed) {
    Described same{.schema = contact()};
    EXPECT_EQ(judged(same).size(), 1U);
    EXPECT_EQ(judged(same)[0].level, Level::ok);

    Described less = same;
    less.schema.fields.erase(less.schema.fields.begin() + 1);
    less.schema.fields[1].remote_type = "string";
    less.schema.fields.push_back({.name = "New__c", .remote_type = "string"});
    const auto findings = judged(less);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].level, Level::fail);
    EXPECT_EQ(findings[0].subject, "Contact.Name");
    EXPECT_THAT(findings[0].text, HasSubstr("gone"));
    EXPECT_THAT(findings[0].remedy, HasSubstr("permission set"));
    EXPECT_THAT(findings[0].remedy, HasSubstr("koppla wizard acme --tables Contact"));

    Described wider = same;
    wider.schema.fields.push_back({.name = "New__c", .remote_type = "string"});
    ASSERT_EQ(judged(wider).size(), 1U);
    EXPECT_EQ(judged(wider)[0].level, Level::ok);
    EXPECT_THAT(judged(wider)[0].text, HasSubstr("1 harmless change"));

    const auto gone = judged(error(ErrorKind::not_found, "no such object"));
    EXPECT_EQ(gone[0].level, Level::fail);
    EXPECT_THAT(gone[0].remedy, HasSubstr("read access"));
    EXPECT_EQ(judged(error(ErrorKind::throttled, "too many"))[0].text, "too many");
}

TEST(Doctor, TablesAreHeldAgainstTheSchema) {
    EXPECT_EQ(judge_table(contact(), {"ID", "name", "level__c", "own"}).level, Level::ok);
    EXPECT_THAT(judge_table(contact(), {"id"}).text, HasSubstr("name, level__c"));
    EXPECT_THAT(judge_table(contact(), {}).text, HasSubstr("is not there"));
    EXPECT_EQ(judge_table(contact(), {}).level, Level::fail);
}

TEST(Doctor, PositionsOlderThanTheRecycleBinNeedAFullImport) {
    const auto judged_at = [](std::chrono::hours age) {
        return judge_position({.option = "LASTIMPORT_acme_Contact",
                               .object = "Contact",
                               .age = age,
                               .deletions_kept = 15 * 24h});
    };
    EXPECT_EQ(judged_at(1h).level, Level::ok);
    EXPECT_THAT(judged_at(1h).remedy, IsEmpty());
    EXPECT_EQ(judged_at(8 * 24h).level, Level::warn);
    const Finding old = judged_at(16 * 24h);
    EXPECT_EQ(old.level, Level::fail);
    EXPECT_THAT(old.text, HasSubstr("16 days"));
    EXPECT_THAT(old.text, HasSubstr("over 15 days"));
    EXPECT_THAT(old.remedy, HasSubstr("--full"));
    EXPECT_EQ(
        judge_position({.option = "LASTIMPORT_acme_contact", .object = "contact", .age = 90 * 24h}).level,
        Level::ok);
}

}  // namespace
}  // namespace koppla
