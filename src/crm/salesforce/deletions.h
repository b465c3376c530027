#pragma once

#include "crm/connector.h"
#include "crm/salesforce/allowance.h"
#include "crm/salesforce/session.h"

namespace koppla::salesforce {

/// What CrmConnector::deletions promises, from Salesforce's log of deletions: asked for the whole period, and
/// for half of it where that holds more than Salesforce tells at once. Of records that were merged away the
/// one that lives on is looked up, where the object's schema has MasterRecordId. [Salesforce: REST API,
/// sObject Get Deleted; SOAP API, getDeleted]
Result<Instant> read_deletions(Session& session, const Clock& clock, const Allowance& allowance,
                               const model::ObjectSchema& object, Instant from, Instant until,
                               DeletionSink& sink, const Call& call);

}  // namespace koppla::salesforce
