#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/program.h"
#include "app/stored_tokens.h"
#include "app/terminal.h"
#include "platform/audit.h"

#include <filesystem>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using model::OptionSpec;
using model::Visibility;
using nlohmann::json;

/// What the command line said of an account; the settings under the names that their types give them.
struct AccountLine {
    std::string name;
    std::string type;
    std::optional<std::string> label, comment;
    std::map<std::string, std::string, std::less<>> settings;
    std::map<std::string, std::string, std::less<>> secret_files;
    bool is_sure = false;
};

json to_json(const Account& account) {
    json secrets = json::array();
    for (const std::string& name : account.secret_names) {
        if (name != StoredTokens::secret_name) secrets.push_back(name);
    }
    return {{"name", account.name},       {"type", account.type},         {"label", account.label},
            {"comment", account.comment}, {"settings", account.settings}, {"secrets", secrets}};
}

/// Paths are kept absolute: the program is started from anywhere.
void make_paths_absolute(model::Settings& settings) {
    if (const auto ca = settings.find("ca"); ca != settings.end() && !ca->second.empty()) {
        ca->second = std::filesystem::absolute(ca->second).lexically_normal().string();
    }
}

Result<Secrets> read_secrets(const AccountLine& line) {
    Secrets secrets;
    for (const auto& [name, file] : line.secret_files) {
        Result<Secret> secret = read_secret_file(file);
        if (!secret) return secret.error().with_context(fmt::format("setting '{}'", name));
        secrets.emplace(name, std::move(*secret));
    }
    return secrets;
}

/// Asks for what is missing where there is a terminal.
Result<void> ask_for_missing(const AccountType& type, model::Settings& settings, Secrets& secrets,
                             const Call& call) {
    if (!can_ask()) return {};
    for (const OptionSpec& spec : type.options) {
        const bool is_given = settings.contains(spec.name) || secrets.contains(spec.name);
        if (is_given || spec.presence == model::Presence::optional) continue;
        std::string question = fmt::format("{}", spec.label);
        if (!spec.choices.empty()) question += fmt::format(" ({})", fmt::join(spec.choices, ", "));
        if (spec.visibility == Visibility::secret) {
            secrets.emplace(spec.name,
                            TRY(ask_secret(question + ":", fmt::format("--{}-file", spec.name), call)));
        } else {
            settings.emplace(spec.name, TRY(ask(question + ":", fmt::format("--{}", spec.name), call)));
        }
    }
    return {};
}

/// The settings with each secret as a mark that it is there, which is what their checks need to know.
Result<void> check_account(const AccountType& type, const model::Settings& settings,
                           const std::set<std::string>& secrets) {
    model::Settings all = settings;
    for (const std::string& name : secrets) {
        if (name != StoredTokens::secret_name) all.emplace(name, "***");
    }
    TRY(model::check(type.options, all));
    return type.check_settings(all);
}

Result<void> note(db::Transaction& transaction, const Program& program, std::string verb,
                  const std::string& subject, std::string detail) {
    return Audit{transaction}.append({.at = program.clock.now(),
                                      .who = user_name(),
                                      .verb = std::move(verb),
                                      .subject = subject,
                                      .detail = std::move(detail)});
}

std::string names_of(const AccountLine& line) {
    std::vector<std::string> names;
    for (const auto& [name, value] : line.settings) names.push_back(name);
    for (const auto& [name, file] : line.secret_files) names.push_back(name);
    return fmt::format("{}", fmt::join(names, ", "));
}

Result<Exit> add(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    const AccountType& type = *TRY(account_type(line.type));
    Account account{.name = line.name,
                    .type = line.type,
                    .label = line.label.value_or(""),
                    .comment = line.comment.value_or(""),
                    .settings = {line.settings.begin(), line.settings.end()}};
    make_paths_absolute(account.settings);
    Secrets secrets = TRY(read_secrets(line));
    TRY(ask_for_missing(type, account.settings, secrets, program.call()));
    std::set<std::string> secret_names;
    for (const auto& [name, secret] : secrets) secret_names.insert(name);
    TRY(check_account(type, account.settings, secret_names));

    const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
    Accounts accounts{*transaction, store->vault()};
    TRY(accounts.create(account));
    for (const auto& [name, secret] : secrets) TRY(accounts.set_secret(account.name, name, secret));
    TRY(note(*transaction, program, "account.create", account.name, names_of(line)));
    const Account made = TRY(accounts.find(account.name));
    TRY(transaction->commit());

    if (program.wants_json) {
        Program::print(to_json(made));
    } else {
        fmt::print("Added the account {}. See whether it works: koppla account test {}\n", made.name,
                   made.name);
    }
    return Exit::ok;
}

