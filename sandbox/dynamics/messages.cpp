#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/duplicates.h"
#include "sandbox/dynamics/handlers.h"
#include "sandbox/dynamics/payload/keys.h"
#include "sandbox/dynamics/payload/payload.h"
#include "sandbox/web/exact_json.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::string_view type_space = "Microsoft.Dynamics.CRM.";

Error bad_payload(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "0x80048d19");
}

Result<nlohmann::json> body_of(const Ask& ask) {
    auto body = parse_exact(ask.request.body);
    if (!body || !body->is_object())
        return bad_payload(body ? "The body has to be a JSON object." : body.error().message);
    return std::move(*body);
}

/// "account" of a body's "@odata.type": "Microsoft.Dynamics.CRM.account", with or without '#'; empty where it
/// has none.
std::string type_of(const nlohmann::json& body) {
    const auto found = body.is_object() ? body.find("@odata.type") : body.end();
    if (found == body.end() || !found->is_string()) return {};
    std::string_view type = found->get_ref<const std::string&>();
    if (type.starts_with('#')) type.remove_prefix(1);
    if (!type.starts_with(type_space)) return {};
    return std::string{type.substr(type_space.size())};
}

/// The rows that a message is about, each with its type, which has to be the table's.
Result<nlohmann::json> targets_of(const nlohmann::json& body, const Table& table) {
    const auto targets = body.find("Targets");
    if (targets == body.end() || !targets->is_array() || targets->empty())
        return bad_payload("The parameter 'Targets' has to be an array of rows.");
    for (const auto& target : *targets) {
        if (type_of(target) != table.name())
            return bad_payload(fmt::format("Each of the Targets has to have the '@odata.type' '{}{}'.",
                                           type_space, table.name()));
    }
    return *targets;
}

/// The row that a target means: by its "@odata.id", or by the primary key in its body.
Result<RowKey> key_of(const Writing& writing, const Table& table, const nlohmann::json& target) {
    if (const auto address = target.find("@odata.id"); address != target.end() && address->is_string()) {
        auto named = TRY(read_target(writing.catalog(), address->get<std::string>()));
        if (named.table != &table)
            return bad_payload(
                fmt::format("'{}' isn't a row of {}.", address->get<std::string>(), table.name()));
        return std::move(named.key);
    }
    const auto id = target.find(table.primary_id());
    const std::string guid =
        id != target.end() && id->is_string() ? guid_of(id->get<std::string>()) : std::string{};
    if (guid.empty())
        return bad_payload(fmt::format("A target has neither '{}' nor '@odata.id'.", table.primary_id()));
    return RowKey{.id = guid};
}

Result<Answer> create_all(Services& services, Writing& writing, const Ask& ask, const Table& table,
                          const nlohmann::json& targets) {
    auto ids = Json::array();
    for (const auto& target : targets) {
        const auto saved = TRY(create_from(writing, table, target));
        TRY(services.duplicates.check(writing, ask, table, saved.id));
        ids.push_back(saved.id);
    }
    return answer(
        200, Json{{"@odata.context", fmt::format("{}{}CreateMultipleResponse", ask.context(), type_space)},
                  {"Ids", std::move(ids)}});
}

Result<Answer> update_all(Services& services, Writing& writing, const Ask& ask, const Table& table,
                          const nlohmann::json& targets, Condition::Existence existence) {
    for (const auto& target : targets) {
        const auto key = TRY(key_of(writing, table, target));
        const auto found = TRY(writing.find(table, key));
        if (!found && existence == Condition::Existence::must && !key.id.empty())
            return error(ErrorKind::not_found,
                         fmt::format("{} With Ids = {} Do Not Exist", table.facts().schema_name, key.id),
                         "0x80040217");
        auto payload = TRY(read_payload(writing, table, target));
        // What a new row's key says already can't be said again.
        for (const auto& [name, value] : key.values)
            if (!found && payload.values.contains(name))
                return error(ErrorKind::invalid, "An unexpected error occurred.", "0x80040216");
        const auto saved = TRY(writing.save({.kind = Change::Kind::update,
                                             .table = &table,
                                             .key = key,
                                             .values = std::move(payload.values),
                                             .condition = {.existence = existence}}));
        TRY(keep_children(writing, payload, saved.id));
        TRY(services.duplicates.check(writing, ask, table, saved.id));
    }
    return nothing();
}

Result<Answer> carry_out(Services& services, Writing& writing, const Ask& ask, const Table& table) {
    const std::string message = ask.segments[1].name.substr(type_space.size());
    if (message == "DeleteMultiple")
        return error(ErrorKind::unsupported, "DeleteMultiple has not yet been implemented.", "0x80040203");
    const bool is_update = message == "UpdateMultiple";
    if (message != "CreateMultiple" && !is_update && message != "UpsertMultiple")
        return no_segment(ask.segments[1].name);
    const auto body = TRY(body_of(ask));
    const auto targets = TRY(targets_of(body, table));
    if (message == "CreateMultiple") return create_all(services, writing, ask, table, targets);
    return update_all(services, writing, ask, table, targets,
                      is_update ? Condition::Existence::must : Condition::Existence::any);
}

/// A row that a parameter of an action names: {"@odata.type":"Microsoft.Dynamics.CRM.account","accountid":…}.
Result<Target> entity_in(Writing& writing, const nlohmann::json& body, const char* parameter) {
    const auto found = body.find(parameter);
    const auto* table = found == body.end() ? nullptr : writing.catalog().find(type_of(*found));
    if (table == nullptr)
        return bad_payload(
            fmt::format("The parameter '{}' has to be a row with its '@odata.type'.", parameter));
    const auto key = TRY(key_of(writing, *table, *found));
    auto id = TRY(writing.find(*table, key));
    if (!id) return key.id.empty() ? no_row_by_key(table->name()) : no_row(table->name(), key.id);
    return Target{.table = table, .key = {.id = std::move(*id)}};
}

Result<Answer> merge_rows(Writing& writing, const Ask& ask) {
    const auto body = TRY(body_of(ask));
    const auto target = TRY(entity_in(writing, body, "Target"));
    const auto subordinate = TRY(entity_in(writing, body, "Subordinate"));
    if (target.table != subordinate.table)
        return bad_payload("Target and Subordinate have to be rows of the same table.");
    Values content;
    const auto update = body.find("UpdateContent");
    if (update != body.end() && update->is_object())
        content = TRY(read_payload(writing, *target.table, *update)).values;
    TRY(writing.merge(*target.table, target.key.id, subordinate.key.id, std::move(content)));
    return nothing();
}

/// All of a message in one transaction, or nothing.
template <class Carry>
Answer whole(Services& services, const Carry& carry) {
    const auto writing = services.org.write();
    if (!writing) return failure(writing.error());
    auto answered = carry(**writing);
    if (!answered) return failure(answered.error());
    if (const auto kept = (*writing)->commit(); !kept) return failure(kept.error());
    return std::move(*answered);
}

}  // namespace

bool is_bound_message(const Ask& ask) {
    return ask.segments.size() == 2 && ask.segments[1].name.starts_with(type_space);
}

Answer bound_message(Services& services, const Ask& ask, const Table& table) {
    return whole(services, [&](Writing& writing) { return carry_out(services, writing, ask, table); });
}

Answer merge(Services& services, const Ask& ask) {
    return whole(services, [&](Writing& writing) { return merge_rows(writing, ask); });
}

}  // namespace koppla::sandbox::dynamics
