#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/program.h"
#include "app/progress.h"
#include "app/terminal.h"
#include "model/filter/filter_value.h"
#include "transfer/deletions.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

struct DeletedLine {
    std::string account, from, to;
    bool is_sweep = false;
    double share = 5;
    DeletionOptions options;
};

enum class Edge { begin, end };

/// A moment as the filter language writes it; of a day that ends a period, its last millisecond.
Result<std::optional<Instant>> moment(std::string_view option, const std::string& text, Edge edge,
                                      Instant now) {
    if (text.empty()) return std::optional<Instant>{};
    if (const auto instant = parse_instant(text); instant && text.size() > 10) return std::optional{*instant};
    const auto value = model::unquoted_value(text);
    const auto instant = value ? value->instant(now) : std::nullopt;
    if (!instant) {
        return error(ErrorKind::invalid,
                     fmt::format("{} {}: a moment is written 2026-11-01, 2026-11-01T10:00:00Z, 2026/11/01 "
                                 "10:00:00, now-2h or today-7d",
                                 option, text));
    }
    const bool is_day = value->kind == model::FilterValue::Kind::date ||
                        (value->kind == model::FilterValue::Kind::relative &&
                         value->relative.base == model::RelativeMoment::Base::today);
    if (edge == Edge::end && is_day)
        return std::optional{*instant + std::chrono::days{1} - std::chrono::milliseconds{1}};
    return instant;
}

json to_json(const DeletionReport& report) {
    const auto instant = [](const std::optional<Instant>& at) {
        return at ? json(format_instant(*at)) : json{};
    };
    return {{"run", report.run},
            {"object", report.object},
            {"table", report.table},
            {"found", report.found},
            {"marked", report.marked},
            {"merged", report.merged},
            {"start_date", instant(report.from)},
            {"end_date", instant(report.until)},
            {"charged_calls", report.charged_calls},
            {"seconds", report.seconds},
            {"notices", report.notices}};
}

Result<Exit> run(const Program& program, DeletedLine& line) {
    const auto store = TRY(program.open_store());
    const auto connection = TRY(Connection::open(*store, line.account, program.clock, program.call()));
    const TransferSite site = connection->site(*store);
    DeletionOptions& options = line.options;
    const Instant now = program.clock.now();
    options.from = TRY(moment("--from", line.from, Edge::begin, now));
    options.until = TRY(moment("--to", line.to, Edge::end, now));
    options.source = line.is_sweep ? DeletionSource::sweep : DeletionSource::log;
    options.share_max = line.share / 100;
    options.kept = connection->type().deletions_kept;
    const DeletionReport report = TRY([&] {
        Progress progress{options.object, [&] { return site.connector.usage().charged_calls; }};
        return import_deletions(site, options, progress, program.call());
    }());
    if (program.wants_json) {
        Program::print(to_json(report));
        return Exit::ok;
    }
    Table table{{"object", "found", "marked", "merged", "from", "to", "calls", "seconds"}};
    table.add({report.object, grouped(report.found), grouped(report.marked), grouped(report.merged),
               report.from ? format_instant(*report.from) : "",
               report.until ? format_instant(*report.until) : "", grouped(report.charged_calls),
               fmt::format("{:.2f}", report.seconds)});
    fmt::print("{}", table.text());
    return Exit::ok;
}

}  // namespace

void add_import_deleted(CLI::App& app, Program& program) {
    CLI::App* command = app.add_subcommand("import-deleted", "bring what was deleted in the CRM");
    const auto line = std::make_shared<DeletedLine>();
    command->add_option("account", line->account, "the account")->required();
    command->add_option("object", line->options.object, "the object, by its name in the CRM")->required();
    CLI::Option* from = command->add_option(
        "--from", line->from, "begin of the period, included; without it the last end, kept as an option");
    CLI::Option* to = command->add_option("--to", line->to, "end of the period, included; without it now");
    CLI::Option* sweep =
        command->add_flag("--sweep", line->is_sweep, "compare identifiers: finds what no log holds any more");
    sweep->excludes(from)->excludes(to);
    command
        ->add_option("--share", line->share,
                     "a sweep that would mark more than so many percent of the table marks nothing (5)")
        ->check(CLI::Range(0.0, 100.0))
        ->needs(sweep);
    command->footer(
        "Marks the table's rows by the object's deletion flag; identifiers, times and the records that "
        "others "
        "were merged into lie in koppla_deletion until the next run.\n"
        "\nExamples:\n  koppla import-deleted acme Contact\n"
        "  koppla import-deleted acme Account --from today-7d --to today\n"
        "  koppla import-deleted acme Lead --sweep --share 10");
    command->callback([&program, line] { program.run([&program, line] { return run(program, *line); }); });
}

}  // namespace koppla
