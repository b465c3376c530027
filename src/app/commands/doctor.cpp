#include "app/commands/commands.h"
#include "app/doctor/checks.h"
#include "app/program.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

/// What was looked at together: the store, or an account.
struct Section {
    std::string title;
    std::vector<Finding> findings;
};

json to_json(const std::vector<Section>& sections) {
    json findings = json::array();
    for (const Section& section : sections) {
        for (const Finding& finding : section.findings) {
            findings.push_back({{"of", section.title},
                                {"level", name(finding.level)},
                                {"subject", finding.subject},
                                {"text", finding.text},
                                {"remedy", finding.remedy}});
        }
    }
    return findings;
}

void print(const Section& section) {
    fmt::print("{}\n", section.title);
    for (const Finding& finding : section.findings) {
        fmt::print("  {:<4}  {}: {}\n", name(finding.level), finding.subject, finding.text);
        if (!finding.remedy.empty()) fmt::print("        -> {}\n", finding.remedy);
    }
}

Result<std::vector<Account>> accounts_of(const Store& store, const std::string& wanted, const Call& call) {
    const auto transaction = TRY(store.database().begin(db::Access::read, call));
    Accounts accounts{*transaction, store.vault()};
    if (wanted.empty()) return accounts.list();
    return std::vector{TRY(accounts.find(wanted))};
}

Result<Exit> doctor(const Program& program, const std::string& wanted) {
    const auto store = TRY(program.open_store());
    std::vector<Section> sections;
    const auto add = [&](Section section) {
        if (!program.wants_json) print(section);
        sections.push_back(std::move(section));
    };
    const std::vector<Account> accounts = TRY(accounts_of(*store, wanted, program.call()));
    add({.title = "store", .findings = TRY(check_store(*store, program.call()))});
    for (const Account& account : accounts) {
        std::vector<Finding> findings = TRY(check_account(*store, account, program.clock, program.call()));
        add({.title = "account " + account.name, .findings = std::move(findings)});
    }
    if (program.wants_json) Program::print(to_json(sections));

    const auto has = [&](Level level) {
        return std::ranges::any_of(sections, [&](const Section& section) {
            return std::ranges::count(section.findings, level, &Finding::level) > 0;
        });
    };
    return has(Level::fail) ? Exit::failed : Exit::ok;
}

}  // namespace

void add_doctor(CLI::App& app, Program& program) {
    CLI::App* command =
        app.add_subcommand("doctor", "look at the store and the accounts; what is wrong, and what to do");
    const auto wanted = std::make_shared<std::string>();
    command->add_option("account", *wanted, "this one only; every account if not given");
    command->footer(
        "Every line is ok, warn or fail, below it the remedy where one is known. Ends with 1 where one "
        "failed, else 0.\n\n"
        "Example:\n  koppla doctor acme --json");
    command->callback([&program, wanted] { program.run([&] { return doctor(program, *wanted); }); });
}

}  // namespace koppla
