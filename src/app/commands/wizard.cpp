#include "app/commands/commands.h"
#include "app/commands/schema_changes.h"
#include "app/connection.h"
#include "app/program.h"
#include "app/progress.h"
#include "app/terminal.h"
#include "base/ascii.h"
#include "platform/audit.h"
#include "platform/schemas.h"
#include "wizard/discovery.h"
#include "wizard/tables.h"

#include <algorithm>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

struct WizardLine {
    std::string account;
    std::vector<std::string> tables;
    std::vector<std::string> fields, excluded;  ///< "Object=A,B"
    std::string search;
    bool wants_all = false;
    bool only_lists = false;
    bool wants_recorded = false;
    bool is_sure = false;
    bool accepts_changes = false;
};

bool matches(const ObjectSummary& object, std::string_view search) {
    return search.empty() || lower(object.name).find(lower(search)) != std::string::npos ||
           lower(object.label).find(lower(search)) != std::string::npos;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view part = text.substr(0, comma);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        if (!part.empty()) parts.emplace_back(part);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

/// "Object=A,B" → the object in lower case and its fields.
Result<std::pair<std::string, std::vector<std::string>>> object_fields(const std::string& text,
                                                                       std::string_view option) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
        return error(ErrorKind::invalid, fmt::format("{} wants Object=Field,Field…, not '{}'", option, text));
    }
    return std::pair{lower(text.substr(0, equals)), split(text.substr(equals + 1))};
}

Result<std::map<std::string, FieldChoice>> field_choices(const WizardLine& line) {
    std::map<std::string, FieldChoice> choices;
    for (const std::string& text : line.fields) {
        auto [object, names] = TRY(object_fields(text, "--fields"));
        choices[object].only = std::move(names);
    }
    for (const std::string& text : line.excluded) {
        auto [object, names] = TRY(object_fields(text, "--exclude"));
        choices[object].excluded = std::move(names);
    }
    return choices;
}

void print_objects(const std::vector<ObjectSummary>& objects) {
    Table table{{"table", "label", "read", "write"}};
    for (const ObjectSummary& object : objects) {
        table.add({object.name, object.label, object.is_readable ? "yes" : "no",
                   object.is_writable ? "yes" : "no"});
    }
    fmt::print("{}", table.text());
}

/// The names as the CRM spells them. What isn't there is told with what is alike.
Result<std::vector<std::string>> resolve(const std::vector<std::string>& wanted,
                                         const std::vector<ObjectSummary>& objects) {
    std::vector<std::string> names;
    names.reserve(objects.size());
    for (const ObjectSummary& object : objects) names.push_back(object.name);
    std::vector<std::string> result;
    for (const std::string& name : wanted) {
        const auto found = std::ranges::find_if(
            objects, [&](const ObjectSummary& object) { return equal_without_case(object.name, name); });
        if (found == objects.end()) {
            return error(ErrorKind::not_found,
                         fmt::format("the CRM has no table {}, or this account can't see it{}", name,
                                     suggestion(name, names)));
        }
        if (!found->is_readable) {
            return error(ErrorKind::denied,
                         fmt::format("the table {} can't be read by this account", found->name));
        }
        if (std::ranges::find(result, found->name) == result.end()) result.push_back(found->name);
    }
    return result;
}

/// Asks a person which tables: a search narrows the list down, names choose.
Result<std::vector<std::string>> ask_for_tables(const std::vector<ObjectSummary>& objects, const Call& call) {
    for (;;) {
        const std::string search = TRY(ask("Search tables (empty: all):", "--tables A,B or --all", call));
        std::vector<ObjectSummary> shown;
        std::ranges::copy_if(objects, std::back_inserter(shown),
                             [&](const auto& object) { return matches(object, search); });
        print_objects(shown);
        const std::string answer =
            TRY(ask("Tables to take in, with commas (empty: search again):", "--tables A,B", call));
        if (answer.empty()) continue;
        Result<std::vector<std::string>> chosen = resolve(split(answer), objects);
        if (chosen) return chosen;
        Program::tell(chosen.error().message);
    }
}

/// The objects of the account that were recorded before, by their names in the CRM.
using Recorded = std::map<std::string, model::ObjectSchema, std::less<>>;

