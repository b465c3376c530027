#include "app/commands/commands.h"
#include "app/doctor/checks.h"
#include "app/program.h"
#include "app/terminal.h"
#include "platform/store_copy.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

struct CopyLine {
    std::string from, to;
};

Result<Exit> copy(const Program& program, const std::string& from, const std::string& to, CopiedKey key) {
    const auto store = TRY(Store::open(from, program.call()));
    const auto copied = TRY(copy_store(*store, to, key, program.call()));
    if (program.wants_json) {
        json tables = json::array();
        for (const CopiedTable& each : copied) tables.push_back({{"table", each.table}, {"rows", each.rows}});
        Program::print({{"store", to}, {"tables", std::move(tables)}});
        return Exit::ok;
    }
    Table table{{"table", "rows"}};
    for (const CopiedTable& each : copied) table.add({each.table, grouped(each.rows)});
    fmt::print("{}Copied to {}; every row was read again and held against its original.\n", table.text(), to);
    return Exit::ok;
}

Result<Exit> check(const Program& program) {
    const auto store = TRY(program.open_store());
    const std::vector<Finding> findings = TRY(check_store(*store, program.call()));
    json document = json::array();
    for (const Finding& finding : findings) {
        document.push_back({{"level", name(finding.level)},
                            {"subject", finding.subject},
                            {"text", finding.text},
                            {"remedy", finding.remedy}});
        if (program.wants_json) continue;
        fmt::print("{:<4}  {}: {}\n", name(finding.level), finding.subject, finding.text);
        if (!finding.remedy.empty()) fmt::print("      -> {}\n", finding.remedy);
    }
    if (program.wants_json) Program::print(document);
    return std::ranges::count(findings, Level::fail, &Finding::level) > 0 ? Exit::failed : Exit::ok;
}

}  // namespace

void add_store(CLI::App& app, Program& program) {
    CLI::App* store = app.add_subcommand("store", "look after the store itself: check, backup, copy");
    store->require_subcommand(1);
    const auto line = std::make_shared<CopyLine>();

    CLI::App* checking = store->add_subcommand("check", "whether the store is whole, and what it lacks");
    checking->callback([&program] { program.run([&program] { return check(program); }); });

    CLI::App* backup = store->add_subcommand("backup", "everything in the store, as one SQLite file");
    backup->add_option("file", line->to, "where; nothing may be there yet")->required();
    backup->footer(
        "Other programs may go on meanwhile: the backup is the state of one moment. The sealing key isn't in "
        "it; name "
        "it with KOPPLA_KEY_FILE to open the backup. Sessions are not in it either: an account logs in "
        "again.\n\n"
        "Examples:\n  koppla store backup koppla-2026-11-26.db\n"
        "  KOPPLA_KEY_FILE=koppla.db.key koppla --store sqlite:koppla-2026-11-26.db account list");
    backup->callback([&program, line] {
        program.run([&program, &line] {
            return copy(program, program.store_location, "sqlite:" + line->to, CopiedKey::stays);
        });
    });

    CLI::App* copying = store->add_subcommand("copy", "a store to another place, of another kind too");
    copying->add_option("from", line->from, "sqlite:PATH or postgres://…")->required();
    copying->add_option("to", line->to, "sqlite:PATH or postgres://…; no store may be there yet")->required();
    copying->footer(
        "The copy has the same key. Sessions stay behind: an account logs in again.\n\nExample:\n"
        "  koppla store copy sqlite:koppla.db 'postgres://koppla@db.example.com/crm?schema=koppla'");
    copying->callback([&program, line] {
        program.run([&program, &line] { return copy(program, line->from, line->to, CopiedKey::too); });
    });
}

}  // namespace koppla
