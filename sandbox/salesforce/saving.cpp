#include "sandbox/salesforce/saving.h"

#include "sandbox/services.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

RowError rolled_back() {
    return RowError{.status_code = "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                    .message =
                        "Record rolled back because not all records were valid and the request was using "
                        "AllOrNone header",
                    .fields = {}};
}

bool is_refused(const PlannedSave& row) {
    return std::holds_alternative<RowError>(row);
}

std::vector<std::string> parents_of(const PlannedSave& row) {
    const auto* change = std::get_if<Change>(&row);
    if (change == nullptr || change->fields == nullptr) return {};
    return parent_keys(*change->object, *change->fields);
}

/// Works on the rows' parents until the result is destroyed; makes refusals of rows whose parents somebody
/// else holds.
std::unique_ptr<Locks::Held> take_parents(Locks& locks, std::vector<PlannedSave>& rows) {
    if (!locks.is_on()) return nullptr;
    ParentCounts parents;
    for (const auto& row : rows)
        for (auto& parent : parents_of(row)) parents.insert_or_assign(std::move(parent), 1);
    auto held = std::make_unique<Locks::Held>(locks, parents);
    const auto draw = locks.next_draw();
    std::erase_if(parents, [&](const auto& parent) { return !locks.is_taken(parent.first, draw); });
    std::vector<std::pair<std::size_t, std::vector<std::string>>> refused;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto taken = parents_of(rows[i]);
        std::erase_if(taken, [&](const std::string& parent) { return !parents.contains(parent); });
        if (!taken.empty()) refused.emplace_back(i, std::move(taken));
    }
    for (const auto& [place, taken] : refused)
        rows[place] = lock_error(static_cast<std::int64_t>(refused.size()), taken);
    if (!refused.empty()) locks.count_served(Locks::By::request, static_cast<std::int64_t>(refused.size()));
    return held;
}

}  // namespace

Saving saving_of(const Ask& ask, Change::Kind kind, Atomicity atomicity) {
    Saving how{.atomicity = atomicity};
    const auto duplicates = ask.request.headers.find("Sforce-Duplicate-Rule-Header").value_or("");
    if (lower_case(duplicates).find("allowsave=true") != std::string::npos)
        how.duplicates = Saving::Duplicates::allowed;
    const auto assign = ask.request.headers.find("Sforce-Auto-Assign");
    const bool is_usual = !assign && kind != Change::Kind::update;
    if (is_usual || (assign && equal_words(*assign, "TRUE")))
        how.assignment = "active";
    else if (assign && !equal_words(*assign, "FALSE"))
        how.assignment = std::string{*assign};
    return how;
}

Result<SaveResult> save_one(Services& services, const Change& change, const Saving& how) {
    std::vector<PlannedSave> rows{change};
    const auto held = take_parents(services.locks, rows);
    if (auto* refusal = std::get_if<RowError>(&rows.front()))
        return SaveResult{.id = {}, .created = false, .errors = {std::move(*refusal)}};
    return services.org.save(change, how);
}

Result<std::vector<SaveResult>> save_planned(Services& services, std::vector<PlannedSave> rows,
                                             const Saving& how) {
    const auto held = take_parents(services.locks, rows);
    std::vector<Change> changes;
    for (const auto& row : rows)
        if (const auto* change = std::get_if<Change>(&row)) changes.push_back(*change);
    const bool is_hopeless = how.atomicity == Atomicity::all_or_none && std::ranges::any_of(rows, is_refused);
    std::vector<SaveResult> saved;
    if (!is_hopeless && !changes.empty()) saved = TRY(services.org.save(changes, how));

    std::vector<SaveResult> results;
    auto next = saved.begin();
    for (const auto& row : rows) {
        if (const auto* refusal = std::get_if<RowError>(&row))
            results.push_back(SaveResult{.id = {}, .created = false, .errors = {*refusal}});
        else if (is_hopeless)
            results.push_back(
                SaveResult{.id = std::get<Change>(row).id, .created = false, .errors = {rolled_back()}});
        else
            results.push_back(std::move(*next++));
    }
    return results;
}

Json save_json(const SaveResult& result, Mention mention) {
    auto errors = Json::array();
    for (const auto& problem : result.errors)
        errors.push_back(Json{
            {"statusCode", problem.status_code}, {"message", problem.message}, {"fields", problem.fields}});
    Json json;
    if (!result.id.empty()) json["id"] = result.id;
    json["success"] = result.success();
    json["errors"] = std::move(errors);
    if (mention == Mention::created && result.success()) json["created"] = result.created;
    return json;
}

Answer save_error(const SaveResult& result) {
    auto list = Json::array();
    int status = 400;
    for (const auto& problem : result.errors) {
        Json one{{"message", problem.message}, {"errorCode", problem.status_code}};
        if (!problem.fields.empty()) one["fields"] = problem.fields;
        list.push_back(std::move(one));
        if (problem.status_code == "NOT_FOUND" || problem.status_code == "ENTITY_IS_DELETED") status = 404;
    }
    return json_answer(status, list);
}

const Object* object_of_id(const Org& org, std::string_view id) {
    const auto object = std::ranges::find(
        org.objects(), id.substr(0, 3), [](const Object& one) { return std::string_view{one.key_prefix()}; });
    return object == org.objects().end() ? nullptr : &*object;
}

}  // namespace koppla::sandbox
