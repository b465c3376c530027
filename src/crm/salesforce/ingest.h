#pragma once

#include "base/clock.h"
#include "crm/salesforce/session.h"
#include "crm/salesforce/write_form.h"
#include "crm/writing.h"

#include <string_view>

namespace koppla::salesforce {

/// Writes a shipment as an ingest job: makes it, uploads the rows, lets it run, waits, and reads what became
/// of each row; with the id of an earlier job, goes on with that one from wherever it is. A job that is being
/// waited for when the call ends is left running. Rows of a job that was ended from outside, or by
/// Salesforce, are postponed where it never came to them, or refused where its file was. It is the end only
/// when the rows that are told of are those that were sent. [Salesforce: Bulk API 2.0, Ingest]
Result<void> write_job(Session& session, const Clock& clock, const WriteForm& form, RowSource& rows,
                       std::string_view reference, WriteSink& sink, const Call& call);

}  // namespace koppla::salesforce
