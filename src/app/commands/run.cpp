#include "app/commands/commands.h"
#include "app/program.h"
#include "app/terminal.h"
#include "platform/runs.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

constexpr std::int64_t rejects_shown_max = 20;

struct RunLine {
    std::int64_t id = 0;
    std::int64_t count = 20;
};

double seconds(const Run& run, const Clock& clock) {
    return std::chrono::duration<double>(run.ended_at.value_or(clock.now()) - run.started_at).count();
}

json to_json(const Run& run, const Clock& clock) {
    json document = {{"id", run.id},
                     {"kind", run.kind},
                     {"account", run.account},
                     {"object", run.object},
                     {"started_at", format_instant(run.started_at)},
                     {"ended_at", run.ended_at ? json(format_instant(*run.ended_at)) : json{}},
                     {"seconds", seconds(run, clock)},
                     {"outcome", name(run.outcome)},
                     {"read", run.counts.read},
                     {"added", run.counts.added},
                     {"changed", run.counts.changed},
                     {"unchanged", run.counts.unchanged},
                     {"rejected", run.counts.rejected},
                     {"crm_rows", run.counts.crm_rows ? json(*run.counts.crm_rows) : json{}},
                     {"charged_calls", run.counts.calls},
                     {"message", run.message}};
    return document;
}

Result<Exit> list(const Program& program, const RunLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    const std::vector<Run> runs = TRY(Runs{*transaction}.list(line.count));
    if (program.wants_json) {
        json document = json::array();
        for (const Run& run : runs) document.push_back(to_json(run, program.clock));
        Program::print(document);
        return Exit::ok;
    }
    Table table{
        {"run", "started", "what", "outcome", "read", "new", "changed", "refused", "calls", "seconds"}};
    for (const Run& run : runs) {
        table.add({fmt::format("{}", run.id), format_instant(run.started_at),
                   fmt::format("{} {} {}", run.kind, run.account, run.object), std::string{name(run.outcome)},
                   grouped(run.counts.read), grouped(run.counts.added), grouped(run.counts.changed),
                   grouped(run.counts.rejected), grouped(run.counts.calls),
                   fmt::format("{:.1f}", seconds(run, program.clock))});
    }
    fmt::print("{}", table.text());
    return Exit::ok;
}

Result<Exit> show(const Program& program, const RunLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    Runs runs{*transaction};
    const Run run = TRY(runs.find(line.id));
    const std::vector<Reject> rejects =
        TRY(runs.rejects(line.id, program.wants_json ? run.counts.rejected : rejects_shown_max));
    json document = to_json(run, program.clock);
    if (program.wants_json) {
        document["rejects"] = json::array();
        for (const Reject& reject : rejects) {
            document["rejects"].push_back({{"object", reject.object},
                                           {"remote_id", reject.remote_id},
                                           {"error_symbol", reject.symbol},
                                           {"error_message", reject.message},
                                           {"record", reject.record}});
        }
        Program::print(document);
        return Exit::ok;
    }
    for (const auto& [key, value] : document.items()) {
        fmt::print("{:<14} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
    }
    if (rejects.empty()) return Exit::ok;
    fmt::print("\nRefused records{}:\n",
               run.counts.rejected > rejects_shown_max
                   ? fmt::format(" (the first {}; all with --json)", rejects_shown_max)
                   : "");
    for (const Reject& reject : rejects)
        fmt::print("  {} {}  {}\n", reject.object, reject.remote_id, reject.message);
    return Exit::ok;
}

}  // namespace

void add_run(CLI::App& app, Program& program) {
    CLI::App* run = app.add_subcommand("run", "what was done, when, and how it ended");
    run->require_subcommand(1);
    const auto line = std::make_shared<RunLine>();
    CLI::App* listing = run->add_subcommand("list", "the last runs, newest first");
    listing->add_option("--count", line->count, "how many")->check(CLI::Range(1, 100'000));
    listing->footer("Example:\n  koppla run list --count 5");
    listing->callback([&program, line] { program.run([&] { return list(program, *line); }); });
    CLI::App* showing = run->add_subcommand("show", "one run with its counts and the records it refused");
    showing->add_option("id", line->id, "the run's number")->required();
    showing->footer("Example:\n  koppla run show 12 --json");
    showing->callback([&program, line] { program.run([&] { return show(program, *line); }); });
}

}  // namespace koppla
