#pragma once

#include "base/result.h"
#include "sandbox/soql/syntax/ast.h"

#include <string_view>

namespace koppla::sandbox::soql {

/// Reads one SELECT. Pure; nesting is bounded. Errors are MALFORMED_QUERY. [Salesforce: SOQL SELECT Syntax]
Result<Query> parse(std::string_view soql);

}  // namespace koppla::sandbox::soql
