#pragma once

#include "base/clock.h"
#include "crm/salesforce/session.h"
#include "crm/writing.h"

#include <cstdint>
#include <memory>

namespace koppla::salesforce {

/// Checks a request and makes what writes it: by requests of some rows, or as bulk jobs. Both outlive it.
Result<std::unique_ptr<RecordWriter>> record_writer(Session& session, const Clock& clock,
                                                    const WriteRequest& request, std::int64_t rows);

}  // namespace koppla::salesforce