Result<Exit> edit(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    const Secrets secrets = TRY(read_secrets(line));
    const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
    Accounts accounts{*transaction, store->vault()};
    Account account = TRY(accounts.find(line.name));
    const AccountType& type = *TRY(account_type(account.type));
    account.label = line.label.value_or(account.label);
    account.comment = line.comment.value_or(account.comment);
    for (const auto& [name, value] : line.settings) {
        if (value.empty())
            account.settings.erase(name);
        else
            account.settings.insert_or_assign(name, value);
    }
    make_paths_absolute(account.settings);
    std::set<std::string> secret_names{account.secret_names.begin(), account.secret_names.end()};
    for (const auto& [name, secret] : secrets) secret_names.insert(name);
    TRY(check_account(type, account.settings, secret_names));

    TRY(accounts.update(account));
    for (const auto& [name, secret] : secrets) TRY(accounts.set_secret(account.name, name, secret));
    // The old session was made by the old settings.
    if (secret_names.contains(std::string{StoredTokens::secret_name})) {
        TRY(accounts.remove_secret(account.name, StoredTokens::secret_name));
    }
    TRY(note(*transaction, program, "account.update", account.name, names_of(line)));
    const Account changed = TRY(accounts.find(account.name));
    TRY(transaction->commit());
    if (program.wants_json)
        Program::print(to_json(changed));
    else
        fmt::print("Changed the account {}.\n", account.name);
    return Exit::ok;
}

Result<Exit> list(const Program& program) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    const std::vector<Account> accounts = TRY(Accounts{*transaction, store->vault()}.list());
    if (program.wants_json) {
        json document = json::array();
        for (const Account& account : accounts) document.push_back(to_json(account));
        Program::print(document);
        return Exit::ok;
    }
    if (accounts.empty()) {
        fmt::print("There is no account yet; add one with: koppla account add\n");
        return Exit::ok;
    }
    Table table{{"name", "type", "server", "label", "comment"}};
    for (const Account& account : accounts) {
        const auto server = account.settings.find("server");
        table.add({account.name, account.type, server == account.settings.end() ? "" : server->second,
                   account.label, account.comment});
    }
    fmt::print("{}", table.text());
    return Exit::ok;
}

Result<Exit> show(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    const Account account = TRY(Accounts{*transaction, store->vault()}.find(line.name));
    if (program.wants_json) {
        Program::print(to_json(account));
        return Exit::ok;
    }
    fmt::print("{} ({}){}{}\n{}", account.name, account.type,
               account.label.empty() ? "" : "  " + account.label,
               account.comment.empty() ? "" : "\n" + account.comment, account.comment.empty() ? "" : "\n");
    Table table{{"setting", "value"}};
    for (const auto& [name, value] : account.settings) table.add({name, value});
    for (const std::string& name : account.secret_names) {
        if (name != StoredTokens::secret_name) table.add({name, "*** (sealed)"});
    }
    fmt::print("{}", table.text());
    return Exit::ok;
}

Result<Exit> test(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    const auto connection = TRY(Connection::open(*store, line.name, program.clock, program.call()));
    const Identity identity = TRY(connection->connector().check(program.call()));
    const Usage usage = connection->connector().usage();
    const double difference = static_cast<double>(identity.clock_difference.count()) / 1000.0;
    std::string allowance = "not told";
    if (usage.allowance_used && usage.allowance_max && *usage.allowance_max > 0) {
        allowance = fmt::format(
            "{} of {} ({:.1f} %)", grouped(*usage.allowance_used), grouped(*usage.allowance_max),
            100.0 * static_cast<double>(*usage.allowance_used) / static_cast<double>(*usage.allowance_max));
    }
    if (program.wants_json) {
        json document = {{"user", identity.user},
                         {"organization", identity.organization},
                         {"organization_id", identity.organization_id},
                         {"server", identity.server},
                         {"api_version", identity.api_version},
                         {"clock_difference_seconds", difference},
                         {"round_trip_ms", identity.round_trip.count()},
                         {"charged_calls", usage.charged_calls}};
        if (usage.allowance_used) document["allowance_used"] = *usage.allowance_used;
        if (usage.allowance_max) document["allowance_max"] = *usage.allowance_max;
        Program::print(document);
        return Exit::ok;
    }
    fmt::print(
        "The account {} works.\n"
        "  user          {}\n  organisation  {} ({})\n  server        {}\n  API version   {}\n"
        "  API calls     {} used in the last 24 hours\n  clock         {:+.1f} s against this machine\n"
        "  round trip    {} ms\n",
        line.name, identity.user, identity.organization, identity.organization_id, identity.server,
        identity.api_version, allowance, difference, identity.round_trip.count());
    return Exit::ok;
}

