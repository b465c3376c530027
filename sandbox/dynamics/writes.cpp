#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/handlers.h"
#include "sandbox/dynamics/payload/keys.h"
#include "sandbox/dynamics/payload/payload.h"
#include "sandbox/dynamics/payload/values.h"
#include "sandbox/dynamics/row_text.h"
#include "sandbox/web/exact_json.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

Error bad_request(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "0x80060888");
}

Result<nlohmann::json> body_of(const Ask& ask) {
    auto body = parse_exact(ask.request.body);
    if (!body) return error(ErrorKind::invalid, body.error().message, "0x80048d19");
    return std::move(*body);
}

/// What If-Match and If-None-Match say; the literal "null" that some clients send says nothing.
Result<Condition> condition_of(const Ask& ask) {
    Condition condition;
    const auto match = ask.request.headers.find("If-Match");
    const auto none_match = ask.request.headers.find("If-None-Match");
    if (none_match && *none_match == "*") condition.existence = Condition::Existence::must_not;
    if (!match) return condition;
    condition.existence = Condition::Existence::must;
    if (*match == "*") return condition;
    auto text = *match;
    if (text.starts_with("W/")) text.remove_prefix(2);
    while (text.starts_with('"')) text.remove_prefix(1);
    while (text.ends_with('"')) text.remove_suffix(1);
    std::int64_t version = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), version);
    if (text.empty() || read.ptr != text.data() + text.size())
        return error(ErrorKind::conflict,
                     "The version of the existing record doesn't match the RowVersion property "
                     "provided.",
                     "0x80060882");
    condition.version = version;
    return condition;
}

/// The address that names the row: by the key it was asked with, or by its id.
std::string address_of(const Ask& ask, const Table& table, const Segment& segment, const std::string& id) {
    const bool is_by_id = segment.parts.empty() || segment.parts.front().name.empty() ||
                          segment.parts.front().name == table.primary_id();
    if (is_by_id) return fmt::format("{}{}({})", ask.root, table.set_name(), id);
    std::string key;
    for (const auto& part : segment.parts)
        key += fmt::format("{}{}={}", key.empty() ? "" : ",", part.name, part.literal);
    return fmt::format("{}{}({})", ask.root, table.set_name(), key);
}

/// 204 with the row's address, or the row itself where that is preferred and it can be seen already.
Result<Answer> saved_answer(Writing& writing, const Ask& ask, const Table& table, const Saved& saved) {
    const bool is_new = saved.outcome == Saved::Outcome::created;
    if (ask.preferences.wants_representation && saved.is_visible) {
        auto row = TRY(read_row(writing.transaction(), ask, table, saved.id));
        auto answered = answer(is_new ? 201 : 200, std::move(row.json));
        answered.response.headers.add("ETag", etag(row.version));
        answered.response.headers.add("Preference-Applied", "return=representation");
        return answered;
    }
    auto answered = nothing();
    const auto address = address_of(ask, table, ask.segments.front(), saved.id);
    answered.response.headers.add("OData-EntityId", address);
    if (is_new) answered.response.headers.add("Location", address);
    return answered;
}

Result<Answer> create(Services& services, Writing& writing, const Ask& ask, const Table& table) {
    const auto body = TRY(body_of(ask));
    const auto saved = TRY(create_from(writing, table, body));
    TRY(services.duplicates.check(writing, ask, table, saved.id));
    return saved_answer(writing, ask, table, saved);
}

Result<Answer> update(Services& services, Writing& writing, const Ask& ask, const Table& table) {
    const auto key = TRY(row_key(table, ask.segments.front()));
    const auto condition = TRY(condition_of(ask));
    const auto body = TRY(body_of(ask));
    auto payload = TRY(read_payload(writing, table, body));
    const auto saved = TRY(writing.save({.kind = Change::Kind::update,
                                         .table = &table,
                                         .key = key,
                                         .values = std::move(payload.values),
                                         .condition = condition}));
    TRY(keep_children(writing, payload, saved.id));
    TRY(services.duplicates.check(writing, ask, table, saved.id));
    return saved_answer(writing, ask, table, saved);
}

Result<Answer> remove(Writing& writing, const Ask& ask, const Table& table) {
    const auto key = TRY(row_key(table, ask.segments.front()));
    const auto condition = TRY(condition_of(ask));
    TRY(writing.save({.kind = Change::Kind::remove, .table = &table, .key = key, .condition = condition}));
    return nothing();
}

/// An update of the row with some values; it has to be there.
Result<Answer> set(Writing& writing, const Ask& ask, const Table& table, Values values) {
    const auto key = TRY(row_key(table, ask.segments.front()));
    TRY(writing.save({.kind = Change::Kind::update,
                      .table = &table,
                      .key = key,
                      .values = std::move(values),
                      .condition = {.existence = Condition::Existence::must}}));
    return nothing();
}

