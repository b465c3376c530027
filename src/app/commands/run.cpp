#include "app/commands/commands.h"
#include "app/commands/export_report.h"
#include "app/connection.h"
#include "app/program.h"
#include "app/terminal.h"
#include "platform/runs.h"
#include "transfer/export.h"

#include <cstdio>
#include <fstream>
#include <iterator>
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
    std::string csv;  ///< a file of rows that were mended
    bool is_csv = false;
    bool is_spreadsheet = false;
    bool again = false;
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
                                           {"error_fields", reject.fields},
                                           {"is_undecided", reject.is_undecided},
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

/// Works with the CRM account of an earlier run.
Result<Exit> with_account_of(const Program& program, std::int64_t id,
                             const std::function<Result<Exit>(const TransferSite&, const Run&)>& work) {
    const auto store = TRY(program.open_store());
    Run run;
    {
        const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
        run = TRY(Runs{*transaction}.find(id));
    }
    const auto connection = TRY(Connection::open(*store, run.account, program.clock, program.call()));
    return work(connection->site(*store), run);
}

Result<Exit> resume(const Program& program, const RunLine& line) {
    return with_account_of(program, line.id, [&](const TransferSite& site, const Run& run) {
        return report_export(program, site, run.object, [&](TransferObserver& observer) {
            return resume_export(site, line.id, observer, program.call());
        });
    });
}

Result<TextTable> read_csv_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return error(ErrorKind::not_found, fmt::format("the file {} can't be read", path));
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    auto table = read_csv(text);
    if (!table) return table.error().with_context(path);
    return table;
}

Result<Exit> replay(const Program& program, const RunLine& line) {
    std::optional<TextTable> mended;
    if (!line.csv.empty()) mended = TRY(read_csv_file(line.csv));
    return with_account_of(program, line.id, [&](const TransferSite& site, const Run& run) {
        return report_export(program, site, run.object, [&](TransferObserver& observer) {
            return replay_export(site, line.id, mended, line.again, observer, program.call());
        });
    });
}

Result<Exit> rejects(const Program& program, const RunLine& line) {
    const auto store = TRY(program.open_store());
    TextTable table = TRY(rejects_of(store->database(), line.id, program.call()));
    if (program.wants_json) {
        json document = json::array();
        for (const auto& row : table.rows) {
            json object = json::object();
            for (std::size_t i = 0; i < row.size(); ++i)
                object[table.columns[i]] = row[i] ? json(*row[i]) : json{};
            document.push_back(std::move(object));
        }
        Program::print(document);
        return Exit::ok;
    }
    if (line.is_spreadsheet) {
        neutralise_formulas(table);
        fmt::print(
            "# For looking at: an apostrophe stands before what a spreadsheet would take for a formula. "
            "To mend and replay, take --csv.\n");
    }
    if (line.is_csv || line.is_spreadsheet) {
        const std::string csv = to_csv(table);
        std::fwrite(csv.data(), 1, csv.size(), stdout);
        return Exit::ok;
    }
    Table shown{table.columns};
    for (const auto& row : table.rows) {
        std::vector<std::string> cells;
        cells.reserve(row.size());
        for (const auto& cell : row) cells.push_back(cell.value_or(""));
        shown.add(std::move(cells));
    }
    fmt::print("{}", shown.text());
    return Exit::ok;
}

Result<Exit> forget(const Program& program, const RunLine& line) {
    const auto store = TRY(program.open_store());
    TRY(forget_export(store->database(), program.clock, line.id, program.call()));
    Program::tell(fmt::format("run {}: what was left to send was dropped", line.id));
    if (program.wants_json) Program::print(json{{"run", line.id}, {"dropped", true}});
    return Exit::ok;
}

void add_run_exports(CLI::App& run, Program& program, const std::shared_ptr<RunLine>& line) {
    const auto add = [&](const char* name, const char* help, const char* footer,
                         Result<Exit> (*work)(const Program&, const RunLine&)) {
        CLI::App* command = run.add_subcommand(name, help);
        command->add_option("id", line->id, "the run's number")->required();
        command->footer(footer);
        command->callback([&program, line, work] { program.run([&] { return work(program, *line); }); });
        return command;
    };
    add("resume", "go on with an export or deletion that was stopped, cut off or killed",
        "Sends only what isn't settled, and asks first what became of that which was on its way.\n"
        "\nExample:\n  koppla run resume 12",
        &resume);
    CLI::App* listing =
        add("rejects", "the refused rows of a run, with what was said of each",
            "Examples:\n  koppla run rejects 12\n  koppla run rejects 12 --csv > mend.csv", &rejects);
    CLI::Option* csv =
        listing->add_flag("--csv", line->is_csv, "the data as it is, which 'run replay' takes");
    listing
        ->add_flag("--spreadsheet", line->is_spreadsheet, "CSV whose cells no spreadsheet takes for formulas")
        ->excludes(csv);
    CLI::App* replaying =
        add("replay", "send the refused rows of a run again, as they are or mended: a new run",
            "Examples:\n  koppla run replay 12\n  koppla run replay 12 --csv mend.csv", &replay);
    replaying->add_option("--csv", line->csv, "the rows as they were mended; else as they were");
    replaying->add_flag("--again", line->again, "although the run's rows were sent again once already");
    add("forget", "drop what is left to send of a run that isn't finished",
        "Nothing that was sent is undone. Example:\n  koppla run forget 12", &forget);
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
    add_run_exports(*run, program, line);
}

}  // namespace koppla
