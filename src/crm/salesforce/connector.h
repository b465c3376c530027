#pragma once

#include "crm/account_type.h"

namespace koppla::salesforce {

/// Salesforce: its settings, and how to connect. [Salesforce: REST API and Bulk API 2.0, v49 to v68]
extern const AccountType account_type;

}  // namespace koppla::salesforce
