#include "app/commands/account_line.h"
#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/stored_tokens.h"
#include "app/terminal.h"
#include "http/certificate.h"
#include "platform/audit.h"
#include "platform/schemas.h"

#include <algorithm>
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

json to_json(const Account& account) {
    return {{"name", account.name},       {"type", account.type},         {"label", account.label},
            {"comment", account.comment}, {"settings", account.settings}, {"secrets", account.secret_names}};
}

/// Paths are kept absolute: the program is started from anywhere.
void make_paths_absolute(model::Settings& settings) {
    if (const auto ca = settings.find("ca"); ca != settings.end() && !ca->second.empty()) {
        ca->second = std::filesystem::absolute(ca->second).lexically_normal().string();
    }
}

/// The secrets that were given; those with an empty file are to be taken away and aren't among them.
Result<Secrets> read_secrets(const AccountType& type, const AccountLine& line) {
    Secrets secrets;
    for (const auto& [name, file] : line.secret_files) {
        if (file.empty()) continue;
        const auto spec = std::ranges::find(type.options, name, &OptionSpec::name);
        const bool is_text = spec != type.options.end() && spec->extent == model::Extent::text;
        Result<Secret> secret = is_text ? read_secret_text(file) : read_secret_file(file);
        if (!secret) return secret.error().with_context(fmt::format("setting '{}'", name));
        secrets.emplace(name, std::move(*secret));
    }
    TRY(type.check_secrets(secrets));
    return secrets;
}

std::vector<std::string> names_in(const Secrets& secrets) {
    std::vector<std::string> names;
    for (const auto& [name, secret] : secrets) names.push_back(name);
    return names;
}

/// Asks on the terminal for one setting, or refuses where there is none.
Result<void> ask_for(const OptionSpec& spec, model::Settings& settings, Secrets& secrets, const Call& call) {
    const bool is_secret = spec.visibility == Visibility::secret;
    const std::string option = fmt::format("--{}{}", spec.name, is_secret ? "-file" : "");
    if (!can_ask()) {
        return error(ErrorKind::invalid, fmt::format("setting '{}' is missing: {}; give it with {}",
                                                     spec.name, spec.help, option));
    }
    std::string question = fmt::format("{}", spec.label);
    if (!spec.choices.empty()) question += fmt::format(" ({})", fmt::join(spec.choices, ", "));
    if (is_secret)
        secrets.emplace(spec.name, TRY(ask_secret(question + ":", option, call)));
    else
        settings.emplace(spec.name, TRY(ask(question + ":", option, call)));
    return {};
}

Result<void> ask_for_missing(const AccountType& type, model::Settings& settings, Secrets& secrets,
                             const Call& call) {
    for (const OptionSpec& spec : type.options) {
        const bool is_given = settings.contains(spec.name) || secrets.contains(spec.name);
        if (!is_given && spec.presence == model::Presence::required)
            TRY(ask_for(spec, settings, secrets, call));
    }
    for (const std::string_view name : type.missing(with_marks(settings, names_in(secrets)))) {
        const auto spec = std::ranges::find(type.options, name, &OptionSpec::name);
        if (spec != type.options.end()) TRY(ask_for(*spec, settings, secrets, call));
    }
    return {};
}

/// A key for the way of logging in that wants one, where none is there.
Result<void> make_missing_key(const AccountType& type, const model::Settings& settings, Secrets& secrets,
                              const std::vector<std::string>& stored) {
    const std::string name{type.signing(settings).key};
    if (name.empty() || secrets.contains(name) || std::ranges::count(stored, name) > 0) return {};
    secrets.emplace(name, TRY(http::make_signing_key()));
    return {};
}

Result<void> check_account(const AccountType& type, const model::Settings& all) {
    TRY(model::check(type.options, all));
    TRY(type.check_settings(all));
    const auto missing = type.missing(all);
    if (missing.empty()) return {};
    return error(ErrorKind::invalid,
                 fmt::format("setting '{}' is missing: this way of logging in needs it; give it "
                             "along",
                             missing.front()));
}

