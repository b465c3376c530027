#pragma once

#include "crm/connector.h"
#include "crm/dynamics/session.h"

namespace koppla::dynamics {

/// How a request is read. All there is of a large table is cut into stretches of time in which its records
/// were created, which never changes; what else there is to read comes page by page. The number of records
/// costs a request, and the stretches two more. [Dataverse: Web API, RetrieveTotalRecordCount]
Result<ReadPlan> read_plan(Session& session, const ReadRequest& request, const Call& call);

/// Reads a part of it. A feed's mark is the value of its delta link's $deltatoken.
/// [Dataverse: Web API, query data; change tracking]
Result<PartEnd> read_part(Session& session, const ReadRequest& request, const Part& part, BatchSink& sink,
                          const Call& call);

}  // namespace koppla::dynamics
