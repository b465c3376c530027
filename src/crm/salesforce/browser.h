#pragma once

#include "crm/account_type.h"

namespace koppla::salesforce {

/// Begins a login in a browser: authorization code with PKCE, its state and verifier made anew each time.
/// [Salesforce: OAuth 2.0 Web Server Flow; RFC 7636] `invalid` for an account that logs in another way.
Result<std::unique_ptr<BrowserLogin>> log_in_by_browser(ConnectorParts parts);

}  // namespace koppla::salesforce
