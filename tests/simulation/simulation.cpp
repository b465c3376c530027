#include "simulation/simulation.h"

#include "crm/salesforce/connector.h"
#include "platform/options.h"
#include "platform/schemas.h"
#include "platform/store.h"
#include "simulation/comparison.h"
#include "transfer/window.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace koppla::simulation {

namespace {

using namespace std::chrono_literals;
using sandbox::FaultKind;

constexpr auto safety_lag = 10min;
/// After so many imports of one round the trouble is over.
constexpr int attempts_max = 15;

class Silent final : public TransferObserver {
  public:
    void note(std::string_view) override {}
    void trouble(std::string_view) override {}
    void rows(std::int64_t, std::optional<std::int64_t>) override {}
};

/// What passes by itself, so that the next import may go on: anything else is a defect.
bool may_pass(const Error& failure) {
    switch (failure.kind) {
        case ErrorKind::throttled:
        case ErrorKind::unavailable:
        case ErrorKind::in_doubt:
        case ErrorKind::expired:
        case ErrorKind::cancelled:
        case ErrorKind::corrupt:
            return true;
        case ErrorKind::denied:
            return failure.message.find("refused again after a new login") != std::string::npos;
        default:
            return false;
    }
}

const char* name(ReadPath path) {
    return path == ReadPath::bulk ? "bulk" : path == ReadPath::pages ? "pages" : "automatic";
}

class Simulation {
  public:
    Simulation(std::uint64_t seed, Templates& templates, Sabotage sabotage)
        : chance_{seed},
          profile_{draw_profile(chance_)},
          sabotage_{sabotage},
          store_{templates.store(folder_)},
          org_{templates.org(folder_, profile_.rows), clock_},
          network_{org_, Chance{chance_.seed()}} {
        if (sabotage == Sabotage::no_safety_lag) profile_.late = 5min;
        org_.services().cursors.set_page_rows(profile_.page_rows);
        org_.services().jobs.set_page_rows(profile_.page_rows);
    }

    Outcome run() {
        auto held = story();
        if (!held) outcome_.failure = fmt::format("{}\n  {}", held.error().message, words(profile_));
        Figures& figures = outcome_.figures;
        figures.seeds = 1;
        figures.requests = network_.requests;
        figures.calls = org_.services().allowance.figures().used;
        if (network_.refused > 0) figures.faults["refused"] = network_.refused;
        for (const auto& record : org_.services().faults.figures().done)
            if (record.struck) ++figures.faults[std::string{fault_name(record.fault.kind)}];
        outcome_.trace = network_.trace;
        return std::move(outcome_);
    }

