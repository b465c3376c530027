#include "transfer/deletions.h"

#include "base/test/manual_clock.h"
#include "crm/test/idle_connector.h"
#include "db/migrations.h"
#include "db/test/any_database.h"
#include "platform/migrations/catalog.h"
#include "platform/schemas.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Silence final : public TransferObserver {
  public:
    void note(std::string_view) override {}
    void trouble(std::string_view) override {}
    void rows(std::int64_t, std::optional<std::int64_t>) override {}
};

/// A CRM whose log tells of one deletion, at the end of each period.
class Log final : public IdleConnector {
  public:
    Log() { able.has_deletion_log = true; }
    Result<Instant> now(const Call&) override { return time; }
    Result<Instant> deletions(const model::ObjectSchema&, Instant from, Instant until, DeletionSink& sink,
                              const Call&) override {
        asked.push_back(format_instant(from) + " " + format_instant(until));
        TRY(sink.put(std::array{Deletion{.id = "p1", .at = until, .merged_into = {}}}));
        return until;
    }
    Instant time = *parse_instant("2026-11-01T10:00:00Z");
    std::vector<std::string> asked;
};

class ImportingDeletions : public db::DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        ASSERT_TRUE(db::migrate(*database, store_migrations(), {}));
        model::ObjectSchema person{.name = "Person", .key = "Id", .removal_flag = "Gone"};
        person.local_table = "people";
        person.fields = {{.name = "Id", .type = {.kind = model::Kind::identifier}, .column = "id"},
                         {.name = "Gone", .type = {.kind = model::Kind::boolean}, .column = "gone"}};
        const auto transaction = begin(db::Access::write);
        ASSERT_TRUE(transaction->execute(
            "insert into koppla_account (name, type, label, comment) values ('crm', 'test', '', '')"));
        ASSERT_TRUE(Schemas{*transaction}.put({.account = "crm", .schema = person}, "{}"));
        ASSERT_TRUE(transaction->execute("create table people (id text, gone boolean)"));
        ASSERT_TRUE(transaction->execute("insert into people (id) values ('p1')"));
        ASSERT_TRUE(transaction->commit());
    }

    Result<DeletionReport> import(std::optional<Instant> from = {}, std::optional<Instant> until = {}) {
        const TransferSite site{
            .database = *database, .connector = crm, .clock = clock, .account = "crm", .user = "me"};
        return import_deletions(
            site, {.object = "Person", .from = from, .until = until, .kept = std::chrono::hours{24}},
            observer, {});
    }

    ManualClock clock;
    Log crm;
    Silence observer;
};

TEST_P(ImportingDeletions, TwiceInOneSecondIsOnceMore) {
    const auto first = import();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->marked, 1);
    const auto again = import();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->marked, 0);
    EXPECT_THAT(crm.asked, ElementsAre("2026-10-31T10:10:00.000Z 2026-11-01T10:00:00.000Z",
                                       "2026-11-01T10:00:00.000Z 2026-11-01T10:00:00.000Z"));
}

TEST_P(ImportingDeletions, APeriodThatEndsBeforeItBeginsIsRefused) {
    const auto refused = import(crm.time - std::chrono::seconds{5}, crm.time - std::chrono::seconds{6});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr("before it begins"));
    EXPECT_TRUE(crm.asked.empty());
}

INSTANTIATE_TEST_SUITE_P(Each, ImportingDeletions, db::every_database(), db::name_of);

}  // namespace
}  // namespace koppla
