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
