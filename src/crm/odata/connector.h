#pragma once

#include "crm/account_type.h"

namespace koppla::odata {

/// Any service of OData 4.0, read only: its settings, and how to connect. [OData Protocol 4.0]
extern const AccountType account_type;

}  // namespace koppla::odata
