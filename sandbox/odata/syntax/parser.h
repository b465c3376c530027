#pragma once

#include "base/result.h"
#include "sandbox/odata/syntax/ast.h"
#include "sandbox/odata/syntax/reader.h"

#include <string_view>
#include <vector>

namespace koppla::sandbox::odata {

// The system query options' values, decoded, as trees. Errors are in the service's words.

Result<Condition> parse_filter(std::string_view text, const Aliases& aliases);
Result<std::vector<std::string>> parse_select(std::string_view text);
Result<std::vector<Ordering>> parse_order(std::string_view text, const Aliases& aliases);
Result<std::vector<Expansion>> parse_expand(std::string_view text);
Result<Apply> parse_apply(std::string_view text, const Aliases& aliases);

/// A condition that other text follows.
Result<Condition> read_condition(Reader& reader);

}  // namespace koppla::sandbox::odata
