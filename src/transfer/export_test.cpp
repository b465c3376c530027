#include "transfer/export.h"

#include "base/test/manual_clock.h"
#include "db/migrations.h"
#include "db/test/any_database.h"
#include "platform/migrations/catalog.h"
#include "platform/runs.h"
#include "platform/schemas.h"
#include "transfer/test/writing_crm.h"

#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace koppla {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Silence final : public TransferObserver {
  public:
    void note(std::string_view) override {}
    void trouble(std::string_view) override {}
    void rows(std::int64_t, std::optional<std::int64_t>) override {}
};

/// A store with a table of people, whose rows go to the CRM's object Person.
class Exporting : public db::DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        ASSERT_TRUE(db::migrate(*database, store_migrations(), {}));
        const auto transaction = begin(db::Access::write);
        ASSERT_TRUE(transaction->execute(
            "insert into koppla_account (name, type, label, comment) values ('crm', 'test', '', '')"));
        ASSERT_TRUE(Schemas{*transaction}.put({.account = "crm", .schema = person()}, "{}"));
        ASSERT_TRUE(transaction->execute("create table people (id text, code text, name text, born text)"));
        ASSERT_TRUE(transaction->commit());
        options.object = "Person";
        options.query = "select * from people";
        options.mappings = {"code=Code", "name=Name"};
        options.key = "Code";
    }

    static model::ObjectSchema person() {
        model::ObjectSchema schema{.name = "Person", .key = "Id", .removal_flag = {}};
        schema.fields = {
            {.name = "Id", .type = {.kind = model::Kind::identifier}, .column = "id"},
            {.name = "Code", .type = {.kind = model::Kind::text}, .is_unique = true, .column = "code"},
            {.name = "Name", .type = {.kind = model::Kind::text}, .column = "name"},
            {.name = "Born", .type = {.kind = model::Kind::date}, .column = "born"},
            {.name = "Kind",
             .type = {.kind = model::Kind::enumeration},
             .values = {{.code = "1", .label = "Friend"}, {.code = "2", .label = "Foe"}},
             .column = "kind"}};
        return schema;
    }

    void add_people(int count) {
        const auto transaction = begin(db::Access::write);
        for (int i = 1; i <= count; ++i) {
            ASSERT_TRUE(transaction->execute(
                fmt::format("insert into people (code, name) values ('k{0}', 'n{0}')", i)));
        }
        ASSERT_TRUE(transaction->commit());
    }

    TransferSite site() {
        return {.database = *database, .connector = crm, .clock = clock, .account = "crm", .user = "me"};
    }
    Result<ExportReport> export_all(const Call& call = {}) {
        return export_rows(site(), options, observer, call);
    }
    ExportReport exported() {
        auto report = export_all();
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return report ? *report : ExportReport{};
    }
    ExportReport resumed(std::int64_t run) {
        auto report = resume_export(site(), run, observer, {});
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return report ? *report : ExportReport{};
    }
    /// Whether the CRM has each of so many people once, and nobody else.
    void expect_people(int count) {
        std::multiset<std::string> found;
        for (const auto& record : crm.records) found.insert(record.at("Name").value_or(""));
        EXPECT_THAT(found, SizeIs(count));
        for (int i = 1; i <= count; ++i) EXPECT_EQ(found.count(fmt::format("n{}", i)), 1U) << i;
    }

    ManualClock clock;
    WritingCrm crm;
    Silence observer;
    ExportOptions options;
};

TEST_P(Exporting, SendsEveryRowOnceAndCountsWhatBecameOfIt) {
    add_people(95);
    crm.lanes = 3;
    const ExportReport report = exported();
    expect_people(95);
    EXPECT_EQ(report.operation, WriteOperation::upsert);
    EXPECT_EQ(report.outcome, ExportOutcome::complete);
    EXPECT_EQ(report.rows, 95);
    EXPECT_EQ(report.written, (WriteCounts{.created = 95}));
    EXPECT_THAT(crm.shipped, SizeIs(10));
    EXPECT_THAT(cells("select outcome, rows_read, rows_added from koppla_run"),
                ElementsAre("complete", "95", "95"));
    EXPECT_THAT(cells(fmt::format("select count(*) from koppla_result where run = {}", report.run)),
                ElementsAre("95"));
    const auto transaction = begin(db::Access::read);
    EXPECT_FALSE(transaction->query(fmt::format("select 1 from koppla_rows_{}", report.run)));
}

