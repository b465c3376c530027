#pragma once

#include "base/clock.h"
#include "crm/connector.h"
#include "crm/salesforce/query.h"
#include "crm/salesforce/session.h"

namespace koppla::salesforce {

/// Reads a request as a bulk job: from a position of stage job_wanted makes the job, which is the next part;
/// from one of stage job waits for it and streams its result pages. A stop while the job is worked on aborts
/// it. A finished job is left to Salesforce, which drops it after seven days: deleting it would be a charged
/// call. [Salesforce: Bulk API 2.0, Query]
Result<PartEnd> read_bulk(Session& session, const Clock& clock, const ReadRequest& request,
                          const Position& position, std::int64_t rows, BatchSink& sink, const Call& call);

}  // namespace koppla::salesforce
