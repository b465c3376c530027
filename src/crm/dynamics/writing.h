#pragma once

#include "crm/dynamics/session.h"
#include "crm/writing.h"

#include <cstdint>
#include <memory>

namespace koppla::dynamics {

/// How records are written: in batches of single operations, each with an outcome of its own, whose records
/// are named by their key. So a batch whose outcome isn't known may be sent again: an insert under an
/// identifier that we made finds its own record, an update or upsert says the same again, and a record that
/// is gone already is deleted. Asks for relationships and keys where lookups or an alternate key need them:
/// one request. The session outlives the writer. [Dataverse: Execute batch operations; Upsert a table row]
Result<std::unique_ptr<RecordWriter>> record_writer(Session& session, const WriteRequest& request,
                                                    std::int64_t rows, const Call& call);

}  // namespace koppla::dynamics
