#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"
#include "sandbox/switches/every_face.h"
#include "sandbox/switches/switches.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

Result<Answer> hide(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto* object = TRY(object_named(services, body.value("object", "")));
    if (const auto where = body.find("where"); where != body.end() && where->is_string()) {
        const auto rows = TRY(services.org.hide_rows(*object, where->get<std::string>()));
        return json_answer(200, Json{{"object", object->name()}, {"rows", rows}});
    }
    std::vector<std::string> fields;
    for (const auto& field : body.value("fields", nlohmann::json::array()))
        fields.push_back(field.is_string() ? field.get<std::string>() : field.dump());
    TRY(services.org.hide(*object, fields));
    return json_answer(200, Json{{"object", object->name()}, {"fields", fields}});
}

Result<Answer> reveal(Services& services, const Ask&) {
    TRY(services.org.reveal());
    return empty_answer(204);
}

}  // namespace koppla::sandbox
