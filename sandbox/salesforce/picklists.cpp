#include "sandbox/content/chance.h"
#include "sandbox/org/identifier.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr int first_version = 41;

/// What is asked for; null where there is no such object or record type.
struct Asked {
    Asked(const Services& services, const Ask& ask) : object{services.org.find(ask.parts.at(0))} {
        const auto id = normal_id(ask.parts.at(1));
        if (object == nullptr || !id || ask.version < first_version) return;
        type = object->record_type(*id);
        url = ask.base() + "/ui-api/object-info/" + object->name() + "/picklist-values/" + *id;
    }

    const Object* object;
    const RecordType* type = nullptr;
    std::string url{};
};

bool is_picklist(const Field& field) {
    return field.type == "picklist" || field.type == "multipicklist";
}

/// Controllers' values are told by their places among those that the record type allows. [Salesforce: UI API,
/// Picklist Values; that these places are the record type's own: unconfirmed]
Json values_of(const Field& field, const Asked& asked) {
    auto controllers = Json::object();
    std::vector<std::size_t> places;
    if (const Field* controller = asked.object->find(field.controller)) {
        for (std::size_t place = 0; place < controller->picklist.size(); ++place) {
            const auto& value = controller->picklist[place].value;
            if (!asked.type->allows(controller->name, value)) continue;
            controllers[value] = places.size();
            places.push_back(place);
        }
    }
    auto values = Json::array();
    Json usual;
    for (const PicklistValue& value : field.picklist) {
        if (!value.is_active || !asked.type->allows(field.name, value.value)) continue;
        auto valid_for = Json::array();
        for (std::size_t n = 0; n < places.size(); ++n)
            if (value.is_valid_for(places[n])) valid_for.push_back(n);
        values.push_back(Json{{"attributes", nullptr},
                              {"label", value.label},
                              {"validFor", std::move(valid_for)},
                              {"value", value.value}});
        if (value.is_default) usual = values.back();
    }
    const auto tag = fmt::format("{:032x}", hash_of(controllers.dump() + values.dump()));
    return {{"controllerValues", std::move(controllers)},
            {"defaultValue", std::move(usual)},
            {"eTag", tag},
            {"url", asked.url + "/" + field.name},
            {"values", std::move(values)}};
}

}  // namespace

Answer picklists(Services& services, const Ask& ask) {
    const Asked asked{services, ask};
    if (asked.type == nullptr) return not_found();
    auto all = Json::object();
    for (const Field& field : asked.object->fields())
        if (is_picklist(field)) all[field.name] = values_of(field, asked);
    const auto tag = fmt::format("{:032x}", hash_of(all.dump()));
    return json_answer(200, Json{{"eTag", tag}, {"picklistFieldValues", std::move(all)}});
}

Answer picklist(Services& services, const Ask& ask) {
    const Asked asked{services, ask};
    const Field* field = asked.type == nullptr ? nullptr : asked.object->find(ask.parts.at(2));
    return field != nullptr && is_picklist(*field) ? json_answer(200, values_of(*field, asked)) : not_found();
}

}  // namespace koppla::sandbox
