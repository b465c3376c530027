#pragma once

#include "sandbox/route.h"

namespace koppla::sandbox {

/// What answers each line of the table in routes.cpp; a source file for each group.

// oauth.cpp
Answer oauth_token(Services& services, const Ask& ask);
Answer oauth_userinfo(Services& services, const Ask& ask);
Answer oauth_revoke(Services& services, const Ask& ask);
Answer oauth_introspect(Services& services, const Ask& ask);
Answer identity(Services& services, const Ask& ask);

// authorize.cpp
Answer oauth_authorize(Services& services, const Ask& ask);
Answer oauth_decide(Services& services, const Ask& ask);

// soap.cpp
Answer soap(Services& services, const Ask& ask);

// metadata.cpp
Answer versions(Services& services, const Ask& ask);
Answer resources(Services& services, const Ask& ask);
Answer limits(Services& services, const Ask& ask);
Answer describe_global(Services& services, const Ask& ask);
Answer basic_info(Services& services, const Ask& ask);
Answer describe(Services& services, const Ask& ask);

// picklists.cpp
Answer picklists(Services& services, const Ask& ask);
Answer picklist(Services& services, const Ask& ask);

// query.cpp
Answer query(Services& services, const Ask& ask);
Answer query_all(Services& services, const Ask& ask);
Answer query_more(Services& services, const Ask& ask);

// rows.cpp
Answer create_row(Services& services, const Ask& ask);
Answer read_row(Services& services, const Ask& ask);
Answer update_row(Services& services, const Ask& ask);
Answer delete_row(Services& services, const Ask& ask);
Answer read_by_key(Services& services, const Ask& ask);
Answer upsert_by_key(Services& services, const Ask& ask);
Answer delete_by_key(Services& services, const Ask& ask);

// collections.cpp
Answer create_many(Services& services, const Ask& ask);
Answer update_many(Services& services, const Ask& ask);
Answer upsert_many(Services& services, const Ask& ask);
Answer delete_many(Services& services, const Ask& ask);
Answer read_many(Services& services, const Ask& ask);
Answer read_many_posted(Services& services, const Ask& ask);

// composite.cpp
Answer composite(Services& services, const Ask& ask);

// graph.cpp
Answer composite_graph(Services& services, const Ask& ask);

// batch.cpp
Answer batch(Services& services, const Ask& ask);

// tree.cpp
Answer create_tree(Services& services, const Ask& ask);

// replication.cpp
Answer updated(Services& services, const Ask& ask);
Answer deleted(Services& services, const Ask& ask);

// tooling.cpp
Answer tooling_query(Services& services, const Ask& ask);

// jobs.cpp
Answer create_query_job(Services& services, const Ask& ask);
Answer list_query_jobs(Services& services, const Ask& ask);
Answer query_job(Services& services, const Ask& ask);
Answer change_query_job(Services& services, const Ask& ask);
Answer delete_query_job(Services& services, const Ask& ask);
Answer query_job_results(Services& services, const Ask& ask);
Answer query_job_pages(Services& services, const Ask& ask);

// ingest/ingest.cpp
Answer create_ingest_job(Services& services, const Ask& ask);
Answer list_ingest_jobs(Services& services, const Ask& ask);
Answer ingest_job(Services& services, const Ask& ask);
Answer change_ingest_job(Services& services, const Ask& ask);
Answer delete_ingest_job(Services& services, const Ask& ask);
Answer upload_ingest_data(Services& services, const Ask& ask);
Answer successful_results(Services& services, const Ask& ask);
Answer failed_results(Services& services, const Ask& ask);
Answer unprocessed_records(Services& services, const Ask& ask);

}  // namespace koppla::sandbox
