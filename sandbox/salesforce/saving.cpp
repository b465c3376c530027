#include "sandbox/salesforce/saving.h"

#include <algorithm>
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

}  // namespace

Result<std::vector<SaveResult>> save_planned(Org& org, const std::vector<PlannedSave>& rows,
                                             Atomicity atomicity) {
    std::vector<Change> changes;
    for (const auto& row : rows)
        if (const auto* change = std::get_if<Change>(&row)) changes.push_back(*change);
    const bool is_hopeless = atomicity == Atomicity::all_or_none && std::ranges::any_of(rows, is_refused);
    std::vector<SaveResult> saved;
    if (!is_hopeless && !changes.empty()) saved = TRY(org.save(changes, atomicity));

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
