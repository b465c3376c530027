#include "app/commands/commands.h"
#include "app/commands/schema_changes.h"
#include "app/connection.h"
#include "app/terminal.h"
#include "platform/schemas.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using model::FieldSchema;
using model::ObjectSchema;
using nlohmann::json;

struct SchemaLine {
    std::string account, object;
    std::int64_t limit = 20;
};

std::string type_text(const model::Type& type) {
    const std::string kind{name(type.kind)};
    if (type.precision > 0) return fmt::format("{}({},{})", kind, type.precision, type.scale);
    return type.length > 0 ? fmt::format("{}({})", kind, type.length) : kind;
}

Result<std::vector<RecordedSchema>> wanted(db::Transaction& transaction, const SchemaLine& line) {
    Schemas schemas{transaction};
    if (!line.object.empty()) return std::vector{TRY(schemas.find(line.account, line.object))};
    return schemas.list(line.account);
}

Result<Exit> show(const Program& program, const SchemaLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    const std::vector<RecordedSchema> recorded = TRY(wanted(*transaction, line));
    if (program.wants_json) {
        json document = json::array();
        for (const RecordedSchema& each : recorded)
            document.push_back(json::parse(model::to_json(each.schema)));
        Program::print(document);
        return Exit::ok;
    }
    if (line.object.empty()) {
        Table table{{"object", "label", "table", "fields", "recorded"}};
        for (const auto& [account, schema, at] : recorded) {
            table.add({schema.name, schema.label, schema.local_table,
                       grouped(static_cast<std::int64_t>(schema.fields.size())), format_instant(at)});
        }
        fmt::print("{}", table.text());
        return Exit::ok;
    }
    const ObjectSchema& schema = recorded.front().schema;
    fmt::print("{} ({}) in the table {}\n\n", schema.name, schema.label, schema.local_table);
    Table table{{"field", "label", "CRM type", "column", "type", "links to", "values"}};
    for (const FieldSchema& field : schema.fields) {
        table.add({field.name, field.label, field.remote_type, field.column,
                   type_text(field.type) + (field.is_parked       ? " (parked)"
                                            : field.is_calculated ? " (calculated)"
                                                                  : ""),
                   fmt::format("{}", fmt::join(field.targets, ", ")),
                   field.values.empty() ? "" : fmt::format("{}", field.values.size())});
    }
    fmt::print("{}", table.text());
    for (const model::MappingNotice& notice : schema.notices) {
        fmt::print("not as it is: {}.{} ({}): {}\n", schema.name, notice.field, notice.remote_type,
                   notice.instead);
    }
    return Exit::ok;
}

Result<Exit> data(const Program& program, const SchemaLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    const ObjectSchema schema = TRY(Schemas{*transaction}.find(line.account, line.object)).schema;
    const auto cursor = TRY(transaction->query(
        fmt::format("select * from {} limit $1", store->database().dialect().quoted(schema.local_table)),
        {line.limit}));
    std::vector<std::string> columns;
    columns.reserve(static_cast<std::size_t>(cursor->column_count()));
    for (int i = 0; i < cursor->column_count(); ++i) columns.emplace_back(cursor->column_name(i));
    json document = json::array();
    Table table{columns};
    while (TRY(cursor->next())) {
        json row = json::object();
        std::vector<std::string> cells;
        for (int i = 0; i < cursor->column_count(); ++i) {
            const std::string text{cursor->text(i)};
            row[columns[static_cast<std::size_t>(i)]] = cursor->is_null(i) ? json{} : json(text);
            cells.push_back(text);
        }
        document.push_back(std::move(row));
        table.add(std::move(cells));
    }
    if (program.wants_json)
        Program::print(document);
    else
        fmt::print("{}", table.text());
    return Exit::ok;
}

