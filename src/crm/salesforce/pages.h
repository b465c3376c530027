#pragma once

#include "crm/connector.h"
#include "crm/salesforce/allowance.h"
#include "crm/salesforce/query.h"
#include "crm/salesforce/session.h"

namespace koppla::salesforce {

/// Reads a request page by page over REST, from a position of stage automatic, pages or page. Where the
/// position is automatic and the first answer tells of more rows than pages are good for, or the query is one
/// that pages can't carry, nothing is handed over and the bulk part follows. When the first answer tells the
/// size, the calls to come are held against the allowance. [Salesforce: REST API, QueryAll]
Result<PartEnd> read_pages(Session& session, const Allowance& allowance, const ReadRequest& request,
                           const Position& position, std::int64_t rows, BatchSink& sink, const Call& call);

/// The columns of a request that hold ids.
std::vector<std::size_t> id_columns(const ReadRequest& request);

}  // namespace koppla::salesforce
