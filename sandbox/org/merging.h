#pragma once

#include "sandbox/org/catalog.h"
#include "sandbox/org/state.h"
#include "sandbox/org/writer.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

/// Gives everything that points to `losers` to the winner and puts them into the recycle bin, with
/// MasterRecordId. With an error in the result nothing may be committed. [Salesforce: SOAP API, merge()]
Result<MergeResult> merge_rows(Writer& writer, State& state, const Catalog& catalog, const Object& object,
                               std::string_view winner, std::span<const std::string> losers);

}  // namespace koppla::sandbox
