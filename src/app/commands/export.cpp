#include "transfer/export.h"

#include "app/commands/commands.h"
#include "app/commands/export_report.h"
#include "app/connection.h"
#include "app/program.h"
#include "app/terminal.h"
#include "transfer/export_forecast.h"
#include "transfer/recorded_schema.h"

#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

struct ExportLine {
    std::string account;
    std::string table;
    std::string operation;
    std::string key_column;
    std::string batch = "auto";
    std::string duplicates = "refuse";
    bool is_plan = false;
    bool is_hard = false;
    ExportOptions options;
};

const std::map<std::string, WritePath, std::less<>> paths = {
    {"auto", WritePath::automatic}, {"off", WritePath::rows}, {"on", WritePath::bulk}};

json to_json(const ExportForecast& forecast) {
    json changes = json::array();
    for (const ForecastChange& change : forecast.changes) {
        changes.push_back(
            {{"key", change.key}, {"field", change.field}, {"from", change.from}, {"to", change.to}});
    }
    return {{"object", forecast.object},     {"operation", name(forecast.operation)},
            {"key", forecast.key},           {"fields", forecast.fields},
            {"rows", forecast.rows},         {"refused", forecast.refused},
            {"refusals", forecast.refusals}, {"charged_calls", forecast.charged_calls},
            {"why", forecast.why},           {"sampled", forecast.sampled},
            {"missing", forecast.missing},   {"changes", changes},
            {"notices", forecast.notices}};
}

void print(const ExportForecast& forecast) {
    fmt::print("{} {}: {} rows, fields {}\n", name(forecast.operation), forecast.object,
               grouped(forecast.rows), fmt::join(forecast.fields, ", "));
    fmt::print("about {} charged calls: {}\n", grouped(forecast.charged_calls), forecast.why);
    if (forecast.refused > 0) fmt::print("{} rows can't be sent, among them:\n", grouped(forecast.refused));
    for (const std::string& refusal : forecast.refusals) fmt::print("  {}\n", refusal);
    if (forecast.sampled == 0) return;
    const bool deletes = is_deletion(forecast.operation);
    fmt::print("of {} rows that were looked up, the CRM has {}", forecast.sampled,
               forecast.sampled - forecast.missing);
    if (forecast.missing > 0) {
        fmt::print("; {} {}", forecast.missing,
                   deletes                                        ? "would be gone already"
                   : forecast.operation == WriteOperation::upsert ? "would be made"
                                                                  : "would be refused");
    }
    if (!deletes && forecast.sampled > forecast.missing)
        fmt::print(
            "{}", forecast.changes.empty() ? "; the others would stay as they are" : "; there would change:");
    fmt::print("\n");
    Table table{{"key", "field", "is", "becomes"}};
    for (const ForecastChange& change : forecast.changes)
        table.add({change.key, change.field, change.from, change.to});
    if (!forecast.changes.empty()) fmt::print("{}", table.text());
}

Result<Exit> run(const Program& program, ExportLine& line) {
    const auto store = TRY(program.open_store());
    ExportOptions& options = line.options;
    if (!line.table.empty())
        options.query = fmt::format("select * from {}", store->database().dialect().quoted(line.table));
    const auto connection = TRY(Connection::open(*store, line.account, program.clock, program.call()));
    const TransferSite site = connection->site(*store);
    options.path = paths.at(line.batch);
    options.duplicates = line.duplicates == "allow" ? Duplicates::allow : Duplicates::refuse;
    if (line.is_plan) {
        const ExportForecast forecast = TRY(forecast_export(site, options, program.call()));
        for (const std::string& notice : forecast.notices) Program::tell(notice);
        if (program.wants_json) {
            Program::print(to_json(forecast));
        } else {
            print(forecast);
        }
        return Exit::ok;
    }
    return report_export(program, site, options.object, [&](TransferObserver& observer) {
        return export_rows(site, options, observer, program.call());
    });
}

/// A deletion sends the key alone, which the schema knows.
Result<Exit> run_deletion(const Program& program, ExportLine& line) {
    {
        const auto store = TRY(program.open_store());
        const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
        const model::ObjectSchema schema =
            TRY(recorded_schema(*transaction, line.account, line.options.object));
        line.options.mappings = {fmt::format("{}={}", line.key_column, schema.key)};
    }
    line.options.operation = line.is_hard ? WriteOperation::erase : WriteOperation::remove;
    return run(program, line);
}

