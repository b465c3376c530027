#pragma once

#include "base/result.h"
#include "sandbox/odata/sql/binder.h"
#include "sandbox/odata/sql/place.h"
#include "sandbox/odata/syntax/ast.h"
#include "sandbox/odata/viewer.h"

#include <string>

namespace koppla::sandbox::odata {

/// A condition on a row as SQL. What can't be compared, because a value is missing, is false; what negates
/// it is true: `ne` finds rows without a value, as on the service. Text compares without case.
Result<std::string> filter_sql(const Place& place, const Condition& condition, const Viewer& viewer,
                               Binder& binder);

/// "Microsoft.Dynamics.CRM.…" as SQL. [Dataverse: Web API query function reference]
Result<std::string> query_function_sql(const Column& column, const QueryFunction& function,
                                       const Viewer& viewer, Binder& binder);

/// That a text column is like a pattern with the service's wildcards %, _ and [].
std::string like_sql(const std::string& column, const std::string& pattern, Binder& binder);

/// `x IN (…)` of a column, over values of its own form.
Result<std::string> in_sql(const Column& column, const std::vector<std::string>& values, Binder& binder);

}  // namespace koppla::sandbox::odata
