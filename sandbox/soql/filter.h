#pragma once

#include "base/result.h"
#include "sandbox/soql/scope.h"
#include "sandbox/soql/syntax/ast.h"

#include <chrono>
#include <string>

namespace koppla::sandbox::soql {

/// A WHERE clause as SQL over the state, its values bound. Two-valued as the vendor's: a comparison with a
/// missing value is false, `!=` and NOT IN are true. Text is compared without regard to case; beyond ASCII
/// the state compares exactly. Type errors are INVALID_FIELD or INVALID_QUERY_FILTER_OPERATOR.
Result<std::string> filter_sql(Scope& scope, const Condition& condition, std::chrono::sys_days today);

/// The same for HAVING, where aggregates may stand.
Result<std::string> having_sql(Scope& scope, const Condition& condition, std::chrono::sys_days today);

}  // namespace koppla::sandbox::soql
