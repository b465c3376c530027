#include "platform/accounts.h"
#include "platform/audit.h"
#include "platform/fixture.h"
#include "platform/options.h"
#include "platform/runs.h"
#include "platform/schemas.h"

#include <gmock/gmock.h>

namespace koppla {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Instant noon = *parse_instant("2026-11-01T12:00:00.123Z");

class Records : public StoreTest {
  protected:
    Records() {
        EXPECT_TRUE(Accounts(*transaction, store->vault()).create({.name = "crm", .type = "salesforce"}));
        EXPECT_TRUE(Accounts(*transaction, store->vault()).create({.name = "other", .type = "salesforce"}));
    }
    std::unique_ptr<db::Transaction> transaction = begin(db::Access::write);
    Options options{*transaction};
    Schemas schemas{*transaction};
    Enumerations enumerations{*transaction};
    Runs runs{*transaction};
    Audit audit{*transaction};
};

TEST_F(Records, options_are_found_as_they_were_set_last) {
    Option option{.name = "LASTIMPORT_crm_Contact",
                  .value = "2026-11-01T11:50:00.000Z",
                  .comment = "it's a \"comment\"",
                  .scope = R"({"object":"Contact"})",
                  .updated_at = noon,
                  .updated_by = "anna"};
    EXPECT_EQ(*options.find(option.name), std::nullopt);
    ASSERT_TRUE(options.set(option));
    EXPECT_EQ(*options.find(option.name), option);
    option.value = "";
    option.updated_by = "ben";
    ASSERT_TRUE(options.set(option));
    ASSERT_TRUE(options.set({.name = "A", .value = "1", .updated_at = noon}));
    EXPECT_EQ(options.list()->at(1), option);
    ASSERT_TRUE(options.remove("A"));
    EXPECT_EQ(options.remove("A").error().kind, ErrorKind::not_found);
    EXPECT_EQ(options.list()->size(), 1U);
    for (const std::string& name : {std::string{}, std::string(256, 'x'), std::string{"a\nb"}}) {
        EXPECT_EQ(options.set({.name = name, .value = "1"}).error().kind, ErrorKind::invalid);
    }
}

RecordedSchema contact() {
    return {.account = "crm",
            .schema = {.name = "Contact",
                       .label = "Contact",
                       .key = "Id",
                       .stamp = "SystemModstamp",
                       .fields = {{.name = "Id", .type = {.kind = model::Kind::identifier}, .column = "id"},
                                  {.name = "Amount__c",
                                   .label = "it's \"money\"",
                                   .type = {.kind = model::Kind::decimal, .precision = 18, .scale = 2},
                                   .column = "amount__c"}},
                       .local_table = "crm_contact"},
            .recorded_at = noon};
}

TEST_F(Records, schemas_are_found_as_they_were_recorded_last_whatever_the_case) {
    RecordedSchema recorded = contact();
    ASSERT_TRUE(schemas.put(recorded, "{\"source\":1}"));
    EXPECT_EQ(*schemas.find("crm", "contact"), recorded);
    recorded.schema.label = "Person";
    ASSERT_TRUE(schemas.put(recorded, "{\"source\":2}"));
    EXPECT_THAT(*schemas.list("crm"), ElementsAre(recorded));
    EXPECT_THAT(*schemas.list("other"), IsEmpty());
    EXPECT_EQ(*schemas.source("crm", "CONTACT"), "{\"source\":2}");
    const auto missing = schemas.find("other", "Contact");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
    EXPECT_THAT(missing.error().message, HasSubstr("koppla wizard other"));
    ASSERT_TRUE(schemas.remove("crm", "contact"));
    EXPECT_EQ(schemas.remove("crm", "contact").error().kind, ErrorKind::not_found);
    EXPECT_EQ(schemas.source("crm", "Contact").error().kind, ErrorKind::not_found);
}

TEST_F(Records, schemas_of_another_server_have_no_known_version) {
    RecordedSchema recorded = contact();
    recorded.schema.version = "7";
    ASSERT_TRUE(schemas.put(recorded, "said"));
    ASSERT_TRUE(schemas.forget_versions("crm"));
    EXPECT_EQ(*schemas.source("crm", "Contact"), "said");
    recorded.schema.version.clear();
    EXPECT_EQ(*schemas.find("crm", "Contact"), recorded);
}

TEST_F(Records, schemas_dont_share_a_table_nor_belong_to_nobody) {
    RecordedSchema recorded = contact();
    ASSERT_TRUE(schemas.put(recorded, ""));
    recorded.account = "other";
    EXPECT_EQ(schemas.put(recorded, "").error().kind, ErrorKind::conflict);
    recorded.schema.local_table = "x";
    recorded.account = "nobody";
    EXPECT_EQ(schemas.put(recorded, "").error().kind, ErrorKind::conflict);
    for (const char* name : {"A", "B"}) {
        recorded = {.account = "crm", .schema = {.name = name}, .recorded_at = noon};
        EXPECT_TRUE(schemas.put(recorded, "")) << "objects without a table yet";
    }
}

TEST_F(Records, a_damaged_schema_is_told_as_such) {
    ASSERT_TRUE(schemas.put(contact(), ""));
    ASSERT_TRUE(transaction->execute("update koppla_schema set definition = '{'"));
    EXPECT_FALSE(schemas.find("crm", "Contact"));
    ASSERT_TRUE(schemas.put(contact(), ""));
    ASSERT_TRUE(transaction->execute("update koppla_schema set recorded_at = 'yesterday'"));
    EXPECT_EQ(schemas.find("crm", "Contact").error().kind, ErrorKind::corrupt);
}

TEST_F(Records, enumerations_keep_the_order_of_their_values) {
    Enumeration rating{.account = "crm",
                       .object = "Contact",
                       .field = "Rating",
                       .label = "Rating",
                       .values = {{.code = "z", .label = "Z", .is_default = true},
                                  {.code = "a", .label = "it's", .is_active = false, .valid_for = "gAAA"},
                                  {.code = "z", .label = "again"}}};
    ASSERT_TRUE(enumerations.put(rating));
    EXPECT_THAT(*enumerations.list("crm"), ElementsAre(rating));
    rating.values.resize(1);
    ASSERT_TRUE(enumerations.put(rating));
    EXPECT_THAT(*enumerations.list("crm", "contact"), ElementsAre(rating));
    EXPECT_THAT(*enumerations.list("crm", "Lead"), IsEmpty());
    ASSERT_TRUE(schemas.put(contact(), ""));
    ASSERT_TRUE(schemas.remove("crm", "contact"));
    EXPECT_THAT(*enumerations.list("crm"), IsEmpty());
}

TEST_F(Records, runs_go_from_running_to_one_end) {
    const auto id =
        *runs.start({.kind = "import", .account = "crm", .object = "Contact", .started_at = noon});
    EXPECT_EQ(runs.find(id)->outcome, RunOutcome::running);
    EXPECT_EQ(runs.find(id)->ended_at, std::nullopt);
    const RunCounts counts{
        .read = 1, .added = 2, .changed = 3, .unchanged = 4, .rejected = 5, .crm_rows = 6, .calls = 7};
    const RunEnd end{.ended_at = noon + std::chrono::seconds{5},
                     .outcome = RunOutcome::incomplete,
                     .counts = counts,
                     .message = "cut",
                     .detail = "{}"};
    ASSERT_TRUE(runs.finish(id, end));
    EXPECT_EQ(runs.finish(id, end).error().kind, ErrorKind::conflict);
    EXPECT_EQ(runs.finish(id + 1, end).error().kind, ErrorKind::not_found);
    const auto run = *runs.find(id);
    EXPECT_EQ(run.counts, counts);
    EXPECT_EQ(run.outcome, RunOutcome::incomplete);
    EXPECT_EQ(run.started_at, noon);
    EXPECT_EQ(run.ended_at, end.ended_at);
    EXPECT_EQ(run.message, "cut");
    EXPECT_EQ(run.detail, "{}");
    const auto second = *runs.start({.kind = "import", .account = "crm", .started_at = noon});
    ASSERT_TRUE(runs.finish(second, {.ended_at = noon, .outcome = RunOutcome::failed}));
    EXPECT_EQ(runs.find(second)->counts.crm_rows, std::nullopt);
    EXPECT_EQ(runs.list(10)->size(), 2U);
    EXPECT_EQ(runs.list(1)->at(0).id, second);
    EXPECT_EQ(name(RunOutcome::complete), "complete");
}

TEST_F(Records, rejects_are_kept_with_their_raw_record) {
    const auto id = *runs.start({.kind = "import", .account = "crm", .started_at = noon});
    const std::vector<Reject> rejects = {
        {.object = "Contact",
         .remote_id = "003",
         .symbol = "BAD",
         .message = "no",
         .record = "\"a\",\"b\"\r\n"},
        {.object = "Contact", .remote_id = "004", .symbol = "", .message = "no", .record = "\xFF\xFE"},
        {.object = "Contact", .remote_id = "005", .symbol = "", .message = "", .record = ""}};
    ASSERT_TRUE(runs.add_rejects(id, std::span{rejects}.first(2)));
    ASSERT_TRUE(runs.add_rejects(id, std::span{rejects}.last(1)));
    EXPECT_EQ(*runs.rejects(id, 10), rejects);
    EXPECT_EQ(runs.rejects(id, 2)->size(), 2U);
    EXPECT_FALSE(runs.add_rejects(id + 1, rejects));
}

TEST_F(Records, the_audit_tells_who_did_what) {
    const AuditEntry made{.at = noon,
                          .who = "anna",
                          .verb = "account.create",
                          .subject = "crm",
                          .detail = "{\"type\":\"salesforce\"}"};
    const AuditEntry changed{.at = noon, .who = "ben", .verb = "option.set", .subject = "X"};
    ASSERT_TRUE(audit.append(made));
    ASSERT_TRUE(audit.append(changed));
    EXPECT_THAT(*audit.list(10), ElementsAre(changed, made));
    EXPECT_THAT(*audit.list(1), ElementsAre(changed));
}

}  // namespace
}  // namespace koppla
