#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/salesforce/saving.h"
#include "sandbox/services.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const auto comma = text.find(',');
        auto item = text.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (!item.empty()) items.emplace_back(item);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return items;
}

Answer print_row(Services& services, const Ask& ask, const Object& object, std::string_view id) {
    RowOptions options{.fields = split_list(ask.parameter("fields").value_or("")), .base = ask.base()};
    // The Id comes along, asked for or not. [seen in recorded replies]
    const auto is_id = [](const std::string& name) { return equal_words(name, "Id"); };
    if (!options.fields.empty() && std::ranges::none_of(options.fields, is_id))
        options.fields.emplace_back("Id");
    auto row = services.org.row(object, id, options);
    return row ? text_answer(200, std::move(*row)) : org_error(row.error());
}

Answer save_row(Services& services, const Ask& ask, const Change& change) {
    const auto saved = save_one(services, change, saving_of(ask, change.kind));
    if (!saved) return org_error(saved.error());
    return saved->success() ? empty_answer(204) : save_error(*saved);
}

Answer many_found(const Ask& ask, const Object& object, const std::vector<std::string>& ids) {
    auto urls = Json::array();
    for (const auto& id : ids) urls.push_back(ask.base() + "/sobjects/" + object.name() + "/" + id);
    return json_answer(300, urls);
}

/// The object of the path with the one row that has this key; or the answer that says why not.
struct Keyed {
    const Object* object = nullptr;
    std::string id{};
    Answer problem{};
};
Keyed find_by_key(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return {.problem = not_found()};
    auto ids = services.org.ids_by_key(*object, ask.parts.at(1), ask.parts.at(2));
    if (!ids) return {.problem = org_error(ids.error())};
    if (ids->empty()) return {.problem = not_found()};
    if (ids->size() > 1) return {.problem = many_found(ask, *object, *ids)};
    return {.object = object, .id = std::move(ids->front())};
}

/// The key stands in the path alone.
bool has_member(const nlohmann::json& body, std::string_view name) {
    for (const auto& member : body.items())
        if (equal_words(member.key(), name)) return true;
    return false;
}

Answer upserted(const Ask& ask, const SaveResult& saved) {
    if (!saved.success()) return save_error(saved);
    if (!saved.created && ask.version < 46) return empty_answer(204);
    auto answer = json_answer(saved.created ? 201 : 200, save_json(saved, Mention::created));
    if (saved.created)
        answer.response.headers.add("Location", ask.base() + "/sobjects/" + ask.parts.at(0) + "/" + saved.id);
    return answer;
}

}  // namespace

Answer create_row(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    const auto saved =
        save_one(services, Change{.kind = Change::Kind::create, .object = object, .fields = &*body},
                 saving_of(ask, Change::Kind::create));
    if (!saved) return org_error(saved.error());
    if (!saved->success()) return save_error(*saved);
    auto answer = json_answer(201, save_json(*saved, Mention::nothing));
    answer.response.headers.add("Location", ask.base() + "/sobjects/" + object->name() + "/" + saved->id);
    return answer;
}

Answer read_row(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    return object == nullptr ? not_found() : print_row(services, ask, *object, ask.parts.at(1));
}

Answer update_row(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    return save_row(
        services, ask,
        Change{.kind = Change::Kind::update, .object = object, .id = ask.parts.at(1), .fields = &*body});
}

Answer delete_row(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    return save_row(services, ask,
                    Change{.kind = Change::Kind::remove, .object = object, .id = ask.parts.at(1)});
}

/// A row by an external id, or the content of one: /sobjects/Attachment/{id}/Body.
Answer read_by_key(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    const auto* field = object == nullptr ? nullptr : object->find(ask.parts.at(2));
    if (field != nullptr && field->type == "base64" && !object->has(ask.parts.at(1))) {
        auto bytes = services.org.content(*object, ask.parts.at(1), *field);
        return bytes ? text_answer(200, std::move(*bytes), "application/octet-stream")
                     : org_error(bytes.error());
    }
    auto found = find_by_key(services, ask);
    return found.object == nullptr ? std::move(found.problem)
                                   : print_row(services, ask, *found.object, found.id);
}

Answer upsert_by_key(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    const auto ids = services.org.ids_by_key(*object, ask.parts.at(1), ask.parts.at(2));
    if (!ids) return org_error(ids.error());
    if (has_member(*body, ask.parts.at(1)))
        return api_error(400, "INVALID_FIELD",
                         "The " + ask.parts.at(1) + " field should not be specified in the sobject data.");
    if (ids->size() > 1) return many_found(ask, *object, *ids);
    if (ids->empty() && ask.parameter("updateOnly") == "true") return not_found();
    const Change change{.kind = Change::Kind::upsert,
                        .object = object,
                        .key_field = ask.parts.at(1),
                        .key_value = ask.parts.at(2),
                        .fields = &*body};
    const auto saved = save_one(services, change, saving_of(ask, change.kind));
    return saved ? upserted(ask, *saved) : org_error(saved.error());
}

Answer delete_by_key(Services& services, const Ask& ask) {
    auto found = find_by_key(services, ask);
    if (found.object == nullptr) return std::move(found.problem);
    return save_row(services, ask,
                    Change{.kind = Change::Kind::remove, .object = found.object, .id = found.id});
}

}  // namespace koppla::sandbox
