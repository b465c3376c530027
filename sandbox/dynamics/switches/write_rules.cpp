#include "sandbox/dynamics/switches/write_rules.h"

#include "sandbox/switches/every_face.h"
#include "sandbox/web/answer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

Result<const Table*> table_in(const Catalog& catalog, const nlohmann::json& body) {
    const auto name = body.value("object", body.value("table", std::string{}));
    const Table* table = catalog.find(name);
    if (table != nullptr) return table;
    return error(ErrorKind::invalid, fmt::format("The Dynamics org has no table '{}'", name));
}

/// {"object":"contact","fields":["emailaddress1"]}: a rule is published; without fields it is taken back.
Result<Answer> set_rule(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto catalog = services.org.catalog();
    const auto* table = TRY(table_in(*catalog, body));
    std::vector<std::string> fields;
    for (const auto& field : body.value("fields", nlohmann::json::array())) {
        auto name = field.is_string() ? field.get<std::string>() : field.dump();
        const auto* attribute = table->find(name);
        if (attribute == nullptr || !attribute->is_stored())
            return error(ErrorKind::invalid, fmt::format("'{}' has no column '{}'", table->name(), name));
        fields.push_back(std::move(name));
    }
    if (!fields.empty()) TRY(services.org.index(*table, fields));
    services.duplicates.publish(table->name(), fields);
    return json_answer(200, Json{{"object", table->name()}, {"fields", fields}});
}

Answer clear_rules(Services& services, const sandbox::Ask&) {
    services.duplicates.clear();
    return empty_answer(204);
}

/// {"object":"contact","key":"new_externalkey","status":"Failed"}
Result<Answer> set_key(Services& services, const sandbox::Ask& ask) {
    static constexpr std::array<std::string_view, 4> states{"Pending", "InProgress", "Active", "Failed"};
    const auto body = TRY(settings(ask));
    const auto catalog = services.org.catalog();
    const auto* table = TRY(table_in(*catalog, body));
    const auto key = body.value("key", std::string{});
    const auto status = body.value("status", std::string{"Failed"});
    const auto* found = std::ranges::find(states, status);
    if (found == states.end())
        return error(ErrorKind::invalid, fmt::format("A key's index is never '{}'", status));
    TRY(services.org.set_index(*table, key, static_cast<IndexState>(found - states.begin())));
    return json_answer(200, Json{{"object", table->name()}, {"key", key}, {"status", status}});
}

using Switch = RouteTo<Services>;
constexpr std::array table{
    Switch{"POST", "/sandbox/duplicates", checked<Services, set_rule>},
    Switch{"DELETE", "/sandbox/duplicates", clear_rules},
    Switch{"POST", "/sandbox/keys", checked<Services, set_key>},
};

}  // namespace

std::span<const RouteTo<Services>> write_rule_switches() {
    return table;
}

}  // namespace koppla::sandbox::dynamics
