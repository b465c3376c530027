#pragma once

#include "app/doctor/finding.h"
#include "platform/accounts.h"
#include "platform/store.h"

namespace koppla {

/// Looks at the store: whole, room on its disk, its log, whether somebody holds it, whether every secret
/// opens. Reads the whole file once. An error is the stop of the call.
Result<std::vector<Finding>> check_store(const Store& store, const Call& call);

/// Looks at an account: login, API version, allowance, clock; then its recorded objects as its user sees them
/// now, their local tables, and how old the positions of its imports are.
Result<std::vector<Finding>> check_account(const Store& store, const Account& account, const Clock& clock,
                                           const Call& call);

}  // namespace koppla
