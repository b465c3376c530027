#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/handlers.h"
#include "sandbox/odata/pages.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

Result<odata::Query> query_of(Services& services, const Ask& ask, const Table& table) {
    const auto& identity = services.org.identity();
    return odata::Query{.org = services.org,
                        .ask = ask,
                        .table = table,
                        .options = TRY(odata::Options::of(ask.query)),
                        .viewer = {.now = services.clock.now(),
                                   .user_id = identity.user_id,
                                   .business_unit_id = identity.business_unit_id},
                        .page_rows_max = services.page_rows_max};
}

Result<std::string> page(const odata::Query& query) {
    if (query.options.apply) return read_groups(query);
    return query.options.delta_token ? read_changes(query) : read_page(query);
}

/// The table names of EntityNames=['account','contact'], which may stand behind an alias.
std::vector<std::string> entity_names(const Ask& ask) {
    auto literal = std::string{ask.segments.at(0).literal("EntityNames")};
    if (literal.starts_with('@')) literal = ask.option(literal).value_or("");
    std::vector<std::string> names;
    std::size_t begin = 0;
    while ((begin = literal.find_first_of("'\"", begin)) != std::string::npos) {
        const auto end = literal.find(literal[begin], begin + 1);
        if (end == std::string::npos) break;
        names.push_back(literal.substr(begin + 1, end - begin - 1));
        begin = end + 1;
    }
    return names;
}

}  // namespace

Answer query_set(Services& services, const Ask& ask, const Table& table) {
    const auto query = query_of(services, ask, table);
    if (!query) return failure(query.error());
    auto json = page(*query);
    if (!json) return failure(json.error());
    auto answered = answer(200, std::move(*json));
    if (const auto applied = ask.preferences.applied(); !applied.empty())
        answered.response.headers.set("Preference-Applied", applied);
    return answered;
}

Answer count_set(Services& services, const Ask& ask, const Table& table) {
    const auto query = query_of(services, ask, table);
    if (!query) return failure(query.error());
    const auto rows = count(*query);
    if (!rows) return failure(rows.error());
    auto answered = answer(200, std::string{byte_order_mark} + std::to_string(*rows));
    answered.response.headers.set("Content-Type", "text/plain");
    return answered;
}

Answer total_record_count(Services& services, const Ask& ask) {
    auto names = Json::array();
    auto counts = Json::array();
    for (const auto& name : entity_names(ask)) {
        const auto* table = ask.catalog->find(name);
        if (table == nullptr) return failure(404, "0x80040217", "Could not find an entity with name " + name);
        const auto rows = services.org.row_count(*table);
        if (!rows) return failure(rows.error());
        names.push_back(name);
        counts.push_back(*rows);
    }
    return answer(
        200,
        Json{{"@odata.context", ask.context() + "Microsoft.Dynamics.CRM.RetrieveTotalRecordCountResponse"},
             {"EntityRecordCountCollection",
              {{"Count", counts.size()}, {"IsReadOnly", false}, {"Keys", names}, {"Values", counts}}}});
}

}  // namespace koppla::sandbox::dynamics