TEST_P(Exporting, LeavesEmptyCellsOutAndClearsWhereThatIsAsked) {
    run("insert into people (code, name, born) values ('k1', 'n1', null), ('k2', '', '2001-02-03')");
    options.mappings = {"code=Code", "name=Name", "born=Born:clear"};
    exported();
    ASSERT_THAT(crm.records, SizeIs(2));
    EXPECT_EQ(crm.records[0].at("Born"), std::nullopt);
    EXPECT_EQ(crm.records[1].at("Born"), "2001-02-03");
    EXPECT_FALSE(crm.records[1].contains("Name"));
}

TEST_P(Exporting, RefusesWhatCannotBeSentAndSendsTheRest) {
    run("insert into people (code, name, born) values ('k1', 'n1', 'never'), ('k2', 'n2', '2001-02-03'),"
        " (null, 'n3', null), ('k4', 'a', null), ('k4', 'b', null)");
    options.mappings = {"code=Code", "name=Name", "born=Born"};
    const ExportReport report = exported();
    ASSERT_THAT(crm.records, SizeIs(1));
    EXPECT_EQ(report.written, (WriteCounts{.created = 1, .refused = 4}));
    const auto rejects = rejects_of(*database, report.run, {});
    ASSERT_TRUE(rejects);
    EXPECT_THAT(rejects->columns, ElementsAre("error_symbol", "error_message", "error_fields",
                                              "error_record_id", "code", "name", "born"));
    std::vector<std::string> symbols;
    for (const auto& row : rejects->rows) symbols.push_back(row[0].value_or(""));
    EXPECT_THAT(symbols, ElementsAre("INVALID_VALUE", "INVALID_VALUE", "DOUBLE_KEY", "DOUBLE_KEY"));
    EXPECT_THAT(rejects->rows[0][1].value_or(""), HasSubstr("never"));
    EXPECT_EQ(rejects->rows[0][5], "n1");
}

TEST_P(Exporting, SendsMendedRejectsAgain) {
    add_people(30);
    crm.judge = [](const WritingCrm::Row& row) -> std::optional<WriteResult> {
        if (row.at("Name") != "n7") return std::nullopt;
        return WriteResult{.outcome = WriteResult::Outcome::refused,
                           .symbol = "BAD_NAME",
                           .message = "n7, really?",
                           .fields = "Name"};
    };
    const ExportReport report = exported();
    EXPECT_EQ(report.written.refused, 1);
    auto rejects = *rejects_of(*database, report.run, {});
    ASSERT_THAT(rejects.rows, SizeIs(1));
    EXPECT_THAT(rejects.rows[0], ElementsAre("BAD_NAME", "n7, really?", "Name", "", "k7", "n7"));
    const auto mended = read_csv(to_csv(rejects));
    ASSERT_TRUE(mended);
    auto table = *mended;
    table.rows[0][5] = "n7 ";
    const auto replayed = replay_export(site(), report.run, table, false, observer, {});
    ASSERT_TRUE(replayed) << replayed.error().message;
    EXPECT_EQ(replayed->written, (WriteCounts{.created = 1}));
    EXPECT_THAT(crm.records, SizeIs(30));
    EXPECT_THAT(rejects_of(*database, replayed->run, {})->rows, IsEmpty());
    const auto twice = replay_export(site(), report.run, table, false, observer, {});
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().kind, ErrorKind::conflict);
    EXPECT_THAT(twice.error().message, HasSubstr(fmt::format("run {} sent again", replayed->run)));
    EXPECT_TRUE(replay_export(site(), report.run, table, true, observer, {}));
}