/// What a person does next, and should know.
void tell_next(const AccountType& type, const model::Settings& all, const Account& account,
               std::string_view first_words) {
    fmt::print("{}\n", first_words);
    for (const std::string& notice : type.notices(all)) Program::tell(notice);
    if (!type.signing(all).key.empty()) {
        fmt::print(
            "The certificate of its key goes to the CRM: koppla account certificate {0} --out {0}.crt\n",
            account.name);
    }
    if (type.needs_person(all))
        fmt::print("A person logs in once with: koppla account login {}\n", account.name);
    fmt::print("See whether it works: koppla account test {}\n", account.name);
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
    Secrets secrets = TRY(read_secrets(type, line));
    TRY(ask_for_missing(type, account.settings, secrets, program.call()));
    TRY(type.check_secrets(secrets));
    TRY(make_missing_key(type, account.settings, secrets, {}));
    const model::Settings all = with_marks(account.settings, names_in(secrets));
    TRY(check_account(type, all));

    const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
    Accounts accounts{*transaction, store->vault()};
    TRY(accounts.create(account));
    for (const auto& [name, secret] : secrets) TRY(accounts.set_secret(account.name, name, secret));
    // An account of that name may have been here before.
    TRY(StoredTokens(*store, account.name, program.clock).remove(program.call()));
    TRY(note_deed(*transaction, program, "account.create", account.name, names_of(line)));
    const Account made = TRY(accounts.find(account.name));
    TRY(transaction->commit());

    if (program.wants_json)
        Program::print(to_json(made));
    else
        tell_next(type, all, made, fmt::format("Added the account {}.", made.name));
    return Exit::ok;
}

/// The account as the command line wants it; a setting with an empty value is taken away.
Account changed(Account account, const AccountLine& line) {
    account.label = line.label.value_or(account.label);
    account.comment = line.comment.value_or(account.comment);
    for (const auto& [name, value] : line.settings) {
        if (value.empty())
            account.settings.erase(name);
        else
            account.settings.insert_or_assign(name, value);
    }
    make_paths_absolute(account.settings);
    for (const auto& [name, file] : line.secret_files) {
        std::erase(account.secret_names, name);
        if (!file.empty()) account.secret_names.push_back(name);
    }
    return account;
}

/// Whether the old session was made by other settings than those there are now.
bool is_session_over(const AccountType& type, const AccountLine& line) {
    return !line.secret_files.empty() || std::ranges::any_of(type.login_settings, [&](std::string_view name) {
        return line.settings.contains(name);
    });
}

Result<const AccountType*> type_of(const Store& store, std::string_view account, const Call& call) {
    const auto transaction = TRY(store.database().begin(db::Access::read, call));
    return account_type(TRY(Accounts(*transaction, store.vault()).find(account)).type);
}

Result<Exit> edit(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    const AccountType& type = *TRY(type_of(*store, line.name, program.call()));
    // A secret may be typed: nobody else has to wait for the store meanwhile.
    Secrets secrets = TRY(read_secrets(type, line));
    const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
    Accounts accounts{*transaction, store->vault()};
    const Account before = TRY(accounts.find(line.name));
    const Account account = changed(before, line);
    TRY(make_missing_key(type, account.settings, secrets, account.secret_names));
    std::vector<std::string> secret_names = names_in(secrets);
    secret_names.insert(secret_names.end(), account.secret_names.begin(), account.secret_names.end());
    const model::Settings all = with_marks(account.settings, secret_names);
    TRY(check_account(type, all));

    TRY(accounts.update(account));
    if (line.settings.contains("server")) TRY(Schemas{*transaction}.forget_versions(account.name));
    for (const std::string& name : before.secret_names) {
        if (!all.contains(name)) TRY(accounts.remove_secret(account.name, name));
    }
    for (const auto& [name, secret] : secrets) TRY(accounts.set_secret(account.name, name, secret));
    TRY(note_deed(*transaction, program, "account.update", account.name, names_of(line)));
    const Account after = TRY(accounts.find(account.name));
    TRY(transaction->commit());
    if (is_session_over(type, line)) {
        TRY(StoredTokens(*store, account.name, program.clock).remove(program.call()));
    }
    if (program.wants_json)
        Program::print(to_json(after));
    else if (is_session_over(type, line))
        tell_next(type, all, after, fmt::format("Changed the account {}.", account.name));
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
    for (const std::string& name : account.secret_names) table.add({name, "*** (sealed)"});
    fmt::print("{}", table.text());
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
    const std::vector<RecordedSchema> schemas = TRY(Schemas{*transaction}.list(line.name));
    TRY(Accounts{*transaction, store->vault()}.remove(line.name));
    TRY(note_deed(*transaction, program, "account.remove", line.name, ""));
    TRY(transaction->commit());
    TRY(StoredTokens(*store, line.name, program.clock).remove(program.call()));
    // What interrupted imports have kept is of no use any more.
    for (const RecordedSchema& each : schemas)
        TRY(store->database().discard_staging(each.schema.local_table));
    if (program.wants_json)
        Program::print({{"removed", line.name}});
    else
        fmt::print("Removed the account {}; the tables that it filled are still there.\n", line.name);
    return Exit::ok;
}

