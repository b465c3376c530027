#pragma once

#include "http/retrying.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every figure that was chosen, with its reason; a vendor's own bound names its source.
namespace koppla::salesforce::tuning {

/// Rows are handed over when this much of a result page has arrived: enough to make the hand-over free,
/// little enough to keep memory flat.
inline constexpr std::size_t batch_bytes = std::size_t{256} << 10;

/// A row beyond this is a fault (a quote that is never closed), not data: Salesforce's longest field has
/// 131,072 characters, its widest object some 900 fields, most of them short.
inline constexpr std::size_t row_bytes_max = std::size_t{64} << 20;

/// An answer that is kept whole: a page of 2,000 records, or 25 describes of up to 2 MB.
inline constexpr std::size_t answer_bytes_max = std::size_t{128} << 20;

/// Up to here result pages are cheaper: a bulk job costs its creation, one to three polls and a result page,
/// as much as five pages of 2,000 records.
inline constexpr std::int64_t pages_rows_max = 10'000;

/// [Salesforce: REST API, Query Options Header]: at most 2,000.
inline constexpr int page_rows = 2'000;

/// Records of a bulk result page: each page is a charged call; a page that is cut has to be read again.
inline constexpr std::int64_t result_rows = 100'000;

/// [Salesforce: REST API, Status Codes 414 and 431]: 16,384 bytes with the headers, which take up to 1,300
/// (a JWT as access token).
inline constexpr std::size_t url_bytes_max = 15'000;

/// [Salesforce: Recycle Bin] Deleted records stay for 15 days; later nothing tells of them.
inline constexpr std::chrono::hours deletions_kept{15 * 24};

/// [Salesforce: App Limits, SOQL]
inline constexpr std::size_t soql_bytes_max = 100'000;

/// [Salesforce: REST API, Composite]: subrequests of one charged call.
inline constexpr int objects_per_describe = 25;

/// Names of fields, 81 characters each at most, that a query's URL has room for.
inline constexpr std::size_t names_a_query = 100;

/// A poll is a charged call, and small jobs are done within a second.
inline constexpr std::chrono::milliseconds poll_first{500};
inline constexpr std::chrono::milliseconds poll_max{30'000};

/// [Salesforce: REST API, sObject Collections]: at most 200 a request.
inline constexpr std::int64_t collection_rows_max = 200;

/// A request of rows lies in memory, once a lane.
inline constexpr std::size_t collection_cell_bytes_max = std::size_t{2} << 20;

/// An answer for 200 rows, with some errors each.
inline constexpr std::size_t collection_answer_bytes_max = std::size_t{16} << 20;

/// Requests of rows side by side: short ones are not limited in number, but they lock each other's parents.
inline constexpr int collection_lanes = 4;

/// Up to here requests of rows are as cheap as a job, and answered at once.
inline constexpr std::int64_t rows_by_collections_max = 2'000;

/// Of a job: what has to be sent again where a job is lost, and what an index of rows takes in memory.
inline constexpr std::int64_t job_rows_max = 100'000;

/// [Salesforce: Bulk API 2.0, Upload Job Data]: 150 MB in base64, which is some 110 MB raw.
inline constexpr std::size_t job_bytes_max = 100'000'000;

/// What leaves room in a job for commas and quotes, and for as many doubled quotes again.
inline constexpr std::size_t job_cell_bytes_max = 45'000'000;
inline constexpr std::int64_t job_cells_max = 4'000'000;

/// [Salesforce: Bulk API 2.0, Prepare CSV Files]
inline constexpr std::size_t csv_header_bytes_max = 32'000;

/// Salesforce works on a job's rows in parallel by itself; a second one is uploaded meanwhile.
inline constexpr int job_lanes = 2;

/// Making it, the upload, its end, some polls, two or three results.
inline constexpr int calls_a_job = 9;

/// An answer that is cut while a job is made leaves an empty one behind, which harms nobody.
inline constexpr int creations_max = 3;

/// Results that don't add up may have been cut; what is the same so often is so for good.
inline constexpr int readings_max = 3;

/// What is encoded ahead of the socket.
inline constexpr std::size_t upload_buffer_bytes = std::size_t{128} << 10;

/// [Salesforce: SOAP API, getDeleted]: seconds are dropped, and the start precedes the end by more than a
/// minute.
inline constexpr std::chrono::minutes deletion_window_min{2};

/// Deletions are handed over so many at a time.
inline constexpr std::size_t deletions_at_once = 1'000;

/// How long a person who pressed Ctrl-C waits for the job to be aborted.
inline constexpr std::chrono::milliseconds abort_time_max{2'000};

/// Requests that fail in passing are sent so often, over some eight seconds; what lasts longer is the
/// caller's, who knows how far the read was.
inline constexpr http::RetryPolicy retries{};

/// API versions: the first with everything that we use, and the last that we have read about.
inline constexpr int version_min = 49;
inline constexpr int version_max = 68;

/// [Salesforce: OAuth 2.0 JWT Bearer Flow, claim exp]: at most some three minutes ahead of Salesforce's
/// clock.
inline constexpr std::chrono::milliseconds assertion_time{120'000};

/// [Salesforce: SOAP API End-of-Life Policy]: the last version with login().
inline constexpr int soap_login_version_max = 64;

}  // namespace koppla::salesforce::tuning
