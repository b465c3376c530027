#pragma once

#include "crm/account_type.h"

namespace koppla::salesforce {

/// Begins a login in a browser. [Salesforce: OAuth 2.0 Web Server Flow] `invalid` for an account that logs in
/// another way.
Result<PersonLogin> log_in_by_person(const ConnectorParts& parts, const Call& call);

}  // namespace koppla::salesforce
