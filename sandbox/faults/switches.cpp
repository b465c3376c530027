#include "sandbox/faults/switches.h"

#include "sandbox/switches/every_face.h"
#include "sandbox/web/answer.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

Error wrong(std::string message) {
    return error(ErrorKind::invalid, std::move(message));
}

Result<std::vector<Fault>> read_list(const nlohmann::json& list, const char* name,
                                     std::string_view usual_match) {
    if (!list.is_array()) return wrong("'" + std::string{name} + "' has to be an array of faults");
    std::vector<Fault> faults;
    for (const auto& one : list)
        faults.push_back(TRY(read_fault(one.is_string() ? nlohmann::json{{"kind", one}} : one, usual_match)));
    return faults;
}

Result<FaultPlan> read_plan(const nlohmann::json& json, std::string_view usual_match) {
    if (!json.is_object()) return wrong("'plan' has to be an object");
    const auto seed = json.value("seed", nlohmann::json(1));
    const auto rate = json.value("rate", nlohmann::json(0));
    if (!seed.is_number_integer()) return wrong("the plan's 'seed' has to be a whole number");
    if (!rate.is_number() || rate.get<double>() < 0 || rate.get<double>() > 1)
        return wrong("the plan's 'rate' has to be a number from 0 to 1");
    FaultPlan plan{
        .seed = seed.get<std::uint64_t>(),
        .rate = rate.get<double>(),
        .faults = TRY(read_list(json.value("kinds", nlohmann::json::array()), "kinds", usual_match))};
    if (const auto times = json.find("times"); times != json.end()) {
        if (!times->is_number_integer() || times->get<std::int64_t>() < 0)
            return wrong("the plan's 'times' has to be a whole number, 0 or more");
        plan.times = times->get<std::int64_t>();
    }
    return plan;
}

Json list_json(const std::vector<Fault>& faults) {
    auto list = Json::array();
    for (const auto& fault : faults) list.push_back(fault_json(fault));
    return list;
}

Json plan_json(const FaultPlan& plan) {
    Json json{{"seed", plan.seed}, {"rate", plan.rate}, {"kinds", list_json(plan.faults)}};
    if (plan.times) json["times"] = *plan.times;
    return json;
}

}  // namespace

Answer get_faults(Surface& surface, const Ask&) {
    const auto now = surface.faults.figures();
    auto done = Json::array();
    for (const auto& record : now.done)
        done.push_back(Json{{"kind", fault_name(record.fault.kind)},
                            {"time", format_instant(record.time)},
                            {"method", record.method},
                            {"path", record.target},
                            {"struck", record.struck}});
    return json_answer(200, Json{{"next", list_json(now.next)},
                                 {"plan", now.plan ? plan_json(*now.plan) : Json{}},
                                 {"done", done}});
}

Result<Answer> post_faults(Surface& surface, const Ask& ask) {
    const auto body = TRY(settings(ask));
    for (const auto& member : body.items())
        if (member.key() != "next" && member.key() != "plan")
            return wrong("faults are given as 'next' or as 'plan', not as '" + member.key() + "'");
    auto next = TRY(read_list(body.value("next", nlohmann::json::array()), "next", surface.data_paths));
    if (body.contains("plan")) surface.faults.set_plan(TRY(read_plan(body["plan"], surface.data_paths)));
    surface.faults.add(std::move(next));
    return get_faults(surface, ask);
}

Answer delete_faults(Surface& surface, const Ask&) {
    surface.faults.clear();
    return empty_answer(204);
}

}  // namespace koppla::sandbox