Result<Answer> write_property(Writing& writing, const Ask& ask, const Table& table) {
    const auto& name = ask.segments[1].name;
    const auto* attribute = table.find_property(name);
    if (attribute == nullptr || attribute->is_lookup() || ask.segments.size() > 2) return no_segment(name);
    if (ask.method == "DELETE") return set(writing, ask, table, {{attribute->name, Value{}}});
    if (ask.method != "PUT") return bad_request("A property is set with PUT.");
    const auto body = TRY(body_of(ask));
    const auto value = body.is_object() ? body.find("value") : body.end();
    if (value == body.end()) return bad_request("The body has to be {\"value\":…}.");
    return set(writing, ask, table, {{attribute->name, TRY(value_from_json(table, *attribute, *value))}});
}

/// The row that the body's "@odata.id", or the query's $id, names.
Result<std::string> referenced(const Ask& ask) {
    if (const auto id = ask.option("$id")) return *id;
    const auto body = TRY(body_of(ask));
    const auto id = body.is_object() ? body.find("@odata.id") : body.end();
    if (id == body.end() || !id->is_string()) return bad_request("The body has to be {\"@odata.id\":\"…\"}.");
    return id->get<std::string>();
}

Result<Answer> write_link(Writing& writing, const Ask& ask, const Table& table, const Relationship& way) {
    if (ask.method == "DELETE") return set(writing, ask, table, no_link(table, way));
    const auto address = TRY(referenced(ask));
    return set(writing, ask, table, TRY(link_to(writing, table, way, address)));
}

/// A row of a collection is linked by its own lookup.
Result<Answer> write_collection(Writing& writing, const Ask& ask, const Table& table,
                                const Relationship& way) {
    const auto& catalog = writing.catalog();
    const auto* child = catalog.find(way.referencing);
    const auto key = TRY(row_key(table, ask.segments.front()));
    const auto id = TRY(writing.find(table, key));
    if (!id) return key.id.empty() ? no_row_by_key(table.name()) : no_row(table.name(), key.id);
    const bool is_reference = ask.segments.size() > 2 && ask.segments[2].name == "$ref";
    if (!is_reference) {
        if (ask.method != "POST" || ask.segments.size() > 2) return no_segment(ask.segments.back().name);
        auto body = TRY(body_of(ask));
        body[way.navigation + "@odata.bind"] = fmt::format("/{}({})", table.set_name(), *id);
        auto alone = ask;
        alone.segments = {{.name = child->set_name()}};
        const auto saved = TRY(create_from(writing, *child, body));
        return saved_answer(writing, alone, *child, saved);
    }
    const auto& segment = ask.segments[1];
    Target target{.table = child, .key = {}};
    if (segment.has_key()) {
        target.key = TRY(row_key(*child, segment));
    } else {
        const auto address = TRY(referenced(ask));
        target = TRY(read_target(catalog, address));
    }
    if (target.table != child)
        return bad_request(fmt::format("'{}' holds rows of {}.", way.collection, child->set_name()));
    auto link = no_link(*child, way);
    if (ask.method != "DELETE")
        link = TRY(link_to(writing, *child, way, fmt::format("{}({})", table.set_name(), *id)));
    TRY(writing.save({.kind = Change::Kind::update,
                      .table = child,
                      .key = target.key,
                      .values = std::move(link),
                      .condition = {.existence = Condition::Existence::must}}));
    return nothing();
}

Result<Answer> write_row(Services& services, Writing& writing, const Ask& ask, const Table& table) {
    const auto& segments = ask.segments;
    if (!segments.front().has_key()) {
        if (ask.method == "POST" && segments.size() == 1) return create(services, writing, ask, table);
        return no_segment(segments.back().name);
    }
    if (segments.size() == 1) {
        if (ask.method == "PATCH") return update(services, writing, ask, table);
        if (ask.method == "DELETE") return remove(writing, ask, table);
        return no_segment(segments.back().name);
    }
    const auto& catalog = writing.catalog();
    if (const auto* way = catalog.find_navigation(table, segments[1].name))
        return write_link(writing, ask, table, *way);
    if (const auto* way = catalog.find_collection(table, segments[1].name))
        return write_collection(writing, ask, table, *way);
    return write_property(writing, ask, table);
}

}  // namespace

Answer write(Services& services, Writing& writing, const Ask& ask, const Table& table) {
    auto answered = write_row(services, writing, ask, table);
    return answered ? std::move(*answered) : failure(answered.error());
}

}  // namespace koppla::sandbox::dynamics