TEST_P(Exporting, ConvertsNothingTwice) {
    run("insert into people (code, name, born) values ('k1', ' secret ', '2001-02-03T23:00:00.000'),"
        " ('k2', 'secret', 'never'), ('k3', 'refused', null)");
    options.mappings = {"code=Code:mask:trim", "name=Name:trim:hash", "born=Born:date-only"};
    options.key.clear();
    bool is_strict = true;
    crm.judge = [&](const WritingCrm::Row& row) -> std::optional<WriteResult> {
        if (!is_strict || row.contains("Born")) return std::nullopt;
        return WriteResult{.outcome = WriteResult::Outcome::refused, .symbol = "NO"};
    };
    TransferSite here = site();
    here.hash = [](std::string_view text) {
        std::array<char, 64> digits{};
        digits.fill('0');
        std::ranges::copy(text.substr(0, 64), digits.begin());
        return digits;
    };
    const std::string secret = "secret" + std::string(58, '0');
    const auto report = export_rows(here, options, observer, {});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_THAT(crm.records, SizeIs(1));
    EXPECT_EQ(crm.records[0].at("Code"), "k***");
    EXPECT_EQ(crm.records[0].at("Name"), secret);
    EXPECT_EQ(crm.records[0].at("Born"), "2001-02-03");
    auto rejects = *rejects_of(*database, report->run, {});
    ASSERT_THAT(rejects.rows, SizeIs(2));
    EXPECT_EQ(rejects.rows[0][5], secret) << "as it would have been sent";
    EXPECT_EQ(rejects.rows[0][6], "never");
    rejects.rows[0][6] = "1999-12-31";
    is_strict = false;
    const auto replayed = replay_export(here, report->run, rejects, false, observer, {});
    ASSERT_TRUE(replayed) << replayed.error().message;
    ASSERT_THAT(crm.records, SizeIs(3));
    EXPECT_EQ(crm.records[1].at("Code"), "k***");
    EXPECT_EQ(crm.records[1].at("Name"), secret);
    EXPECT_EQ(crm.records[1].at("Born"), "1999-12-31");
}

TEST_P(Exporting, KnowsKeysThatNameOneRecord) {
    run("insert into people (code, name) values ('K1', 'a'), ('k1', 'b'), ('k2', 'c')");
    EXPECT_EQ(exported().written, (WriteCounts{.created = 1, .refused = 2}));
}

TEST_P(Exporting, RefusesIdentifiersOfOtherObjects) {
    auto schema = person();
    schema.id_prefix = "p0";
    const auto transaction = begin(db::Access::write);
    ASSERT_TRUE(Schemas{*transaction}.put({.account = "crm", .schema = schema}, "{}"));
    ASSERT_TRUE(transaction->commit());
    run("insert into people (id) values ('p01'), ('c01'), ('P02')");
    options.key.clear();
    options.mappings = {"id=Id"};
    options.operation = WriteOperation::remove;
    const ExportReport report = exported();
    EXPECT_EQ(report.written.refused, 1);
    EXPECT_THAT(rejects_of(*database, report.run, {})->rows[0][1].value_or(""),
                HasSubstr("identifiers of Person begin with p0"));
}

TEST_P(Exporting, DeletesOnceWhatIsNamedTwice) {
    run("insert into people (id) values ('1'), ('2'), ('1'), ('1')");
    options.key.clear();
    options.mappings = {"id=Id"};
    options.operation = WriteOperation::remove;
    const ExportReport report = exported();
    EXPECT_EQ(report.rows, 2);
    EXPECT_EQ(report.written.refused, 0);
    EXPECT_THAT(crm.shipped, ElementsAre(2));
    EXPECT_THAT(report.notices, ElementsAre(HasSubstr("2 rows named a record")));
}

TEST_P(Exporting, TakesQueriesThatReadAlone) {
    for (const char* query : {"delete from people", " (drop table people)", "UPDATE people set name = 'x'"}) {
        options.query = query;
        const auto report = export_all();
        ASSERT_FALSE(report);
        EXPECT_THAT(report.error().message, HasSubstr("--query may only read"));
    }
}

TEST_P(Exporting, HalvesAShipmentUntilTheRowAtFaultStandsAlone) {
    add_people(40);
    crm.spoils = [](const WritingCrm::Row& row) { return row.at("Name") == "n13"; };
    const ExportReport report = exported();
    EXPECT_EQ(report.written, (WriteCounts{.created = 39, .refused = 1}));
    EXPECT_THAT(rejects_of(*database, report.run, {})->rows[0][1].value_or(""), HasSubstr("spoils"));
}

TEST_P(Exporting, StopsWhereEveryRowAloneIsRefusedAsAWhole) {
    add_people(100);
    crm.spoils = [](const WritingCrm::Row&) { return true; };
    const ExportReport report = exported();
    EXPECT_EQ(report.outcome, ExportOutcome::interrupted);
    EXPECT_THAT(report.interruption->message, HasSubstr("koppla run resume"));
    crm.spoils = [](const WritingCrm::Row&) { return false; };
    EXPECT_EQ(resumed(report.run).outcome, ExportOutcome::complete);
}

