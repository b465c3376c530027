#include "sandbox/salesforce/soap_records.h"

#include "sandbox/salesforce/saving.h"
#include "sandbox/services.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::size_t ids_max = 200;

std::string errors_markup(const std::vector<RowError>& errors) {
    std::string text;
    for (const auto& problem : errors) {
        text += "<errors>";
        for (const auto& field : problem.fields) text += markup_element("fields", field);
        text += markup_element("message", problem.message) +
                markup_element("statusCode", problem.status_code) + "</errors>";
    }
    return text;
}

std::string success_markup(const std::vector<RowError>& errors) {
    return markup_element("success", errors.empty() ? "true" : "false");
}

Result<SaveResult> undelete_one(Services& services, const std::string& id) {
    const auto* object = object_of_id(services.org, id);
    if (object == nullptr)
        return SaveResult{.id = {},
                          .created = false,
                          .errors = {RowError{
                              .status_code = "MALFORMED_ID", .message = "malformed id " + id, .fields = {}}}};
    return TRY(services.org.undelete(*object, std::span{&id, 1})).front();
}

/// What the surviving record is to be changed to.
nlohmann::json changes_of(const Envelope& envelope) {
    auto record = nlohmann::json::object();
    for (const auto& [name, text] : envelope.below("request/masterRecord"))
        if (name != "type" && name != "Id") record[name] = text;
    return record;
}

std::string merge_markup(const MergeResult& result) {
    std::string text = "<mergeResponse><result>" + errors_markup(result.errors);
    text += markup_element("id", result.id);
    for (const auto& id : result.merged) text += markup_element("mergedRecordIds", id);
    text += success_markup(result.errors);
    for (const auto& id : result.updated_related) text += markup_element("updatedRelatedIds", id);
    return text + "</result></mergeResponse>";
}

}  // namespace

Result<std::string> soap_undelete(Services& services, const Envelope& envelope) {
    const auto ids = envelope.all("ids");
    if (ids.size() > ids_max)
        return error(ErrorKind::invalid, "undelete takes at most 200 ids", "EXCEEDED_ID_LIMIT");
    std::string text = "<undeleteResponse>";
    for (const auto& id : ids) {
        const auto result = TRY(undelete_one(services, id));
        text += "<result>" + errors_markup(result.errors) + markup_element("id", result.id) +
                success_markup(result.errors) + "</result>";
    }
    return text + "</undeleteResponse>";
}

Result<std::string> soap_merge(Services& services, const Envelope& envelope) {
    const auto winners = envelope.all("request/masterRecord/Id");
    if (winners.size() != 1)
        return error(ErrorKind::invalid, "merge takes one request with one masterRecord here",
                     "INVALID_OPERATION");
    const auto* object = object_of_id(services.org, winners.front());
    if (object == nullptr)
        return error(ErrorKind::invalid, "malformed id " + winners.front(), "MALFORMED_ID");
    const auto changes = changes_of(envelope);
    auto merged = TRY(services.org.merge(*object, winners.front(), envelope.all("request/recordToMergeIds")));
    if (merged.errors.empty() && !changes.empty()) {
        auto saved = TRY(services.org.save(Change{.kind = Change::Kind::update,
                                                  .object = object,
                                                  .id = winners.front(),
                                                  .fields = &changes,
                                                  .form = Change::Form::cells}));
        merged.errors = std::move(saved.errors);
    }
    return merge_markup(merged);
}

}  // namespace koppla::sandbox
