#include "app/commands/export_report.h"

#include "app/progress.h"
#include "app/terminal.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

std::string_view name(ExportOutcome outcome) {
    return outcome == ExportOutcome::complete ? "complete" : "interrupted";
}

json to_json(const ExportReport& report) {
    return {{"run", report.run},
            {"object", report.object},
            {"operation", name(report.operation)},
            {"outcome", name(report.outcome)},
            {"rows", report.rows},
            {"created", report.written.created},
            {"done", report.written.done},
            {"refused", report.written.refused},
            {"undecided", report.written.undecided},
            {"unsettled", report.rows - report.written.settled()},
            {"charged_calls", report.charged_calls},
            {"seconds", report.seconds},
            {"peak_memory_mib", peak_mebibytes()},
            {"why", report.why},
            {"interruption", report.interruption ? json(report.interruption->message) : json{}},
            {"notices", report.notices}};
}

void print(const ExportReport& report) {
    Table table{{"run", "object", "operation", "outcome", "rows", "made", "done", "refused", "undecided",
                 "calls", "seconds", "rows/s"}};
    table.add({std::to_string(report.run), report.object, std::string{name(report.operation)},
               std::string{name(report.outcome)}, grouped(report.rows), grouped(report.written.created),
               grouped(report.written.done), grouped(report.written.refused),
               grouped(report.written.undecided), grouped(report.charged_calls),
               fmt::format("{:.2f}", report.seconds),
               grouped(static_cast<std::int64_t>(static_cast<double>(report.written.settled()) /
                                                 std::max(report.seconds, 0.001)))});
    fmt::print("{}", table.text());
}

Exit exit_of(const ExportReport& report) {
    if (report.interruption && report.interruption->kind == ErrorKind::cancelled) return Exit::interrupted;
    if (report.outcome != ExportOutcome::complete || report.written.undecided > 0) return Exit::incomplete;
    return report.written.refused > 0 ? Exit::with_rejects : Exit::ok;
}

}  // namespace

Result<Exit> report_export(const Program& program, const TransferSite& site, const std::string& title,
                           const std::function<Result<ExportReport>(TransferObserver&)>& work) {
    Result<ExportReport> report = [&] {
        Progress progress{title, [&] { return site.connector.usage().charged_calls; }};
        return work(progress);
    }();
    if (!report) return report.error();
    for (const std::string& notice : report->notices)
        Program::tell(fmt::format("{}: {}", report->object, notice));
    if (report->written.refused > 0 && report->outcome == ExportOutcome::complete) {
        Program::tell(
            fmt::format("{0}: {1} rows were refused; see: koppla run show {2}, and to mend and send "
                        "them again: koppla run rejects {2} --csv",
                        report->object, report->written.refused, report->run));
    }
    if (report->interruption) Program::tell("koppla: " + report->interruption->message);
    if (program.wants_json) {
        Program::print(to_json(*report));
    } else {
        print(*report);
    }
    return exit_of(*report);
}

}  // namespace koppla