TEST_P(Exporting, SendsAgainWhatWasLockedAndGivesItUpAfterMany) {
    add_people(25);
    int locks = 0;
    crm.judge = [&](const WritingCrm::Row& row) -> std::optional<WriteResult> {
        const bool is_locked = row.at("Name") == "n3" || (row.at("Name") == "n9" && ++locks < 3);
        if (!is_locked) return std::nullopt;
        return WriteResult{
            .outcome = WriteResult::Outcome::postponed, .symbol = "LOCKED", .message = "later"};
    };
    const ExportReport report = exported();
    EXPECT_EQ(report.written, (WriteCounts{.created = 24, .refused = 1}));
    EXPECT_EQ(rejects_of(*database, report.run, {})->rows[0][0], "LOCKED");
    EXPECT_THAT(cells("select attempts from koppla_result where symbol = 'LOCKED'"), ElementsAre("8"));
}

TEST_P(Exporting, SendsKeyedRowsAgainAfterAnAnswerThatWasCut) {
    add_people(50);
    crm.fault = [](int shipment, WritingCrm::When when) -> std::optional<Error> {
        if (shipment % 3 != 0 || when != WritingCrm::When::after_effect) return std::nullopt;
        return Error{.kind = ErrorKind::in_doubt, .message = "cut"};
    };
    EXPECT_EQ(exported().written, (WriteCounts{.created = 50}));
    expect_people(50);
}

TEST_P(Exporting, AsksTheJobAfterAnAnswerThatWasCut) {
    add_people(50);
    options.key.clear();
    options.mappings = {"name=Name"};
    crm.by_jobs = true;
    crm.fault = [](int shipment, WritingCrm::When when) -> std::optional<Error> {
        if (shipment % 2 != 0 || when != WritingCrm::When::after_effect) return std::nullopt;
        return Error{.kind = ErrorKind::in_doubt, .message = "cut"};
    };
    EXPECT_EQ(exported().written, (WriteCounts{.created = 50}));
    expect_people(50);
}

TEST_P(Exporting, ListsAsUndecidedWhatCannotBeAskedFor) {
    add_people(30);
    options.key.clear();
    options.mappings = {"name=Name"};
    crm.fault = [](int shipment, WritingCrm::When when) -> std::optional<Error> {
        if (shipment != 1 || when != WritingCrm::When::after_effect) return std::nullopt;
        return Error{.kind = ErrorKind::in_doubt, .message = "cut"};
    };
    const ExportReport report = exported();
    EXPECT_EQ(report.written, (WriteCounts{.created = 20, .undecided = 10}));
    expect_people(30);
    EXPECT_THAT(rejects_of(*database, report.run, {})->rows, SizeIs(10));
    EXPECT_EQ(replay_export(site(), report.run, {}, false, observer, {}).error().kind, ErrorKind::not_found);
    EXPECT_THAT(cells("select outcome from koppla_run"), ElementsAre("incomplete"));
}

TEST_P(Exporting, ListsAsUndecidedWhatWasOnItsWayWhenTheProgramEnded) {
    add_people(30);
    options.key.clear();
    options.mappings = {"name=Name"};
    crm.fault = [](int shipment, WritingCrm::When when) -> std::optional<Error> {
        if (shipment != 1 || when != WritingCrm::When::after_effect) return std::nullopt;
        return Error{.kind = ErrorKind::cancelled, .message = "killed"};
    };
    const ExportReport report = exported();
    EXPECT_EQ(report.outcome, ExportOutcome::interrupted);
    EXPECT_EQ(resumed(report.run).written, (WriteCounts{.created = 20, .undecided = 10}));
    expect_people(30);
}

TEST_P(Exporting, GoesOnAfterAStopAndLeavesNobodyElseIn) {
    add_people(100);
    std::stop_source stop;
    crm.fault = [&](int shipment, WritingCrm::When) -> std::optional<Error> {
        if (shipment == 4) stop.request_stop();
        return std::nullopt;
    };
    const auto report = export_all({.stop = stop.get_token()});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->outcome, ExportOutcome::interrupted);
    const std::size_t sent = crm.records.size();
    EXPECT_LT(sent, 100U);
    const auto another = export_all();
    ASSERT_FALSE(another);
    EXPECT_EQ(another.error().kind, ErrorKind::conflict);
    EXPECT_THAT(another.error().message, HasSubstr(fmt::format("koppla run resume {}", report->run)));
    EXPECT_EQ(resumed(report->run).written, (WriteCounts{.created = 100}));
    expect_people(100);
    EXPECT_EQ(resume_export(site(), report->run, observer, {}).error().kind, ErrorKind::conflict);
}

