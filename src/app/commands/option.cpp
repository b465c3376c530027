#include "app/commands/commands.h"
#include "app/program.h"
#include "app/terminal.h"
#include "platform/audit.h"
#include "platform/options.h"
#include "transfer/window.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

struct OptionLine {
    std::string name, value;
};

json to_json(const Option& option) {
    return {{"name", option.name},
            {"value", option.value},
            {"comment", option.comment},
            {"scope", option.scope.empty() ? json{} : json::parse(option.scope, nullptr, false)},
            {"updated_at", format_instant(option.updated_at)},
            {"updated_by", option.updated_by}};
}

Result<Exit> list(const Program& program) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    const std::vector<Option> options = TRY(Options{*transaction}.list());
    if (program.wants_json) {
        json document = json::array();
        for (const Option& option : options) document.push_back(to_json(option));
        Program::print(document);
        return Exit::ok;
    }
    Table table{{"name", "value", "updated", "by"}};
    for (const Option& option : options) {
        table.add({option.name, option.value, format_instant(option.updated_at), option.updated_by});
    }
    fmt::print("{}", table.text());
    return Exit::ok;
}

/// An import's position is kept in one form, whichever was typed; what it read stays with it.
Result<Exit> set(const Program& program, const OptionLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
    Options options{*transaction};
    Option option = TRY(options.find(line.name)).value_or(Option{.name = line.name});
    const std::string before = option.value;
    option.value = line.value;
    if (is_position_option(line.name) && !line.value.empty())
        option.value = format_instant(TRY(parse_instant(line.value)));
    option.updated_at = program.clock.now();
    option.updated_by = user_name();
    TRY(options.set(option));
    TRY(Audit{*transaction}.append({.at = option.updated_at,
                                    .who = option.updated_by,
                                    .verb = "option.set",
                                    .subject = option.name,
                                    .detail = fmt::format("'{}' -> '{}'", before, option.value)}));
    TRY(transaction->commit());
    if (program.wants_json)
        Program::print(to_json(option));
    else
        fmt::print("{} = {} (was: {})\n", option.name, option.value, before.empty() ? "not set" : before);
    return Exit::ok;
}

}  // namespace

void add_option(CLI::App& app, Program& program) {
    CLI::App* option =
        app.add_subcommand("option", "values that last between runs, such as positions of imports");
    option->require_subcommand(1);
    const auto line = std::make_shared<OptionLine>();
    CLI::App* listing = option->add_subcommand("list", "all options");
    listing->footer("Example:\n  koppla option list --json");
    listing->callback([&program] { program.run([&] { return list(program); }); });
    CLI::App* setting = option->add_subcommand("set", "give an option a value");
    setting->add_option("name", line->name, "the option's name")->required();
    setting->add_option("value", line->value, "its value; an instant in UTC where it is a position")
        ->required();
    setting->footer(
        "Examples:\n  koppla option set LASTIMPORT_acme_Contact 2026-11-01T00:00:00Z\n"
        "  koppla option set LASTIMPORT_acme_Contact ''          (the next import reads everything)");
    setting->callback([&program, line] { program.run([&] { return set(program, *line); }); });
}

}  // namespace koppla
