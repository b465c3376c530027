#pragma once

#include "base/clock.h"
#include "sandbox/org/catalog.h"
#include "sandbox/soql/plan.h"
#include "sandbox/soql/syntax/ast.h"

#include <string_view>

namespace koppla::sandbox::soql {

struct CompileOptions {
    std::string_view soql;  ///< the text that the query was read from, for messages
    Rows rows = Rows::live;
    Instant now{};          ///< what date literals are relative to
    std::string_view base;  ///< of attributes.url
};

/// Looks up every name of a query and turns it into SQL over the state; values are bound, never pasted. Pure.
Result<Plan> compile(const Catalog& catalog, const Query& query, const CompileOptions& options);

}  // namespace koppla::sandbox::soql