TEST_P(Exporting, CanBeForgotten) {
    add_people(20);
    crm.fault = [](int, WritingCrm::When) { return Error{.kind = ErrorKind::denied, .message = "no"}; };
    const ExportReport report = exported();
    EXPECT_EQ(report.interruption->kind, ErrorKind::denied);
    ASSERT_TRUE(forget_export(*database, clock, report.run, {}));
    EXPECT_EQ(forget_export(*database, clock, report.run, {}).error().kind, ErrorKind::conflict);
    crm.fault = [](int, WritingCrm::When) { return std::nullopt; };
    EXPECT_EQ(exported().written, (WriteCounts{.created = 20}));
}

TEST_P(Exporting, SendsCodesWhereLabelsAreGiven) {
    run("insert into people (code, name) values ('k1', 'Friend'), ('k2', '2')");
    options.mappings = {"code=Code", "name=Kind"};
    const ExportReport report = exported();
    EXPECT_EQ(crm.records[0].at("Kind"), "1");
    EXPECT_EQ(crm.records[1].at("Kind"), "2");
    EXPECT_THAT(report.notices, ElementsAre("1 labels were sent as their codes"));
}

TEST_P(Exporting, MakesIdentifiersWhereTheCrmTakesThem) {
    add_people(12);
    options.key.clear();
    options.mappings = {"name=Name"};
    crm.able.takes_our_ids = true;
    crm.fault = [](int shipment, WritingCrm::When when) -> std::optional<Error> {
        if (shipment != 0 || when != WritingCrm::When::after_effect) return std::nullopt;
        return Error{.kind = ErrorKind::in_doubt, .message = "cut"};
    };
    EXPECT_EQ(exported().written, (WriteCounts{.created = 12}));
    expect_people(12);
    EXPECT_THAT(crm.records[0].at("Id").value_or(""), testing::MatchesRegex("[0-9a-f-]{36}"));
}

/// Broken off at any point, again and again: in the end everybody is there once, or, where rows can be
/// neither recognised nor asked for, undecided.
TEST_P(Exporting, EndsAsIfNothingHadHappenedWhateverGoesWrong) {
    const int seeds = GetParam() == "sqlite" ? 60 : 10;
    for (int seed = 0; seed < seeds; ++seed) {
        SCOPED_TRACE(seed);
        std::minstd_rand random{static_cast<unsigned>(seed)};
        const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
        run("delete from people");
        crm.records.clear();
        crm.by_jobs = seed % 3 == 0;
        crm.lanes = crm.by_jobs ? 1 : 2;
        options.key = seed % 3 == 1 ? "Code" : "";
        options.mappings = {"name=Name"};
        if (!options.key.empty()) options.mappings.emplace_back("code=Code");
        add_people(60);
        std::stop_source stop;
        crm.fault = [&](int, WritingCrm::When when) -> std::optional<Error> {
            if (chance(5)) stop.request_stop();
            if (chance(10)) return Error{.kind = ErrorKind::in_doubt, .message = "cut"};
            // What is denied has no effect.
            if (when == WritingCrm::When::before_effect && chance(10))
                return Error{.kind = ErrorKind::denied, .message = "no"};
            return std::nullopt;
        };
        crm.judge = [&](const WritingCrm::Row&) -> std::optional<WriteResult> {
            if (!chance(5)) return std::nullopt;
            return WriteResult{.outcome = WriteResult::Outcome::postponed, .symbol = "LOCKED"};
        };
        auto report = export_all({.stop = stop.get_token()});
        for (int again = 0; report && report->outcome == ExportOutcome::interrupted && again < 200; ++again) {
            stop = std::stop_source{};
            report = resume_export(site(), report->run, observer, {.stop = stop.get_token()});
        }
        ASSERT_TRUE(report) << report.error().message;
        ASSERT_EQ(report->outcome, ExportOutcome::complete);
        // What was locked eight times is listed, never lost.
        const WriteCounts& written = report->written;
        EXPECT_EQ(written.created + written.refused + written.undecided, 60);
        std::set<std::string> names;
        for (const auto& record : crm.records) names.insert(record.at("Name").value_or(""));
        EXPECT_THAT(names, SizeIs(crm.records.size())) << "somebody is there twice";
        EXPECT_GE(static_cast<std::int64_t>(names.size()), written.created);
        EXPECT_TRUE(seed % 3 == 2 || written.undecided == 0) << written.undecided;
        if (written.refused + written.undecided == 0) expect_people(60);
    }
}

INSTANTIATE_TEST_SUITE_P(Each, Exporting, db::every_database(), db::name_of);

}  // namespace
}  // namespace koppla
