#include "sandbox/salesforce/reply.h"
#include "sandbox/salesforce/saving.h"
#include "sandbox/services.h"
#include "sandbox/switches/every_face.h"
#include "sandbox/switches/switches.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

std::string text(const nlohmann::json& body, const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> texts(const nlohmann::json& body, const char* name) {
    std::vector<std::string> list;
    for (const auto& item : body.value(name, nlohmann::json::array()))
        if (item.is_string()) list.push_back(item.get<std::string>());
    return list;
}

}  // namespace

Result<Answer> purge_bin(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto age = std::chrono::seconds{TRY(number(body, "age_seconds", 0))};
    const auto name = text(body, "object");
    const auto* only = name.empty() ? nullptr : TRY(object_named(services, name));
    auto purged = Json::object();
    for (const auto& object : services.org.objects()) {
        if (only != nullptr && &object != only) continue;
        const auto rows = TRY(services.org.purge(object, services.clock.now() - age));
        if (rows > 0) purged[object.name()] = rows;
    }
    return json_answer(200, Json{{"purged", purged}});
}

Result<Answer> undelete_rows(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto* object = TRY(object_named(services, text(body, "object")));
    auto list = Json::array();
    for (const auto& result : TRY(services.org.undelete(*object, texts(body, "ids"))))
        list.push_back(save_json(result, Mention::nothing));
    return json_answer(200, Json{{"results", list}});
}

Result<Answer> merge_records(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto* object = TRY(object_named(services, text(body, "object")));
    const auto result = TRY(services.org.merge(*object, text(body, "winner"), texts(body, "losers")));
    if (!result.errors.empty())
        return error(ErrorKind::invalid, result.errors.front().message, result.errors.front().status_code);
    return json_answer(
        200, Json{{"id", result.id}, {"merged", result.merged}, {"updated_related", result.updated_related}});
}

}  // namespace koppla::sandbox