Result<Recorded> recorded_objects(const Store& store, const std::string& account, const Call& call) {
    const auto transaction = TRY(store.database().begin(db::Access::read, call));
    Recorded recorded;
    for (RecordedSchema& each : TRY(Schemas{*transaction}.list(account)))
        recorded.emplace(each.schema.name, std::move(each.schema));
    return recorded;
}

/// Those of the schema that the CRM still lists; the others are told.
Result<std::vector<std::string>> recorded_tables(CrmConnector& connector, const Recorded& recorded,
                                                 const std::vector<ObjectSummary>& objects,
                                                 const Call& call) {
    std::vector<std::string> names;
    std::vector<Member> missing;
    for (const auto& [name, schema] : recorded) {
        if (std::ranges::find(objects, name, &ObjectSummary::name) != objects.end())
            names.push_back(name);
        else
            missing.push_back({.object = name});
    }
    if (!missing.empty()) {
        const std::vector<Sight> sights = TRY(connector.look_for(missing, call));
        for (std::size_t i = 0; i < missing.size(); ++i) {
            Program::tell(fmt::format("warning: {} was {}; its table {} stays as it is", missing[i].object,
                                      reason(sights.at(i)), recorded.at(missing[i].object).local_table));
        }
    }
    if (names.empty()) return error(ErrorKind::not_found, "no table of the schema is left in the CRM");
    return names;
}

Result<std::vector<std::string>> chosen_tables(CrmConnector& connector, const WizardLine& line,
                                               const Recorded& recorded,
                                               const std::vector<ObjectSummary>& objects, const Call& call) {
    if (!line.tables.empty()) return resolve(line.tables, objects);
    if (line.wants_recorded) return recorded_tables(connector, recorded, objects, call);
    if (!line.wants_all) return ask_for_tables(objects, call);
    std::vector<std::string> all;
    for (const ObjectSummary& object : objects) {
        if (object.is_readable && matches(object, line.search)) all.push_back(object.name);
    }
    return all;
}

/// What the connector maps otherwise than field by field.
void warn_of_mapping(const model::ObjectSchema& schema, std::vector<std::string>& warnings) {
    for (const model::MappingNotice& notice : schema.notices) {
        warnings.push_back(
            fmt::format("{}.{} ({}): {}", schema.name, notice.field, notice.remote_type, notice.instead));
        Program::tell("warning: " + warnings.back());
    }
}

struct Found {
    std::vector<ChosenObject> chosen;
    std::vector<ObjectChanges> changes;  ///< of those that were recorded before
    std::vector<std::string> unchanged;
    std::vector<std::string> failed;
    std::vector<std::string> warnings;
};

/// With --all the CRM is asked only for what it has changed since; a person who names a table wants it looked
/// at whatever the CRM says, since permissions change without a new version.
std::vector<DescribeRequest> describe_requests(const WizardLine& line, const std::vector<std::string>& names,
                                               const std::map<std::string, FieldChoice>& choices,
                                               const Recorded& recorded) {
    std::vector<DescribeRequest> requests;
    for (const std::string& name : names) {
        const auto before = recorded.find(name);
        const bool is_known = line.wants_all && before != recorded.end() && !choices.contains(lower(name));
        requests.push_back({.object = name, .known_version = is_known ? before->second.version : ""});
    }
    return requests;
}

Result<Found> sort_out(CrmConnector& connector, std::vector<Discovered> discovered,
                       const std::map<std::string, FieldChoice>& choices, const Recorded& recorded,
                       const Call& call) {
    Found found;
    for (Discovered& each : discovered) {
        if (!each.described) {
            Program::tell(
                fmt::format("warning: {} is left out: {}", each.object, each.described.error().message));
            found.failed.push_back(each.object);
            continue;
        }
        Described& described = *each.described;
        if (described.is_unchanged) {
            found.unchanged.push_back(each.object);
            continue;
        }
        model::ObjectSchema& schema = described.schema;
        schema.version = described.version;
        const auto before = recorded.find(schema.name);
        if (const auto choice = choices.find(lower(each.object)); choice != choices.end()) {
            TRY(choose_fields(schema, choice->second));
        } else if (before != recorded.end()) {
            choose_fields_again(schema, before->second);
        }
        if (before != recorded.end()) {
            TRY(look_for_vanished(connector, before->second, schema, call));
            found.changes.push_back(
                {.object = schema.name, .changes = evolve(before->second, schema, "").changes});
        } else {
            warn_of_mapping(schema, found.warnings);
        }
        found.chosen.push_back({.schema = std::move(schema), .source = std::move(described.source)});
    }
    return found;
}

