#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/handlers.h"
#include "sandbox/dynamics/org/state.h"
#include "sandbox/dynamics/payload/keys.h"
#include "sandbox/dynamics/row_text.h"
#include "sandbox/web/exact_json.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

/// Where a lookup of a row leads; nothing where it is null.
struct Linked {
    const Table* table = nullptr;
    std::string id;
};
Result<std::optional<Linked>> linked(db::Transaction& transaction, const Ask& ask, const Table& table,
                                     const std::string& id, const Relationship& way) {
    const auto* lookup = table.find(way.referencing_attribute);
    const auto row = TRY(State{transaction}.row(table, id));
    if (!row || lookup == nullptr) return std::optional<Linked>{};
    const auto* target = std::get_if<std::string>(&row->at(lookup->name));
    if (target == nullptr) return std::optional<Linked>{};
    std::string name = way.referenced;
    if (!lookup->type_column.empty()) {
        const auto* type = std::get_if<std::string>(&row->at(lookup->type_column));
        if (type == nullptr || (way.referenced != "owner" && *type != way.referenced))
            return std::optional<Linked>{};
        name = *type;
    }
    const auto* found = ask.catalog->find(name);
    return found == nullptr ? std::optional<Linked>{} : std::optional{Linked{.table = found, .id = *target}};
}

Answer row_answer(const Ask& ask, RowText row) {
    // A client that has this version already need not read it again.
    if (const auto known = ask.request.headers.find("If-None-Match"); known && *known == etag(row.version)) {
        auto unchanged = nothing();
        unchanged.response.status = 304;
        return unchanged;
    }
    auto answered = answer(200, std::move(row.json));
    answered.response.headers.add("ETag", etag(row.version));
    if (const auto applied = ask.preferences.applied(); !applied.empty())
        answered.response.headers.add("Preference-Applied", applied);
    return answered;
}

Result<Answer> property(db::Transaction& transaction, const Ask& ask, const Table& table,
                        const std::string& id) {
    const auto& name = ask.segments[1].name;
    const auto* attribute = table.find_property(name);
    if (attribute == nullptr) return no_segment(name);
    auto one = ask;
    one.query = "$select=" + name;
    const auto row = TRY(read_row(transaction, one, table, id));
    const auto tree = TRY(parse_exact(row.json));
    const auto found = tree.find(name);
    if (found == tree.end() || found->is_null()) return nothing();
    if (ask.segments.size() > 2 && ask.segments[2].name == "$value") {
        auto raw = answer(200, found->is_string() ? found->get<std::string>() : exact_text(*found));
        raw.response.headers.set("Content-Type", "text/plain");
        return raw;
    }
    if (ask.segments.size() > 2) return no_segment(ask.segments[2].name);
    return answer(200, fmt::format("{{\"@odata.context\":\"{}{}({})/{}\",\"value\":{}}}", ask.context(),
                                   table.set_name(), id, name, exact_text(*found)));
}

Result<Answer> along(db::Transaction& transaction, const Ask& ask, const Table& table, const std::string& id,
                     const Relationship& way) {
    const auto target = TRY(linked(transaction, ask, table, id, way));
    if (!target) return nothing();
    if (ask.segments.size() > 2 && ask.segments[2].name == "$ref")
        return answer(200, Json{{"@odata.context", ask.context() + "$ref"},
                                {"@odata.id",
                                 fmt::format("{}{}({})", ask.root, target->table->set_name(), target->id)}});
    if (ask.segments.size() > 2) {
        // Further along: as if the target had been asked.
        auto further = ask;
        further.segments.erase(further.segments.begin());
        further.segments.front() = {.name = target->table->set_name(),
                                    .has_parentheses = true,
                                    .parts = {{.name = {}, .literal = target->id}}};
        return property(transaction, further, *target->table, target->id);
    }
    return row_answer(ask, TRY(read_row(transaction, ask, *target->table, target->id)));
}

Result<Answer> read(Services& services, const Ask& ask, const Table& table) {
    const auto key = TRY(row_key(table, ask.segments.front()));
    const auto transaction = TRY(services.org.read());
    const auto id = TRY(find_row(*transaction, table, key));
    if (ask.segments.size() == 1) return row_answer(ask, TRY(read_row(*transaction, ask, table, id)));
    if (const auto* way = ask.catalog->find_navigation(table, ask.segments[1].name))
        return along(*transaction, ask, table, id, *way);
    return property(*transaction, ask, table, id);
}

}  // namespace

Answer row(Services& services, const Ask& ask, const Table& table) {
    auto answered = read(services, ask, table);
    return answered ? std::move(*answered) : failure(answered.error());
}

Answer row_collection(Services& services, const Ask& ask, const Table& table) {
    const auto* way = ask.catalog->find_collection(table, ask.segments[1].name);
    const auto* child = ask.catalog->find(way->referencing);
    const auto key = row_key(table, ask.segments.front());
    if (!key) return failure(key.error());
    auto id = std::string{};
    {
        const auto transaction = services.org.read();
        if (!transaction) return failure(transaction.error());
        auto found = find_row(**transaction, table, *key);
        if (!found) return failure(found.error());
        id = std::move(*found);
    }
    // The same as a query of the set with one condition more.
    auto query = ask;
    query.segments = {{.name = child->set_name()}};
    const auto link = fmt::format("{}/{} eq {}", way->navigation, way->referenced_attribute, id);
    const auto filter = ask.option("$filter");
    const auto whole = filter ? fmt::format("({}) and {}", *filter, link) : link;
    query.query = "$filter=" + http::percent_encode(whole);
    for (const auto* name : {"$select", "$expand", "$orderby", "$top", "$count", "$skiptoken"}) {
        if (const auto value = ask.option(name))
            query.query += fmt::format("&{}={}", name, http::percent_encode(*value));
    }
    const auto further = ask.segments.size() > 2 ? ask.segments[2].name : std::string{};
    if (further == "$count") return count_set(services, query, *child);
    if (further.empty()) return query_set(services, query, *child);
    if (further != "$ref") return failure(no_segment(further));
    query.query += "&$select=" + child->primary_id();
    auto answered = query_set(services, query, *child);
    if (answered.response.status != 200) return answered;
    auto page = nlohmann::json::parse(answered.response.body, nullptr, false);
    auto links = Json::array();
    for (const auto& one : page["value"])
        links.push_back(Json{{"@odata.id", fmt::format("{}{}({})", ask.root, child->set_name(),
                                                       one[child->primary_id()].get<std::string>())}});
    return answer(200, Json{{"@odata.context", ask.context() + "Collection($ref)"}, {"value", links}});
}

}  // namespace koppla::sandbox::dynamics