void add_source(CLI::App* command, const std::shared_ptr<ExportLine>& line) {
    command->add_option("account", line->account, "the account")->required();
    command->add_option("object", line->options.object, "the object, by its name in the CRM")->required();
    CLI::Option* query =
        command->add_option("--query", line->options.query, "the rows: a query over the store");
    CLI::Option* table = command->add_option("--table", line->table, "the rows: all of a table or view");
    query->excludes(table);
    table->excludes(query);
    command
        ->add_option("--batch", line->batch,
                     "export in batches: on (Bulk API 2.0, of Salesforce alone), off, or auto, by the number "
                     "of rows")
        ->check(CLI::IsMember({"auto", "on", "off"}));
    command->add_option("--row-name", line->options.row_name,
                        "a column by whose value the results name each row");
    command->add_flag("--plan", line->is_plan,
                      "tell what would happen, look some rows up in the CRM, and send nothing");
}

void need_source(const ExportLine& line) {
    if (line.options.query.empty() && line.table.empty())
        throw CLI::RequiredError("rows, by --query or --table:");
}

}  // namespace

void add_export(CLI::App& app, Program& program) {
    CLI::App* command = app.add_subcommand("export", "write rows of the store to the CRM");
    const auto line = std::make_shared<ExportLine>();
    ExportOptions& options = line->options;
    add_source(command, line);
    command
        ->add_option("--map", options.mappings,
                     "column=Field, column=Field:conversion (trim, date-only, hash, mask, clear …), "
                     "column=Lookup.Key or column=Lookup.Object.Key")
        ->required()
        ->delimiter(',');
    command->add_option("--key", options.key,
                        "the field by which records are found; a unique external id or alternate key makes "
                        "what isn't there, and no retry can make it twice");
    command
        ->add_option("--operation", line->operation, "insert, update or upsert; else it follows from the key")
        ->check(CLI::IsMember({"insert", "update", "upsert"}));
    command->add_option("--assignment-rule", options.assignment_rule,
                        "none, active, or the identifier of a rule (Salesforce)");
    command
        ->add_option("--duplicate-rule", line->duplicates,
                     "refuse what looks like a record that is there, or allow it where the rule only warns")
        ->check(CLI::IsMember({"refuse", "allow"}));
    command->footer(
        "The rows are frozen in the store before the first is sent, and each one's result is kept: after a "
        "crash, a cut connection or Ctrl-C, 'koppla run resume' sends only what isn't settled.\n"
        "An empty cell leaves the CRM's value alone; with :clear it empties it.\n"
        "\nExamples:\n"
        "  koppla export acme Contact --table customers --map id=Id,email=Email,phone=Phone:clear\n"
        "  koppla export acme Contact --query 'select code, name, firm from leads' \\\n"
        "      --map code=Code__c,name=LastName,firm=AccountId.Code__c --key Code__c\n"
        "  koppla export acme Account --table firms --map id=Id,tier=Tier__c --plan");
    command->callback([&program, line] {
        need_source(*line);
        program.run([&program, line]() -> Result<Exit> {
            if (!line->operation.empty())
                line->options.operation = TRY(write_operation_named(line->operation));
            if (line->options.assignment_rule == "none") line->options.assignment_rule.clear();
            return run(program, *line);
        });
    });
}

void add_delete(CLI::App& app, Program& program) {
    CLI::App* command = app.add_subcommand("delete", "delete records in the CRM");
    const auto line = std::make_shared<ExportLine>();
    add_source(command, line);
    command->add_option("--key-column", line->key_column, "the column that holds the records' identifiers")
        ->required();
    command->add_flag("--hard", line->is_hard, "past the recycle bin, where the CRM has one");
    command->footer(
        "A record that is gone already counts as deleted, with a note.\n"
        "\nExamples:\n  koppla delete acme Contact --table obsolete --key-column id --plan\n"
        "  koppla delete acme Lead --query 'select id from acme_lead where isconverted = 0' --key-column id");
    command->callback([&program, line] {
        need_source(*line);
        program.run([&program, line] { return run_deletion(program, *line); });
    });
}

}  // namespace koppla
