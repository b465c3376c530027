#include "sandbox/org/visibility.h"

#include "sandbox/soql/scope.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(const Json& entry) {
    return lower_case(entry.value("name", ""));
}

Result<Object> without(const Object& object, const std::set<std::string>& fields, std::int64_t now_ms) {
    auto describe = Json::parse(object.describe_json());
    auto kept = Json::array();
    for (auto& field : describe["fields"])
        if (!fields.contains(name_of(field))) kept.push_back(std::move(field));
    describe["fields"] = std::move(kept);
    return Object::from_describe(describe.dump(), now_ms);
}

std::string hidden_table(const Object& object) {
    return soql::quoted_name("hidden_" + object.name());
}

}  // namespace

Visibility::Visibility(const Catalog& everything, std::string global_json)
    : everything_{everything}, global_json_{std::move(global_json)} {
    state_.with([&](State& state) {
        state.views.push_back(std::make_unique<View>(View{everything_, global_json_}));
        current_ = state.views.back().get();
    });
}

Result<Visibility::View> Visibility::view(const Hidden& hidden, std::int64_t now_ms) const {
    std::vector<Object> objects;
    auto global = Json::parse(global_json_);
    for (const auto& object : everything_.objects()) {
        const auto rule = hidden.find(lower_case(object.name()));
        if (rule == hidden.end()) {
            objects.push_back(object);
        } else if (!rule->second.empty()) {
            objects.push_back(TRY(without(object, rule->second, now_ms)));
        } else {
            global.erase(std::remove_if(global.begin(), global.end(),
                                        [&](const Json& entry) { return name_of(entry) == rule->first; }),
                         global.end());
        }
    }
    return View{Catalog{std::move(objects)}, global.dump()};
}

Result<void> Visibility::show(State& state, Hidden hidden, std::int64_t now_ms) {
    state.views.push_back(std::make_unique<View>(TRY(view(hidden, now_ms))));
    state.hidden = std::move(hidden);
    current_ = state.views.back().get();
    return {};
}

Result<void> Visibility::hide(const Object& object, std::span<const std::string> fields,
                              std::int64_t now_ms) {
    for (const auto& name : fields) {
        const auto* field = object.find(name);
        if (field == nullptr || field->type == "id")
            return error(ErrorKind::invalid,
                         fmt::format("{} can't be hidden: {} has no such field, or can't do without it", name,
                                     object.name()),
                         "INVALID_FIELD");
    }
    return state_.with([&](State& state) -> Result<void> {
        auto hidden = state.hidden;
        auto& rule = hidden[lower_case(object.name())];
        if (fields.empty()) rule.clear();
        for (const auto& name : fields) rule.insert(lower_case(name));
        return show(state, std::move(hidden), now_ms);
    });
}

void Visibility::reveal(std::int64_t now_ms) {
    state_.with([&](State& state) { (void)show(state, {}, now_ms); });
}

std::string Visibility::settings() {
    return state_.with([](const State& state) { return Json(state.hidden).dump(); });
}

Result<void> Visibility::restore(std::string_view settings, std::int64_t now_ms) {
    const auto json = Json::parse(settings, nullptr, false);
    if (!json.is_object()) return error(ErrorKind::corrupt, "the state's hidden fields can't be read");
    return state_.with([&](State& state) -> Result<void> { return show(state, json.get<Hidden>(), now_ms); });
}

Result<void> hide_rows(db::Transaction& transaction, const Object& object, std::span<const std::string> ids) {
    const auto table = soql::table_sql(object);
    const auto list = Json(std::vector<std::string>{ids.begin(), ids.end()}).dump();
    TRY(transaction.execute(fmt::format("CREATE TABLE IF NOT EXISTS {} AS SELECT * FROM {} WHERE 0",
                                        hidden_table(object), table)));
    TRY(transaction.execute(
        fmt::format("INSERT INTO {} SELECT * FROM {} WHERE \"Id\" IN (SELECT value FROM json_each($1))",
                    hidden_table(object), table),
        {std::string_view{list}}));
    TRY(transaction.execute(
        fmt::format("DELETE FROM {} WHERE \"Id\" IN (SELECT value FROM json_each($1))", table),
        {std::string_view{list}}));
    return {};
}

Result<void> reveal_rows(db::Transaction& transaction, const Catalog& catalog) {
    for (const auto& object : catalog.objects()) {
        TRY(transaction.execute(fmt::format("CREATE TABLE IF NOT EXISTS {} AS SELECT * FROM {} WHERE 0",
                                            hidden_table(object), soql::table_sql(object))));
        TRY(transaction.execute(
            fmt::format("INSERT INTO {} SELECT * FROM {}", soql::table_sql(object), hidden_table(object))));
        TRY(transaction.execute(fmt::format("DROP TABLE {}", hidden_table(object))));
    }
    return {};
}

}  // namespace koppla::sandbox