/// The help of a setting: one sentence, or one of each type that means something of its own by it.
std::string help_of(std::string_view name) {
    std::vector<std::pair<std::string, std::string_view>> helps;
    for (const AccountType* type : account_types()) {
        const auto spec = std::ranges::find(type->options, name, &OptionSpec::name);
        if (spec == type->options.end()) continue;
        std::string help{spec->help};
        if (!spec->default_value.empty()) help += fmt::format(" (default: {})", spec->default_value);
        const auto same = std::ranges::find(helps, help, &std::pair<std::string, std::string_view>::first);
        if (same == helps.end()) helps.emplace_back(std::move(help), type->name);
    }
    if (helps.size() == 1) return helps.front().first;
    std::string all;
    for (const auto& [help, type] : helps)
        all += fmt::format("{}{}: {}", all.empty() ? "" : "; ", type, help);
    return all;
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
            command
                .add_option_function<std::string>(
                    fmt::format("--{}{}", spec.name, is_secret ? "-file" : ""),
                    [&values, key](const std::string& value) { values.insert_or_assign(key, value); },
                    help_of(spec.name))
                ->type_name(is_secret ? "FILE" : "TEXT")
                ->group("Settings");
        }
    }
    command.add_option("--label", line.label, "a name for people");
    command.add_option("--comment", line.comment, "what it is for");
}

std::string names_of_types() {
    std::vector<std::string_view> names;
    for (const AccountType* type : account_types()) names.push_back(type->name);
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string examples_of_types() {
    std::string all;
    for (const AccountType* type : account_types()) {
        for (const std::string_view example : type->examples)
            all += fmt::format("\n  koppla account add acme --type {} {}", type->name, example);
    }
    return all;
}

void add_login_commands(CLI::App& testing, CLI::App& login, CLI::App& certificate, AccountLine& line) {
    testing.footer("Example:\n  koppla account test acme --json");
    login.add_flag("!--no-browser", line.opens_browser,
                   "only print the address; the address that a browser anywhere ends at is pasted");
    login.footer("Example:\n  koppla account login acme --no-browser");
    certificate.add_option("--out", line.certificate_file,
                           "where the certificate (PEM) is written; standard output if not given");
    certificate
        .add_option("--days", line.certificate_days, "how long it is valid (default: 730); makes another")
        ->check(CLI::Range(1, 3650));
    certificate.add_flag("--new-key", line.wants_new_key,
                         "make another key; the old one's certificate opens nothing any more");
    certificate.footer("Example:\n  koppla account certificate acme --out acme.crt");
}

}  // namespace

Result<void> note_deed(db::Transaction& transaction, const Program& program, std::string verb,
                       const std::string& account, std::string detail) {
    return Audit{transaction}.append({.at = program.clock.now(),
                                      .who = user_name(),
                                      .verb = std::move(verb),
                                      .subject = account,
                                      .detail = std::move(detail)});
}

model::Settings with_marks(const model::Settings& settings, const std::vector<std::string>& secrets) {
    model::Settings all = settings;
    for (const std::string& name : secrets) all.emplace(name, "***");
    return all;
}

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
    adding->add_option("--type", line->type, "the type of CRM: " + names_of_types())->required();
    add_settings(*adding, *line);
    adding->footer(
        "Secrets come from files ('-' is standard input) or are asked for; never from the command "
        "line.\n\nExamples:" +
        examples_of_types());
    CLI::App* editing = with_name(command("edit", "change settings; an empty value takes one away", edit));
    add_settings(*editing, *line);
    editing->footer(
        "Examples:\n  koppla account edit acme --safety-lag 30m\n"
        "  koppla account edit acme --client-secret-file new-secret.txt\n"
        "  koppla account edit acme --proxy \"\"");
    command("list", "all accounts", [](const Program& p, const AccountLine&) {
        return list(p);
    })->footer("Example:\n  koppla account list --json");
    with_name(command("show", "one account with its settings; secrets are never shown", show))
        ->footer("Example:\n  koppla account show acme");
    CLI::App* testing = with_name(command(
        "test", "log in and tell who, where, API version, allowance, clock and round trip", test_account));
    CLI::App* login = with_name(
        command("login",
                "let a person log in with a browser, here or anywhere; for accounts that don't by themselves",
                log_in_account));
    CLI::App* certificate =
        with_name(command("certificate", "write the certificate of the account's key, and what to do with it",
                          write_certificate));
    add_login_commands(*testing, *login, *certificate, *line);
    CLI::App* removing = with_name(command("remove", "remove an account; imported tables stay", remove));
    removing->add_flag("--yes", line->is_sure, "don't ask");
    removing->footer("Example:\n  koppla account remove acme --yes");
}

}  // namespace koppla
