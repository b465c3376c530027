#include "sandbox/org/merging.h"

#include "sandbox/org/identifier.h"
#include "sandbox/org/row_errors.h"

#include <algorithm>

namespace koppla::sandbox {

namespace {

constexpr std::size_t losers_max = 2;

/// Objects that can be merged are those that remember whom they were merged into.
bool can_be_merged(const Object& object) {
    return object.has("MasterRecordId") && object.has("IsDeleted");
}

bool points_to(const Field& field, const Object& object) {
    return field.is_reference() && field.name != "MasterRecordId" &&
           std::find(field.reference_to.begin(), field.reference_to.end(), object.name()) !=
               field.reference_to.end();
}

Result<std::optional<RowError>> problem_of(Writer& writer, const Object& object, std::string_view id) {
    using Problem = std::optional<RowError>;
    const auto normal = normal_id(id);
    if (!normal || !normal->starts_with(object.key_prefix())) return Problem{malformed(object, id)};
    const auto found = TRY(writer.target(object, *normal));
    if (!found.exists) return Problem{not_there()};
    return found.is_deleted ? Problem{deleted()} : Problem{};
}

Result<void> hand_over(Writer& writer, State& state, const Catalog& catalog, const Object& object,
                       const std::string& loser, MergeResult& result) {
    for (const Object& child : catalog.objects()) {
        for (const Field& field : child.fields()) {
            if (!points_to(field, object)) continue;
            for (const std::string& id : TRY(state.ids_pointing_to(child, field, loser))) {
                Values values{{field.name, Value{result.id}}};
                TRY(writer.update(child, id, std::move(values)));
                result.updated_related.push_back(id);
            }
        }
    }
    return {};
}

}  // namespace

Result<MergeResult> merge_rows(Writer& writer, State& state, const Catalog& catalog, const Object& object,
                               std::string_view winner, std::span<const std::string> losers) {
    MergeResult result{.id = normal_id(winner).value_or(std::string{winner})};
    const auto refused = [&](RowError problem) {
        result.errors.push_back(std::move(problem));
        return result;
    };
    if (!can_be_merged(object) || losers.empty() || losers.size() > losers_max)
        return refused({.status_code = "MERGE_FAILED",
                        .message = "one or two records of an account, contact, lead or case can be merged",
                        .fields = {}});
    if (auto problem = TRY(problem_of(writer, object, winner))) return refused(std::move(*problem));
    for (const std::string& id : losers) {
        if (auto problem = TRY(problem_of(writer, object, id))) return refused(std::move(*problem));
        const std::string loser = *normal_id(id);
        if (loser == result.id)
            return refused({.status_code = "MERGE_FAILED",
                            .message = "a record can't be merged with itself",
                            .fields = {}});
        TRY(hand_over(writer, state, catalog, object, loser, result));
        Values master{{"MasterRecordId", Value{result.id}}};
        TRY(writer.update(object, loser, std::move(master)));
        TRY(writer.remove(object, loser));
        result.merged.push_back(loser);
    }
    TRY(writer.update(object, result.id, {}));
    return result;
}

}  // namespace koppla::sandbox
