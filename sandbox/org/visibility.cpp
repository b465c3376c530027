#include "sandbox/org/visibility.h"

#include "sandbox/org/state.h"
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

Result<Object> without(const Object& object, const std::set<std::string>& fields,
                       std::int64_t last_modified_ms) {
    auto describe = Json::parse(object.describe_json());
    auto kept = Json::array();
    for (auto& field : describe["fields"])
        if (!fields.contains(name_of(field))) kept.push_back(std::move(field));
    describe["fields"] = std::move(kept);
    auto rest = TRY(Object::from_describe(describe.dump(), last_modified_ms));
    for (const RecordType& type : object.record_types()) rest.limit(type.id, type.only);
    return rest;
}

std::string hidden_table(const Object& object) {
    return soql::quoted_name("hidden_" + object.name());
}

}  // namespace

Visibility::Visibility(const Catalog& everything, std::string global_json)
    : everything_{everything}, global_json_{std::move(global_json)} {
    std::int64_t newest = 0;
    for (const auto& object : everything_.objects()) newest = std::max(newest, object.last_modified_ms());
    state_.with([&](State& state) {
        state.views.push_back(std::make_unique<View>(View{everything_, global_json_, newest}));
        current_ = state.views.back().get();
    });
}

Result<Visibility::View> Visibility::view(const Settings& settings) const {
    std::vector<Object> objects;
    auto global = Json::parse(global_json_);
    std::int64_t newest = 0;
    for (const auto& object : everything_.objects()) {
        const auto rule = settings.hidden.find(lower_case(object.name()));
        const auto changed = settings.changed.find(lower_case(object.name()));
        const auto at = changed == settings.changed.end() ? object.last_modified_ms() : changed->second;
        newest = std::max(newest, at);
        if (rule == settings.hidden.end()) {
            objects.push_back(object.modified_at(at));
        } else if (!rule->second.empty()) {
            objects.push_back(TRY(without(object, rule->second, at)));
        } else {
            global.erase(std::remove_if(global.begin(), global.end(),
                                        [&](const Json& entry) { return name_of(entry) == rule->first; }),
                         global.end());
        }
    }
    return View{Catalog{std::move(objects)}, global.dump(), newest};
}

/// Dates of HTTP have whole seconds: a change in the same second as the one before counts as the next one's,
/// or a caller who has asked in between would not learn of it.
std::int64_t Visibility::stamp(std::int64_t now_ms) const {
    constexpr std::int64_t second_ms = 1'000;
    return std::max(now_ms, (last_modified_ms() / second_ms + 1) * second_ms);
}

Result<void> Visibility::show(State& state, Settings settings, const Keep& keep) {
    auto fresh = std::make_unique<View>(TRY(view(settings)));
    TRY(keep(Json{{"hidden", settings.hidden}, {"changed", settings.changed}}.dump()));
    state.views.push_back(std::move(fresh));
    state.settings = std::move(settings);
    current_ = state.views.back().get();
    return {};
}

Result<void> Visibility::hide(const Object& object, std::span<const std::string> fields, std::int64_t now_ms,
                              const Keep& keep) {
    for (const auto& name : fields) {
        const auto* field = object.find(name);
        if (field == nullptr || field->type == "id")
            return error(ErrorKind::invalid,
                         fmt::format("{} can't be hidden: {} has no such field, or can't do without it", name,
                                     object.name()),
                         "INVALID_FIELD");
    }
    return state_.with([&](State& state) -> Result<void> {
        auto settings = state.settings;
        auto& rule = settings.hidden[lower_case(object.name())];
        if (fields.empty()) rule.clear();
        for (const auto& name : fields) rule.insert(lower_case(name));
        settings.changed[lower_case(object.name())] = stamp(now_ms);
        return show(state, std::move(settings), keep);
    });
}

Result<void> Visibility::reveal(std::int64_t now_ms, const Keep& keep) {
    return state_.with([&](State& state) -> Result<void> {
        auto settings = state.settings;
        for (const auto& [object, fields] : settings.hidden) settings.changed[object] = stamp(now_ms);
        settings.hidden.clear();
        return show(state, std::move(settings), keep);
    });
}

Result<void> Visibility::restore(std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("hidden") || !json.contains("changed"))
        return error(ErrorKind::corrupt, "the state's hidden fields can't be read");
    Settings settings{.hidden = json["hidden"].get<decltype(Settings::hidden)>(),
                      .changed = json["changed"].get<decltype(Settings::changed)>()};
    return state_.with([&](State& state) -> Result<void> {
        return show(state, std::move(settings), [](std::string_view) { return Result<void>{}; });
    });
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
        // Their old places in the table may have gone to rows made since: they get new ones.
        std::string columns;
        for (const auto* field : stored_fields(object))
            columns += (columns.empty() ? "" : ", ") + soql::quoted_name(field->name);
        TRY(transaction.execute(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", soql::table_sql(object),
                                            columns, columns, hidden_table(object))));
        TRY(transaction.execute(fmt::format("DROP TABLE {}", hidden_table(object))));
    }
    return {};
}

}  // namespace koppla::sandbox