Result<Exit> diff(const Program& program, const SchemaLine& line) {
    const auto store = TRY(program.open_store());
    const auto connection = TRY(Connection::open(*store, line.account, program.clock, program.call()));
    std::vector<RecordedSchema> recorded;
    {
        const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
        recorded = TRY(wanted(*transaction, line));
    }
    const std::vector<ObjectChanges> objects = TRY(changes_of(connection->connector(), recorded, program));
    const bool differs =
        std::ranges::any_of(objects, [](const ObjectChanges& each) { return !each.changes.empty(); });
    if (program.wants_json) {
        json document = json::array();
        for (const ObjectChanges& each : objects)
            document.push_back({{"object", each.object}, {"changes", to_json(each.changes)}});
        Program::print(document);
    } else if (differs) {
        print_changes(objects);
        fmt::print("Let the tables follow with: koppla wizard {} --recorded\n", line.account);
    } else {
        fmt::print("The CRM is as it was recorded.\n");
    }
    return differs ? Exit::incomplete : Exit::ok;
}

/// The schema as a page of documentation, Markdown.
Result<Exit> doc(const Program& program, const SchemaLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    const std::vector<RecordedSchema> recorded = TRY(wanted(*transaction, line));
    std::string page = fmt::format("# Schema of {}\n", line.account);
    for (const auto& [account, schema, at] : recorded) {
        page += fmt::format(
            "\n## {} ({})\n\nTable `{}`, key `{}`, as of {}.\n\n| column | field | label | type | notes "
            "|\n|---|---|---|---|---|\n",
            schema.label, schema.name, schema.local_table, schema.key, format_instant(at));
        for (const FieldSchema& field : schema.fields) {
            std::vector<std::string> notes;
            if (!field.targets.empty())
                notes.push_back(fmt::format("links to {}", fmt::join(field.targets, ", ")));
            if (!field.values.empty()) notes.push_back(fmt::format("{} values", field.values.size()));
            if (field.is_calculated) notes.emplace_back("calculated by the CRM");
            if (field.is_parked) notes.emplace_back("parked: the CRM doesn't offer it any more");
            if (field.is_required) notes.emplace_back("required");
            page += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.column, field.name, field.label,
                                type_text(field.type), fmt::join(notes, "; "));
        }
        for (const model::MappingNotice& notice : schema.notices) {
            page += fmt::format("\n- `{}` ({}): {}", notice.field, notice.remote_type, notice.instead);
        }
        if (!schema.notices.empty()) page += "\n";
    }
    if (program.wants_json)
        Program::print({{"markdown", page}});
    else
        fmt::print("{}", page);
    return Exit::ok;
}

Result<Exit> source(const Program& program, const SchemaLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::read, program.call()));
    const std::string text = TRY(Schemas{*transaction}.source(line.account, line.object));
    if (program.wants_json)
        Program::print(json::parse(text, nullptr, false));
    else
        fmt::print("{}\n", text);
    return Exit::ok;
}

}  // namespace

void add_schema(CLI::App& app, Program& program) {
    CLI::App* schema = app.add_subcommand("schema", "the recorded structure of an account's tables");
    schema->require_subcommand(1);
    const auto line = std::make_shared<SchemaLine>();
    const auto command = [&](const char* name, const char* help, bool needs_object, auto work) {
        CLI::App* made = schema->add_subcommand(name, help);
        made->add_option("account", line->account, "the account")->required();
        CLI::Option* object = made->add_option("object", line->object, "one object, by its name in the CRM");
        if (needs_object) object->required();
        made->callback([&program, line, work] { program.run([&] { return work(program, *line); }); });
        return made;
    };
    command("show", "the tables, or one table's fields", false, show)
        ->footer("Examples:\n  koppla schema show acme\n  koppla schema show acme Contact --json");
    CLI::App* rows = command("data", "the first rows of a table", true, data);
    rows->add_option("--limit", line->limit, "how many rows");
    rows->footer("Example:\n  koppla schema data acme Contact --limit 5");
    command("doc", "a page of documentation, in Markdown", false, doc)
        ->footer("Example:\n  koppla schema doc acme > schema.md");
    command("diff", "what the CRM has changed since the schema was recorded", false, diff)
        ->footer(
            "Ends with 0 where nothing has changed, else with 3. Nothing is changed here: the wizard does "
            "that.\n\nExamples:\n  koppla schema diff acme\n  koppla schema diff acme Contact --json");
    command("source", "what the CRM said of an object, word for word", true, source)
        ->footer("Example:\n  koppla schema source acme Contact | jq .fields[].name");
}

}  // namespace koppla
