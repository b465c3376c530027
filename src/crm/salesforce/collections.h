#pragma once

#include "crm/salesforce/session.h"
#include "crm/salesforce/write_form.h"
#include "crm/writing.h"

namespace koppla::salesforce {

/// Writes rows by requests of 200 at most, each row for itself. Answers have no more than the rows' order to
/// join them by, which one request keeps. [Salesforce: REST API, sObject Collections]
Result<void> write_collections(Session& session, const WriteForm& form, RowSource& rows, WriteSink& sink,
                               const Call& call);

}  // namespace koppla::salesforce
