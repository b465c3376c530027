#pragma once

#include "crm/account_type.h"

namespace koppla::dynamics {

/// Microsoft Dynamics 365 and whatever else stands on Dataverse: its settings, and how to connect.
/// [Dataverse: Web API 9.2]
extern const AccountType account_type;

}  // namespace koppla::dynamics
