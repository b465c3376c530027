#include "transfer/import.h"

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/program.h"
#include "app/progress.h"
#include "app/terminal.h"
#include "platform/schemas.h"

#include <map>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

struct ImportLine {
    std::string account;
    std::vector<std::string> objects;
    bool wants_all = false;
    bool is_full = false;
    bool is_derived = false;
    bool accepts_index = false;
    std::string via = "auto";
    std::string filter;
    std::string ids_from;
    std::vector<std::string> conversions;  ///< "Field=conversion"
    ImportOptions options;
};

const std::map<std::string, ReadPath, std::less<>> paths = {
    {"auto", ReadPath::automatic}, {"pages", ReadPath::pages}, {"bulk", ReadPath::bulk}};

std::string_view name(ImportOutcome outcome) {
    switch (outcome) {
        case ImportOutcome::complete:
            return "complete";
        case ImportOutcome::incomplete:
            return "incomplete";
        case ImportOutcome::interrupted:
            break;
    }
    return "interrupted";
}

json to_json(const ImportReport& report) {
    const auto instant = [](const std::optional<Instant>& at) {
        return at ? json(format_instant(*at)) : json{};
    };
    return {{"run", report.run},
            {"object", report.object},
            {"table", report.table},
            {"outcome", name(report.outcome)},
            {"read", report.read},
            {"added", report.written.added},
            {"changed", report.written.changed},
            {"unchanged", report.written.unchanged},
            {"rejected", report.rejected},
            {"crm_rows", report.expected ? json(*report.expected) : json{}},
            {"charged_calls", report.charged_calls},
            {"seconds", report.seconds},
            {"start_import", instant(report.from)},
            {"position", instant(report.position)},
            {"why", report.why},
            {"interruption", report.interruption ? json(report.interruption->message) : json{}},
            {"notices", report.notices}};
}

Result<std::vector<std::string>> objects_of(const Store& store, const ImportLine& line, const Call& call) {
    if (!line.wants_all) return line.objects;
    const auto transaction = TRY(store.database().begin(db::Access::read, call));
    std::vector<std::string> names;
    for (const RecordedSchema& recorded : TRY(Schemas{*transaction}.list(line.account))) {
        names.push_back(recorded.schema.name);
    }
    if (names.empty()) {
        return error(ErrorKind::not_found,
                     fmt::format("the account {} has no schema yet; choose tables with: koppla wizard {}",
                                 line.account, line.account));
    }
    return names;
}

Result<std::vector<std::pair<std::string, model::Treatment>>> conversions_of(const ImportLine& line) {
    std::vector<std::pair<std::string, model::Treatment>> conversions;
    for (const std::string& text : line.conversions) {
        const std::size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return error(ErrorKind::invalid,
                         fmt::format("--convert wants FIELD=CONVERSION, such as Email=hash, not '{}'", text));
        }
        const model::Treatment treatment = TRY(model::treatment_named(text.substr(equals + 1)));
        conversions.emplace_back(text.substr(0, equals), treatment);
    }
    return conversions;
}

/// The first column of a query over the store: the identifiers of the records that are wanted, each once.
Result<std::vector<std::string>> ids_of(const Store& store, const std::string& sql, const Call& call) {
    const auto transaction = TRY(store.database().begin(db::Access::read, call));
    auto cursor = transaction->query(sql);
    if (!cursor) return cursor.error().with_context("--ids-from");
    std::set<std::string> ids;
    while (true) {
        const auto more = (*cursor)->next();
        if (!more) return more.error().with_context("--ids-from");
        if (!*more) break;
        if (!(*cursor)->is_null(0)) ids.emplace((*cursor)->text(0));
    }
    if (ids.empty()) return error(ErrorKind::not_found, "--ids-from: the query gives no identifiers");
    return std::vector<std::string>{ids.begin(), ids.end()};
}

void print_reports(const std::vector<ImportReport>& reports) {
    if (reports.empty()) return;
    Table table{
        {"object", "outcome", "read", "new", "changed", "same", "refused", "calls", "seconds", "rows/s"}};
    for (const ImportReport& report : reports) {
        table.add({report.object, std::string{name(report.outcome)}, grouped(report.read),
                   grouped(report.written.added), grouped(report.written.changed),
                   grouped(report.written.unchanged), grouped(report.rejected), grouped(report.charged_calls),
                   fmt::format("{:.2f}", report.seconds),
                   grouped(static_cast<std::int64_t>(static_cast<double>(report.read) /
                                                     std::max(report.seconds, 0.001)))});
    }
    fmt::print("{}", table.text());
}

Exit exit_of(const std::vector<ImportReport>& reports) {
    Exit exit = Exit::ok;
    for (const ImportReport& report : reports) {
        if (report.interruption && report.interruption->kind == ErrorKind::cancelled)
            return Exit::interrupted;
        if (report.outcome != ImportOutcome::complete) return Exit::incomplete;
        if (report.rejected > 0) exit = Exit::with_rejects;
    }
    return exit;
}

