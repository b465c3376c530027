#pragma once

#include "sandbox/soql/syntax/token_reader.h"

namespace koppla::sandbox::soql {

/// What follows WHERE or HAVING: terms joined by AND, or by OR; both in one row need parentheses.
Result<Condition> parse_condition(TokenReader& tokens);

/// A query within a query, from its SELECT up to the bracket that ends it.
Result<Query> parse_inner(TokenReader& tokens);

}  // namespace koppla::sandbox::soql