/// How far a person agrees that tables follow the CRM; nothing where they don't go on at all.
Result<std::optional<Impact>> agreed(const WizardLine& line, const Found& found, const Call& call) {
    const Impact granted = line.accepts_changes ? Impact::consent : Impact::safe;
    if (line.is_sure || found.chosen.empty()) return std::optional{granted};
    const bool needs_consent = std::ranges::any_of(
        found.changes, [](const ObjectChanges& each) { return each.impact() == Impact::consent; });
    const std::string question =
        fmt::format("Take {} tables in, and make or extend their local tables?{}", found.chosen.size(),
                    needs_consent ? " What needs consent is done too." : "");
    if (!TRY(ask_yes(question, "--yes", call))) return std::optional<Impact>{};
    return std::optional{Impact::consent};
}

std::string words_for(const TableChange& change) {
    if (change.is_held_back) return "left as it was recorded";
    if (change.is_new) return "made";
    if (!change.columns_added.empty()) return fmt::format("added {}", fmt::join(change.columns_added, ", "));
    return change.changes.empty() ? "unchanged" : "followed";
}

void tell_held_back(const std::vector<TableChange>& changes, const std::string& account) {
    for (const TableChange& change : changes) {
        if (!change.is_held_back) continue;
        const bool is_breaking = std::ranges::any_of(
            change.changes, [](const SchemaChange& each) { return each.impact == Impact::breaking; });
        Program::tell(
            is_breaking
                ? fmt::format("{} can't follow the CRM and was left as it was recorded", change.object)
                : fmt::format("{} was left as it was recorded; follow the CRM with: koppla wizard {} "
                              "--tables {} --yes --accept-changes",
                              change.object, account, change.object));
    }
}

void print_outcome(const std::vector<TableChange>& changes) {
    if (changes.empty()) return;
    Table table{{"object", "table", "fields", "what was done"}};
    for (const TableChange& change : changes)
        table.add({change.object, change.table, grouped(static_cast<std::int64_t>(change.fields)),
                   words_for(change)});
    fmt::print("{}", table.text());
}

json to_json(const TableChange& change) {
    return {{"object", change.object},
            {"table", change.table},
            {"fields", change.fields},
            {"is_new", change.is_new},
            {"held_back", change.is_held_back},
            {"changes", to_json(change.changes)},
            {"columns_added", change.columns_added},
            {"notices", change.notices}};
}

Result<Exit> list_tables(const Program& program, const WizardLine& line,
                         const std::vector<ObjectSummary>& objects) {
    std::vector<ObjectSummary> shown;
    std::ranges::copy_if(objects, std::back_inserter(shown),
                         [&](const auto& object) { return matches(object, line.search); });
    if (!program.wants_json) {
        print_objects(shown);
        return Exit::ok;
    }
    json document = json::array();
    for (const ObjectSummary& object : shown) {
        document.push_back({{"name", object.name},
                            {"label", object.label},
                            {"readable", object.is_readable},
                            {"writable", object.is_writable}});
    }
    Program::print(document);
    return Exit::ok;
}

