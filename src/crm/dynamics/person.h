#pragma once

#include "crm/account_type.h"

namespace koppla::dynamics {

/// Begins a login by a person, in a browser or by a code on any device, as 'auth' says. [Entra: OAuth 2.0
/// authorization code flow; device authorization grant] `invalid` for an account that logs in another way.
Result<PersonLogin> log_in_by_person(const ConnectorParts& parts, const Call& call);

}  // namespace koppla::dynamics
