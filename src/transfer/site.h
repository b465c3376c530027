#pragma once

#include "base/clock.h"
#include "crm/connector.h"
#include "db/database.h"
#include "model/treatment.h"

#include <string>

namespace koppla {

/// Where a transfer works. The references outlive it.
struct TransferSite {
    db::Database& database;
    CrmConnector& connector;
    const Clock& clock;
    std::string account;
    std::string user;      ///< for the audit
    std::string server{};  ///< where the account leads
    model::KeyedHash hash{};
};

}  // namespace koppla