Result<Exit> wizard(const Program& program, const WizardLine& line) {
    const std::map<std::string, FieldChoice> choices = TRY(field_choices(line));
    const auto store = TRY(program.open_store());
    const auto connection = TRY(Connection::open(*store, line.account, program.clock, program.call()));
    CrmConnector& connector = connection->connector();
    const std::vector<ObjectSummary> objects = TRY(connector.objects(program.call()));
    if (line.only_lists) return list_tables(program, line, objects);

    const Recorded recorded = TRY(recorded_objects(*store, line.account, program.call()));
    const std::vector<std::string> names =
        TRY(chosen_tables(connector, line, recorded, objects, program.call()));
    const auto begun = program.clock.steady();
    const std::vector<DescribeRequest> requests = describe_requests(line, names, choices, recorded);
    std::vector<Discovered> discovered = TRY(discover(
        connector, requests,
        [&](std::size_t done, std::size_t total, std::string_view name) {
            show_step(done, total, name, begun);
        },
        program.call()));
    Found found = TRY(sort_out(connector, std::move(discovered), choices, recorded, program.call()));
    if (found.chosen.empty() && found.unchanged.empty())
        return error(ErrorKind::not_found, "none of the chosen tables could be described");
    if (!program.wants_json) print_changes(found.changes);
    const auto allowed = TRY(agreed(line, found, program.call()));
    if (!allowed) return Exit::ok;
    const std::vector<TableChange> changes = TRY(take_in(
        store->database(), line.account, std::move(found.chosen), *allowed, program.clock, program.call()));

    const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
    TRY(Audit{*transaction}.append({.at = program.clock.now(),
                                    .who = user_name(),
                                    .verb = "schema.record",
                                    .subject = line.account,
                                    .detail = fmt::format("{}", fmt::join(names, ", "))}));
    TRY(transaction->commit());

    const double seconds = std::chrono::duration<double>(program.clock.steady() - begun).count();
    for (const TableChange& change : changes) {
        for (const std::string& notice : change.notices) Program::tell("notice: " + notice);
    }
    const std::int64_t calls = connector.usage().charged_calls;
    if (program.wants_json) {
        json document = {{"tables", json::array()},  {"unchanged", found.unchanged},
                         {"left_out", found.failed}, {"warnings", found.warnings},
                         {"charged_calls", calls},   {"seconds", seconds}};
        for (const TableChange& change : changes) document["tables"].push_back(to_json(change));
        Program::print(document);
    } else {
        print_outcome(changes);
        if (!found.unchanged.empty())
            fmt::print("As it was recorded: {}\n", fmt::join(found.unchanged, ", "));
        tell_held_back(changes, line.account);
        fmt::print("{} API calls, {:.1f} s. Bring the records: koppla import {} --all\n", calls, seconds,
                   line.account);
    }
    const bool is_whole = found.failed.empty() && std::ranges::none_of(changes, &TableChange::is_held_back);
    return is_whole ? Exit::ok : Exit::incomplete;
}

}  // namespace

void add_wizard(CLI::App& app, Program& program) {
    CLI::App* command =
        app.add_subcommand("wizard", "choose tables of a CRM and make the local ones that match");
    const auto line = std::make_shared<WizardLine>();
    command->add_option("account", line->account, "the account")->required();
    CLI::Option* tables =
        command->add_option("--tables", line->tables, "tables to take in, by their names in the CRM");
    tables->delimiter(',');
    command->add_flag("--all", line->wants_all, "all tables that can be read")->excludes(tables);
    command
        ->add_option("--fields", line->fields,
                     "only these fields of an object: Object=A,B; may be given again")
        ->take_all();
    command->add_option("--exclude", line->excluded, "all but these fields of an object: Object=A,B")
        ->take_all();
    command->add_option("--search", line->search,
                        "with --list or --all: only tables whose name or label has this in it");
    command->add_flag("--list", line->only_lists, "list the CRM's tables and do nothing else");
    CLI::Option* recorded =
        command->add_flag("--recorded", line->wants_recorded, "the tables that are in the schema already");
    recorded->excludes(tables);
    command->add_flag("--yes", line->is_sure, "don't ask; changes that need consent are held back");
    command->add_flag("--accept-changes", line->accepts_changes,
                      "follow changes of the CRM that need consent too; see koppla schema diff");
    command->footer(
        "On a terminal it asks for the tables. Run again it shows what the CRM has changed, asks, and lets "
        "the "
        "tables follow. No row or column is ever dropped: a field that vanished is parked, its column "
        "stays.\n"
        "\nExamples:\n  koppla "
        "wizard acme\n"
        "  koppla wizard acme --list --search order\n"
        "  koppla wizard acme --tables Account,Contact --exclude Contact=Description --yes\n"
        "  koppla wizard acme --recorded --yes --accept-changes");
    command->callback([&program, line] { program.run([&] { return wizard(program, *line); }); });
}

}  // namespace koppla