Result<Exit> import_all(const Program& program, const ImportLine& line) {
    const auto store = TRY(program.open_store());
    const std::vector<std::string> objects = TRY(objects_of(*store, line, program.call()));
    const auto connection = TRY(Connection::open(*store, line.account, program.clock, program.call()));
    const TransferSite site = connection->site(*store);
    ImportOptions options = line.options;
    options.extent = line.is_full      ? ImportExtent::everything
                     : line.is_derived ? ImportExtent::derived
                                       : ImportExtent::changes;
    options.other_question = line.accepts_index ? OtherQuestion::accept : OtherQuestion::refuse;
    options.path = paths.at(line.via);
    if (!line.filter.empty()) options.filter = TRY(model::parse_filter(line.filter));
    if (!line.ids_from.empty()) options.ids = TRY(ids_of(*store, line.ids_from, program.call()));
    options.conversions = TRY(conversions_of(line));
    options.safety_lag = connection->safety_lag();

    std::vector<ImportReport> reports;
    std::optional<Error> failure;
    for (const std::string& object : objects) {
        options.object = object;
        Result<ImportReport> report = [&] {
            Progress progress{object, [&] { return site.connector.usage().charged_calls; }};
            return import_object(site, options, progress, program.call());
        }();
        if (!report) {
            failure = report.error();
            break;
        }
        for (const std::string& notice : report->notices)
            Program::tell(fmt::format("{}: {}", report->object, notice));
        if (report->rejected > 0) {
            Program::tell(fmt::format("{}: {} records were refused; see: koppla run show {}", report->object,
                                      report->rejected, report->run));
        }
        reports.push_back(std::move(*report));
        if (const auto& interruption = reports.back().interruption) {
            Program::tell("koppla: " + interruption->message);
            break;
        }
    }
    json document = {{"imports", json::array()},
                     {"charged_calls", site.connector.usage().charged_calls},
                     {"peak_memory_mib", peak_mebibytes()}};
    for (const ImportReport& report : reports) document["imports"].push_back(to_json(report));
    if (!program.wants_json) print_reports(reports);
    if (failure) return program.fail(*failure, std::move(document));
    if (program.wants_json) Program::print(document);
    return exit_of(reports);
}

}  // namespace

void add_import(CLI::App& app, Program& program) {
    CLI::App* command =
        app.add_subcommand("import", "bring records from the CRM: all at first, then what has changed");
    const auto line = std::make_shared<ImportLine>();
    ImportOptions& options = line->options;
    command->add_option("account", line->account, "the account")->required();
    CLI::Option* objects = command->add_option("object", line->objects, "objects, by their names in the CRM");
    CLI::Option* all = command->add_flag("--all", line->wants_all, "every object of the account's schema");
    all->excludes(objects);
    command->add_option("--fields", options.fields, "only these fields (and key, stamp, deletion mark)")
        ->delimiter(',');
    command->add_option("--filter", line->filter,
                        "a condition: Industry is \"Energy\" and CreatedDate >= today-30d");
    command->add_option("--crm-filter", options.crm_filter, "a condition in the CRM's own words (SOQL)");
    command->add_option(
        "--ids-from", line->ids_from,
        "a query over the store whose first column has the identifiers of the records to bring; "
        "the position stays");
    command
        ->add_option(
            "--convert", line->conversions,
            "FIELD=CONVERSION: default, date-only, without-time-offset, copy-paste, trim, hash, mask")
        ->delimiter(',');
    command->add_option(
        "--index-field", options.index_field,
        "the instant that tells changes; SystemModstamp, LastModifiedDate or CreatedDate if not "
        "given, whichever the object has first");
    command->add_option("--order-by", options.order_by, "an order in SOQL; the position stays then");
    command->add_option("--limit", options.row_limit, "at most so many rows; the position stays then")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000'000}));
    CLI::Option* full =
        command->add_flag("--full", line->is_full, "read everything, not only what has changed");
    command
        ->add_flag("--refresh-derived", line->is_derived,
                   "bring formulas and roll-ups up to date, for which the CRM doesn't stamp a record")
        ->excludes(full);
    command->add_flag("--accept-index", line->accepts_index,
                      "go on from the stored position although fields or filter are others than they were");
    command->add_option("--via", line->via, "how to read: auto, pages (REST) or bulk (Bulk API 2.0)")
        ->check(CLI::IsMember({"auto", "pages", "bulk"}));
    command->footer(
        "Rows and the position of the import become visible together or not at all; Ctrl-C leaves the tables "
        "as they were, and the next import goes on from there.\n"
        "\nExamples:\n  koppla import acme --all\n  koppla import acme Contact --filter 'MailingCountry is "
        "\"Sweden\"'\n"
        "  koppla import acme Account --fields Name,Industry --full\n"
        "  koppla import acme Account --ids-from 'select distinct accountid from acme_contact'\n"
        "  koppla import acme Lead --convert Email=hash,Phone=mask");
    command->callback([&program, line, command] {
        if (line->objects.empty() && !line->wants_all) {
            throw CLI::RequiredError("an object, or --all: see koppla import --help;");
        }
        for (const char* option :
             {"--fields", "--filter", "--crm-filter", "--ids-from", "--convert", "--index-field"}) {
            if (command->count(option) > 0 && (line->wants_all || line->objects.size() > 1))
                throw CLI::ValidationError(option, "speaks of one object; name just one");
        }
        program.run([&program, &line] { return import_all(program, *line); });
    });
}

}  // namespace koppla