Result<Exit> remove(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    if (!line.is_sure &&
        !TRY(ask_yes(fmt::format("Remove the account {} with its credentials and schema? Imported "
                                 "tables stay.",
                                 line.name),
                     "--yes", program.call()))) {
        return Exit::ok;
    }
    const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
    TRY(Accounts{*transaction, store->vault()}.remove(line.name));
    TRY(note(*transaction, program, "account.remove", line.name, ""));
    TRY(transaction->commit());
    if (program.wants_json)
        Program::print({{"removed", line.name}});
    else
        fmt::print("Removed the account {}; the tables that it filled are still there.\n", line.name);
    return Exit::ok;
}

/// An option for every setting of every type: a value for what is open, a file for what is secret.
void add_settings(CLI::App& command, AccountLine& line) {
    std::set<std::string_view> seen;
    for (const AccountType* type : account_types()) {
        for (const OptionSpec& spec : type->options) {
            if (!seen.insert(spec.name).second) continue;
            const bool is_secret = spec.visibility == Visibility::secret;
            auto& values = is_secret ? line.secret_files : line.settings;
            const std::string key{spec.name};
            std::string help{spec.help};
            if (!spec.default_value.empty()) help += fmt::format(" (default: {})", spec.default_value);
            command
                .add_option_function<std::string>(
                    fmt::format("--{}{}", spec.name, is_secret ? "-file" : ""),
                    [&values, key](const std::string& value) { values.insert_or_assign(key, value); }, help)
                ->type_name(is_secret ? "FILE" : "TEXT")
                ->group("Settings");
        }
    }
    command.add_option("--label", line.label, "a name for people");
    command.add_option("--comment", line.comment, "what it is for");
}

}  // namespace

void add_account(CLI::App& app, Program& program) {
    CLI::App* account = app.add_subcommand("account", "connections to CRM organisations");
    account->require_subcommand(1);
    const auto line = std::make_shared<AccountLine>();
    const auto command = [&](const char* name, const char* help, auto work) {
        CLI::App* made = account->add_subcommand(name, help);
        made->callback([&program, line, work] { program.run([&] { return work(program, *line); }); });
        return made;
    };
    const auto with_name = [&](CLI::App* made) {
        made->add_option("name", line->name,
                         "the account's name: a-z, 0-9 and _, it begins its tables' names")
            ->required();
        return made;
    };

    CLI::App* adding =
        with_name(command("add", "add an account; what is missing is asked for on a terminal", add));
    adding->add_option("--type", line->type, "the type of CRM: salesforce")->required();
    add_settings(*adding, *line);
    adding->footer(
        "Secrets come from files ('-' is standard input) or are asked for; never from the command "
        "line.\n\nExamples:\n"
        "  koppla account add acme --type salesforce --server https://acme.my.salesforce.com \\\n"
        "      --auth client-credentials --client-id ID --client-secret-file secret.txt\n"
        "  pass show acme | koppla account add acme --type salesforce … --client-secret-file -");
    CLI::App* editing = with_name(command("edit", "change settings; an empty value takes one away", edit));
    add_settings(*editing, *line);
    command("list", "all accounts", [](const Program& p, const AccountLine&) { return list(p); });
    with_name(command("show", "one account with its settings; secrets are never shown", show));
    with_name(
        command("test", "log in and tell who, where, API version, allowance, clock and round trip", test));
    CLI::App* removing = with_name(command("remove", "remove an account; imported tables stay", remove));
    removing->add_flag("--yes", line->is_sure, "don't ask");
}

}  // namespace koppla
