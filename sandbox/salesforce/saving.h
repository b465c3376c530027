#pragma once

#include "sandbox/org/org.h"
#include "sandbox/salesforce/reply.h"

#include <string>
#include <variant>
#include <vector>

namespace koppla::sandbox {

/// One row of a Collections request: a change to make, or why it can't even be tried.
using PlannedSave = std::variant<Change, RowError>;

/// Saves what can be saved, in order, one result each; rows whose parents others hold just then are refused.
/// `all_or_none`: one RowError keeps all from being tried.
Result<std::vector<SaveResult>> save_planned(Services& services, std::vector<PlannedSave> rows,
                                             const Saving& how);
/// The same for one; a row that isn't there is NOT_FOUND.
Result<SaveResult> save_one(Services& services, const Change& change, const Saving& how);

/// What a request's headers say of how its rows are to be saved. [Salesforce: Sforce-Duplicate-Rule-Header,
/// Sforce-Auto-Assign]
Saving saving_of(const Ask& ask, Change::Kind kind, Atomicity atomicity = Atomicity::each_row);

enum class Mention { created, nothing };
/// {"id":…,"success":…,"errors":[{"statusCode",…}]}; for upserts with "created".
Json save_json(const SaveResult& result, Mention mention);

/// The answer for one row that couldn't be saved: an array of its errors.
Answer save_error(const SaveResult& result);

/// The object that an id's prefix stands for; null where the org has none.
const Object* object_of_id(const Org& org, std::string_view id);

}  // namespace koppla::sandbox
