#include "app/commands/schema_changes.h"

#include "app/progress.h"
#include "app/terminal.h"
#include "wizard/discovery.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

using model::ObjectSchema;
using nlohmann::json;

Impact ObjectChanges::impact() const {
    Impact worst = Impact::safe;
    for (const SchemaChange& change : changes) worst = std::max(worst, change.impact);
    return worst;
}

json to_json(const std::vector<SchemaChange>& changes) {
    json list = json::array();
    for (const SchemaChange& change : changes) {
        list.push_back({{"field", change.field},
                        {"what", change.what},
                        {"impact", name(change.impact)},
                        {"detail", change.detail}});
    }
    return list;
}

void print_changes(const std::vector<ObjectChanges>& objects) {
    Table table{{"object", "field", "what", "impact", "detail"}};
    bool is_empty = true;
    for (const ObjectChanges& each : objects) {
        for (const SchemaChange& change : each.changes) {
            table.add(
                {each.object, change.field, change.what, std::string{name(change.impact)}, change.detail});
            is_empty = false;
        }
    }
    if (!is_empty) fmt::print("{}", table.text());
}

Result<std::vector<ObjectChanges>> changes_of(CrmConnector& connector,
                                              const std::vector<RecordedSchema>& recorded,
                                              const Program& program) {
    std::vector<DescribeRequest> requests;
    requests.reserve(recorded.size());
    for (const RecordedSchema& each : recorded) requests.push_back({.object = each.schema.name});
    const auto begun = program.clock.steady();
    std::vector<Discovered> discovered = TRY(discover(
        connector, requests,
        [&](std::size_t done, std::size_t total, std::string_view name) {
            show_step(done, total, name, begun);
        },
        program.call()));
    std::vector<ObjectChanges> changes;
    for (std::size_t i = 0; i < recorded.size(); ++i) {
        const ObjectSchema& before = recorded[i].schema;
        if (!discovered[i].described) {
            const Error& why = discovered[i].described.error();
            const Member object{.object = before.name};
            Sight sight = Sight::unknown;
            if (why.kind == ErrorKind::not_found)
                sight = TRY(connector.look_for({&object, 1}, program.call())).at(0);
            changes.push_back({.object = before.name, .changes = {object_gone(why, sight)}});
            continue;
        }
        ObjectSchema now = std::move(discovered[i].described->schema);
        choose_fields_again(now, before);
        TRY(look_for_vanished(connector, before, now, program.call()));
        changes.push_back({.object = before.name, .changes = evolve(before, std::move(now), "").changes});
    }
    return changes;
}

}  // namespace koppla
