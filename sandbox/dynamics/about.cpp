#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/handlers.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::string_view version = "9.2.24112.00189";
constexpr std::string_view type_prefix = "Microsoft.Dynamics.CRM.";

}  // namespace

Answer service_document(Services&, const Ask& ask) {
    auto sets = Json::array();
    for (const Table& table : ask.catalog->tables())
        sets.push_back(Json{{"name", table.set_name()}, {"kind", "EntitySet"}, {"url", table.set_name()}});
    return answer(200, Json{{"@odata.context", ask.root + "$metadata"}, {"value", sets}});
}

Answer who_am_i(Services& services, const Ask& ask) {
    const auto& identity = services.org.identity();
    return answer(200, Json{{"@odata.context", ask.context() + std::string{type_prefix} + "WhoAmIResponse"},
                            {"BusinessUnitId", identity.business_unit_id},
                            {"UserId", identity.user_id},
                            {"OrganizationId", identity.organization_id}});
}

Answer retrieve_version(Services&, const Ask& ask) {
    return answer(
        200, Json{{"@odata.context", ask.context() + std::string{type_prefix} + "RetrieveVersionResponse"},
                  {"Version", version}});
}

}  // namespace koppla::sandbox::dynamics
