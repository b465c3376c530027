#include "sandbox/salesforce/routes.h"

#include "sandbox/salesforce/handlers.h"

#include <array>

namespace koppla::sandbox {
namespace {

constexpr std::array table{
    Route{"POST", "/services/oauth2/token", oauth_token},
    Route{"GET", "/services/oauth2/userinfo", oauth_userinfo},
    Route{"POST", "/services/oauth2/userinfo", oauth_userinfo},
    Route{"POST", "/services/oauth2/revoke", oauth_revoke},
    Route{"GET", "/services/oauth2/revoke", oauth_revoke},
    Route{"POST", "/services/oauth2/introspect", oauth_introspect},
    Route{"GET", "/services/oauth2/authorize", oauth_authorize},
    Route{"POST", "/services/oauth2/authorize", oauth_decide},
    Route{"POST", "/services/Soap/u/{version}", soap},
    Route{"POST", "/services/Soap/u/{version}/{organization}", soap},
    Route{"GET", "/id/{organization}/{user}", identity},
    Route{"GET", "/services/data", versions},

    Route{"GET", "/services/data/{version}", resources},
    Route{"GET", "/services/data/{version}/limits", limits},
    Route{"GET", "/services/data/{version}/query", query},
    Route{"GET", "/services/data/{version}/queryAll", query_all},
    Route{"GET", "/services/data/{version}/query/{locator}", query_more},
    Route{"GET", "/services/data/{version}/queryAll/{locator}", query_more},

    Route{"GET", "/services/data/{version}/tooling/query", tooling_query},

    Route{"GET", "/services/data/{version}/sobjects", describe_global},
    Route{"GET", "/services/data/{version}/sobjects/{object}", basic_info},
    Route{"POST", "/services/data/{version}/sobjects/{object}", create_row},
    Route{"GET", "/services/data/{version}/sobjects/{object}/describe", describe},
    Route{"POST", "/services/data/{version}/sobjects/{object}/Id", create_row},
    Route{"GET", "/services/data/{version}/sobjects/{object}/updated", updated},
    Route{"GET", "/services/data/{version}/sobjects/{object}/deleted", deleted},
    Route{"GET", "/services/data/{version}/sobjects/{object}/{id}", read_row},
    Route{"PATCH", "/services/data/{version}/sobjects/{object}/{id}", update_row},
    Route{"DELETE", "/services/data/{version}/sobjects/{object}/{id}", delete_row},
    Route{"GET", "/services/data/{version}/sobjects/{object}/{field}/{value}", read_by_key},
    Route{"PATCH", "/services/data/{version}/sobjects/{object}/{field}/{value}", upsert_by_key},
    Route{"DELETE", "/services/data/{version}/sobjects/{object}/{field}/{value}", delete_by_key},

    Route{"GET", "/services/data/{version}/ui-api/object-info/{object}/picklist-values/{type}", picklists},
    Route{"GET", "/services/data/{version}/ui-api/object-info/{object}/picklist-values/{type}/{field}",
          picklist},

    Route{"POST", "/services/data/{version}/composite", composite},
    Route{"POST", "/services/data/{version}/composite/batch", batch},
    Route{"POST", "/services/data/{version}/composite/graph", composite_graph},
    Route{"POST", "/services/data/{version}/composite/tree/{object}", create_tree},
    Route{"POST", "/services/data/{version}/composite/sobjects", create_many},
    Route{"PATCH", "/services/data/{version}/composite/sobjects", update_many},
    Route{"DELETE", "/services/data/{version}/composite/sobjects", delete_many},
    Route{"GET", "/services/data/{version}/composite/sobjects/{object}", read_many},
    Route{"POST", "/services/data/{version}/composite/sobjects/{object}", read_many_posted},
    Route{"PATCH", "/services/data/{version}/composite/sobjects/{object}/{field}", upsert_many},

    Route{"POST", "/services/data/{version}/jobs/query", create_query_job},
    Route{"GET", "/services/data/{version}/jobs/query", list_query_jobs},
    Route{"GET", "/services/data/{version}/jobs/query/{id}", query_job},
    Route{"PATCH", "/services/data/{version}/jobs/query/{id}", change_query_job},
    Route{"DELETE", "/services/data/{version}/jobs/query/{id}", delete_query_job},
    Route{"GET", "/services/data/{version}/jobs/query/{id}/results", query_job_results},
    Route{"GET", "/services/data/{version}/jobs/query/{id}/resultPages", query_job_pages},

    Route{"POST", "/services/data/{version}/jobs/ingest", create_ingest_job},
    Route{"GET", "/services/data/{version}/jobs/ingest", list_ingest_jobs},
    Route{"GET", "/services/data/{version}/jobs/ingest/{id}", ingest_job},
    Route{"PATCH", "/services/data/{version}/jobs/ingest/{id}", change_ingest_job},
    Route{"DELETE", "/services/data/{version}/jobs/ingest/{id}", delete_ingest_job},
    Route{"PUT", "/services/data/{version}/jobs/ingest/{id}/batches", upload_ingest_data},
    Route{"GET", "/services/data/{version}/jobs/ingest/{id}/successfulResults", successful_results},
    Route{"GET", "/services/data/{version}/jobs/ingest/{id}/failedResults", failed_results},
    Route{"GET", "/services/data/{version}/jobs/ingest/{id}/unprocessedrecords", unprocessed_records},
};

}  // namespace

std::span<const Route> salesforce_routes() {
    return table;
}

}  // namespace koppla::sandbox
