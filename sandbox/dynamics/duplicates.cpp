#include "sandbox/dynamics/duplicates.h"

#include "sandbox/dynamics/org/state.h"
#include "sandbox/web/json.h"

#include <algorithm>
#include <utility>

namespace koppla::sandbox::dynamics {
namespace {

bool wants_detection(const Ask& ask) {
    const auto suppressed = ask.request.headers.find("MSCRM.SuppressDuplicateDetection");
    return suppressed && (*suppressed == "false" || *suppressed == "False");
}

}  // namespace

void Duplicates::publish(const std::string& table, std::vector<std::string> attributes) {
    rules_.with([&](auto& rules) {
        if (attributes.empty())
            rules.erase(table);
        else
            rules[table] = std::move(attributes);
    });
}

void Duplicates::clear() {
    rules_.with([](auto& rules) { rules.clear(); });
}

Result<void> Duplicates::check(Writing& writing, const Ask& ask, const Table& table, const std::string& id) {
    if (!wants_detection(ask)) return {};
    const auto attributes = rules_.with([&](const auto& rules) {
        const auto found = rules.find(table.name());
        return found == rules.end() ? std::vector<std::string>{} : found->second;
    });
    if (attributes.empty()) return {};
    State state{writing.transaction()};
    // A row that waits to become visible is compared with nothing yet.
    const auto row = TRY(state.row(table, id));
    if (!row) return {};
    Values alike;
    for (const std::string& name : attributes) {
        const auto found = row->find(name);
        // Blanks are alike to nothing.
        if (found == row->end() || found->second == Value{}) return {};
        alike.insert(*found);
    }
    const auto ids = TRY(state.ids_with(table, alike, 2));
    if (std::ranges::all_of(ids, [&](const std::string& other) { return other == id; })) return {};
    return error(ErrorKind::conflict,
                 "A record was not created or updated because a duplicate of the current record already "
                 "exists.",
                 "0x80040333");
}

}  // namespace koppla::sandbox::dynamics
