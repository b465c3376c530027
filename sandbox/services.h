#pragma once

#include "sandbox/org/org.h"
#include "sandbox/salesforce/allowance.h"
#include "sandbox/salesforce/cursors.h"
#include "sandbox/salesforce/ingest/ingest_jobs.h"
#include "sandbox/salesforce/locks.h"
#include "sandbox/salesforce/logins.h"
#include "sandbox/salesforce/query_jobs.h"
#include "sandbox/salesforce/sessions.h"
#include "sandbox/surface.h"

#include <filesystem>
#include <string>

namespace koppla::sandbox {

inline constexpr int oldest_version = 31;
inline constexpr int newest_version = 68;

/// What the Salesforce handlers work with; one for each running sandbox. Every part is thread-safe.
struct Services : Surface {
    Services(Org& organization, ShiftedClock& time, Credentials secrets,
             const std::filesystem::path& spool_folder)
        : Surface{time},
          org{organization},
          credentials{std::move(secrets)},
          sessions{organization.organization_id(), credentials, time},
          jobs{organization, time, spool_folder},
          ingest{organization, locks, time, spool_folder} {
        data_paths = "/services/data/*";
    }

    Org& org;
    const Credentials credentials;
    Sessions sessions;
    Logins logins{};
    Allowance allowance{};
    Cursors cursors{};
    QueryJobs jobs;
    Locks locks{};
    IngestJobs ingest;
};

}  // namespace koppla::sandbox