  private:
    Result<void> story() {
        TRY(learn_schema());
        for (int round = 0; round < profile_.rounds; ++round) {
            trouble();
            TRY(import_until_complete());
            TRY(change_records(chance_.below(6)));
            clock_.advance(std::chrono::seconds{chance_.below(3'600)});
        }
        calm();
        // Late changes become visible, and time passes.
        clock_.advance(profile_.late + 1min);
        TRY(org_.org().apply_pending());
        TRY(quiet_import());
        TRY(compare("after the trouble"));
        return prove_position();
    }

    Result<void> learn_schema() {
        const auto store = TRY(open_store());
        const auto transaction = TRY(store->database().begin(db::Access::read, {}));
        schema_ = TRY(Schemas{*transaction}.find(account, profile_.object)).schema;
        return {};
    }

    [[nodiscard]] Result<std::unique_ptr<Store>> open_store() const {
        return Store::open("sqlite:" + store_.string(), {}, {});
    }

    void trouble() {
        org_.services().faults.set_plan(
            {.seed = chance_.seed(), .rate = profile_.fault_rate, .faults = profile_.faults});
        network_.refusals = profile_.refusals;
        org_.org().set_late({.max_delay = profile_.late, .seed = chance_.seed()});
        network_.before_each = [this] {
            if (chance_.strikes(profile_.changes) && !change_records(1)) has_change_failed_ = true;
        };
        ends_ = profile_.ends;
    }

    /// Faults that were done stay on record.
    void calm() {
        org_.services().faults.set_plan({});
        network_.refusals = 0;
        network_.before_each = {};
        org_.org().set_late({});
        ends_ = 0;
    }

    Result<void> change_records(std::int64_t times) {
        for (; times > 0; --times) {
            const auto kind = chance_.below(4);
            const sandbox::ChangeCounts counts{
                .updates = kind < 2 ? 1 : 0, .deletes = kind == 2 ? 1 : 0, .inserts = kind == 3 ? 1 : 0};
            TRY(org_.org().change(object(), counts));
            ++outcome_.figures.changes;
        }
        return {};
    }

    [[nodiscard]] const sandbox::Object& object() { return *org_.org().find(profile_.object); }

    Result<void> import_until_complete() {
        for (int attempt = 1; attempt <= attempts_max + 5; ++attempt) {
            if (attempt == attempts_max) calm();
            Fate fate;
            draw_end(fate);
            const Result<ImportReport> report = import(fate);
            if (has_change_failed_) return error(ErrorKind::invalid, "the sandbox refused a change");
            if (report && report->outcome == ImportOutcome::complete) return check(*report);
            count_end(fate);
            if (!fate.is_dead && !report && !may_pass(report.error())) return report.error();
            if (chance_.strikes(0.1)) clock_.advance(3h);
        }
        return error(ErrorKind::invalid, "no import was complete though all trouble was over");
    }

    void draw_end(Fate& fate) {
        if (!chance_.strikes(ends_)) return;
        if (chance_.strikes(0.5)) {
            fate.requests_left = chance_.below(12);
        } else {
            fate.steps_left = chance_.below(30);
            fate.dies_before_step = chance_.strikes(0.5);
        }
    }

    void count_end(const Fate& fate) {
        if (fate.is_dead)
            ++outcome_.figures.kills;
        else if (fate.stop.stop_requested())
            ++outcome_.figures.stops;
        else
            ++outcome_.figures.interrupted;
    }

    /// One run of the program: everything is made anew but the files and the session.
    Result<ImportReport> import(Fate& fate) {
        ++outcome_.figures.imports;
        const auto store = TRY(open_store());
        Turns turns;
        MortalDatabase database{store->database(), fate};
        database.turns = &turns;
        database.is_lossy = sabotage_ == Sabotage::lossy_store;
        network_.fate = &fate;
        clock_.turns = &turns;
        auto report = import(database, turns, fate);
        network_.fate = nullptr;
        clock_.turns = nullptr;
        return report;
    }

    Result<ImportReport> import(MortalDatabase& database, Turns& turns, Fate& fate) {
        const auto connector = TRY(salesforce::account_type.connect({.settings = org_.settings(),
                                                                     .secrets = org_.secrets(),
                                                                     .client = network_,
                                                                     .tokens = tokens_,
                                                                     .clock = clock_,
                                                                     .account = std::string{account}}));
        TurnTaking turn_taking{*connector, turns, clock_};
        const TransferSite site{.database = database,
                                .connector = turn_taking,
                                .clock = clock_,
                                .account = std::string{account},
                                .user = "simulation"};
        const ImportOptions options{.object = profile_.object,
                                    .path = profile_.path,
                                    .safety_lag = sabotage_ == Sabotage::no_safety_lag
                                                      ? std::chrono::milliseconds{0}
                                                      : std::chrono::milliseconds{safety_lag}};
        Silent observer;
        return import_object(site, options, observer, Call{.stop = fate.stop.get_token()});
    }

    /// What has to hold after every complete import.
    Result<void> check(const ImportReport& report) {
        outcome_.figures.rows += report.read;
        const auto wrong = [](std::string_view what) { return error(ErrorKind::invalid, std::string{what}); };
        if (report.rejected != 0) return wrong("rows were rejected");
        if (report.expected != report.read) return wrong("the counts differ, and the import is complete");
        const MergeCounts& written = report.written;
        if (written.added + written.changed + written.unchanged > report.read)
            return wrong("more rows were written than read");
        if (!report.position) return wrong("the position wasn't stored");
        if (sabotage_ == Sabotage::none && *report.position > clock_.now() - safety_lag)
            return wrong("the position is ahead of the safety lag");
        if (position_ && *report.position < *position_) return wrong("the position went back");
        position_ = report.position;
        return {};
    }

    /// Nothing goes wrong meanwhile: it has to be complete at once.
    Result<ImportReport> quiet_import() {
        Fate fate;
        ImportReport report = TRY(import(fate));
        TRY(check(report));
        if (report.outcome != ImportOutcome::complete)
            return error(ErrorKind::invalid, "an import that nothing disturbed is not complete");
        return report;
    }

    Result<void> compare(std::string_view when) {
        const auto store = TRY(open_store());
        const std::string differs = difference(org_.org(), store->database(), schema_);
        if (differs.empty()) return {};
        return error(ErrorKind::invalid, fmt::format("{}: {}", when, differs));
    }

    /// Changes that are made now arrive by the next import, which reads its window and no more.
    Result<void> prove_position() {
        clock_.advance(std::chrono::seconds{chance_.between(1, 7'200)});
        const auto changed = TRY(org_.org().change(object(), {.updates = 2, .deletes = 1, .inserts = 2}));
        clock_.advance(2s);
        const Instant from = *position_;
        const ImportReport report = TRY(quiet_import());
        TRY(compare("after one change more"));
        const auto wrong = [](std::string_view what) { return error(ErrorKind::invalid, std::string{what}); };
        if (report.from != from) return wrong("the import didn't begin at the stored position");
        if (report.read != TRY(rows_since(from)))
            return wrong("the import read other rows than its window's");
        std::set<std::string> touched{changed.updated.begin(), changed.updated.end()};
        touched.insert(changed.deleted.begin(), changed.deleted.end());
        const auto inserted = static_cast<std::int64_t>(changed.inserted.size());
        if (report.written.added != inserted) return wrong("other rows were added than were new");
        for (const std::string& id : changed.inserted) touched.erase(id);
        if (report.written.changed != static_cast<std::int64_t>(touched.size()))
            return wrong("other rows were changed than those that somebody changed");
        return {};
    }

    Result<std::int64_t> rows_since(Instant from) {
        const auto selection =
            TRY(org_.org().select(fmt::format("SELECT COUNT() FROM {} WHERE SystemModstamp >= {}",
                                              profile_.object, format_instant(from)),
                                  {.rows = sandbox::Rows::all}));
        return selection->total();
    }

    Chance chance_;
    Profile profile_;
    const Sabotage sabotage_;
    TemporaryFolder folder_;
    SimulatedClock clock_;
    std::filesystem::path store_;
    SandboxOrg org_;
    Network network_;
    salesforce::test::MemoryTokens tokens_;
    model::ObjectSchema schema_;
    double ends_ = 0;
    bool has_change_failed_ = false;
    std::optional<Instant> position_;
    Outcome outcome_;
};

}  // namespace

void Figures::operator+=(const Figures& other) {
    seeds += other.seeds;
    imports += other.imports;
    interrupted += other.interrupted;
    stops += other.stops;
    kills += other.kills;
    rows += other.rows;
    requests += other.requests;
    calls += other.calls;
    changes += other.changes;
    for (const auto& [kind, times] : other.faults) faults[kind] += times;
}

std::string table_of(const Figures& figures) {
    std::string text;
    const auto line = [&](std::string_view name, std::int64_t number) {
        text += fmt::format("  {:<34}{:>12}\n", name, number);
    };
    line("seeds", figures.seeds);
    line("imports", figures.imports);
    line("  broken off by trouble", figures.interrupted);
    line("  stopped, and gone on with", figures.stops);
    line("  killed, and gone on with", figures.kills);
    line("rows of complete imports", figures.rows);
    line("changes meanwhile", figures.changes);
    line("requests", figures.requests);
    line("charged API calls", figures.calls);
    for (const auto& [kind, times] : figures.faults) line("fault " + kind, times);
    return text;
}

Profile draw_profile(Chance& chance) {
    constexpr std::array<std::int64_t, 5> sizes = {0, 6, 25, 90, 300};
    static const std::vector<sandbox::Fault> every_fault = [] {
        std::vector<sandbox::Fault> faults;
        for (const FaultKind kind :
             {FaultKind::latency, FaultKind::throttled, FaultKind::unavailable, FaultKind::limit,
              FaultKind::html, FaultKind::no_answer, FaultKind::cut, FaultKind::cut, FaultKind::stall,
              FaultKind::unauthorized, FaultKind::session_expired, FaultKind::job_failed,
              FaultKind::job_aborted, FaultKind::job_gone, FaultKind::locator_gone, FaultKind::nul,
              FaultKind::exponent})
            faults.push_back({.kind = kind});
        for (const FaultKind kind : {FaultKind::throttled, FaultKind::unavailable})
            for (const auto pause : {1s, 90s, 600s}) faults.push_back({.kind = kind, .retry_after = pause});
        return faults;
    }();
    Profile profile{.object = chance.strikes(0.5) ? "Contact" : "Account"};
    profile.path = std::array{ReadPath::pages, ReadPath::bulk,
                              ReadPath::automatic}[static_cast<std::size_t>(chance.below(3))];
    profile.rows = sizes[static_cast<std::size_t>(chance.below(sizes.size()))];
    profile.page_rows = std::max<std::int64_t>(1, profile.rows / chance.between(1, 12));
    profile.fault_rate = static_cast<double>(chance.below(40)) / 100;
    profile.refusals = static_cast<double>(chance.below(10)) / 100;
    profile.changes = static_cast<double>(chance.below(50)) / 100;
    profile.ends = static_cast<double>(chance.below(80)) / 100;
    profile.late = std::chrono::seconds{chance.strikes(0.5) ? chance.below(500) : 0};
    profile.rounds = static_cast<int>(chance.between(1, 3));
    for (const sandbox::Fault& fault : every_fault)
        if (chance.strikes(0.6)) profile.faults.push_back(fault);
    return profile;
}

std::string words(const Profile& profile) {
    std::string faults;
    for (const sandbox::Fault& fault : profile.faults)
        faults += fmt::format(" {}", sandbox::fault_name(fault.kind));
    return fmt::format(
        "{} rows of {} by {}, {} a page; faults {}, refusals {}, changes {}, ends {}, late {} s, "
        "{} rounds;{}",
        profile.rows, profile.object, name(profile.path), profile.page_rows, profile.fault_rate,
        profile.refusals, profile.changes, profile.ends,
        std::chrono::duration_cast<std::chrono::seconds>(profile.late).count(), profile.rounds, faults);
}

Outcome simulate(std::uint64_t seed, Templates& templates, Sabotage sabotage) {
    return Simulation{seed, templates, sabotage}.run();
}

}  // namespace koppla::simulation
