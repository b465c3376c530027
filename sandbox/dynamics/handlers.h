#pragma once

#include "sandbox/dynamics/ask.h"
#include "sandbox/dynamics/services.h"
#include "sandbox/route.h"

namespace koppla::sandbox::dynamics {

/// What answers the resources of the table in routes.cpp; a source file for each group.

// dispatch.cpp
/// Any request below the service root: one of the resources with a name, or an entity set's.
Answer dispatch(Services& services, const Ask& ask);
/// The request as the handlers see it. `target` is a path with query below /api/data/vN.N/, as in a request
/// line or behind the root of an absolute address; 0x8006088a for another.
Result<Ask> asked(Services& services, const http::Request& request);

// about.cpp
Answer service_document(Services& services, const Ask& ask);
Answer who_am_i(Services& services, const Ask& ask);
Answer retrieve_version(Services& services, const Ask& ask);

// metadata
Answer metadata_document(Services& services, const Ask& ask);
Answer entity_definitions(Services& services, const Ask& ask);
Answer global_option_sets(Services& services, const Ask& ask);
Answer relationship_definitions(Services& services, const Ask& ask);
Answer retrieve_metadata_changes(Services& services, const Ask& ask);

// rows.cpp
/// GET of a row, of its properties and of its links.
Answer row(Services& services, const Ask& ask, const Table& table);
/// GET of the rows that point to a row: "accounts(…)/contact_customer_accounts".
Answer row_collection(Services& services, const Ask& ask, const Table& table);

// writes.cpp
/// One write within a transaction that the caller commits: POST to a set or collection, PATCH, PUT and DELETE
/// of a row, property or link. For requests by themselves and for those of a change set.
Answer write(Services& services, Writing& writing, const Ask& ask, const Table& table);

// messages.cpp
/// "accounts/Microsoft.Dynamics.CRM.CreateMultiple" and the like: all of its rows, or none.
bool is_bound_message(const Ask& ask);
Answer bound_message(Services& services, const Ask& ask, const Table& table);
/// One row takes in another, which becomes inactive. [Dataverse: Merge table rows using the Web API]
Answer merge(Services& services, const Ask& ask);

// query
Answer query_set(Services& services, const Ask& ask, const Table& table);
Answer count_set(Services& services, const Ask& ask, const Table& table);
Answer total_record_count(Services& services, const Ask& ask);
Answer batch(Services& services, const Ask& ask);

}  // namespace koppla::sandbox::dynamics
