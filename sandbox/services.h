#pragma once

#include "sandbox/faults/faults.h"
#include "sandbox/journal.h"
#include "sandbox/org/org.h"
#include "sandbox/salesforce/allowance.h"
#include "sandbox/salesforce/cursors.h"
#include "sandbox/salesforce/logins.h"
#include "sandbox/salesforce/query_jobs.h"
#include "sandbox/salesforce/sessions.h"
#include "sandbox/shifted_clock.h"

#include <filesystem>
#include <string>

namespace koppla::sandbox {

inline constexpr int oldest_version = 31;
inline constexpr int newest_version = 68;

/// What the handlers work with; one for each running sandbox. Every part is thread-safe.
struct Services {
    Services(Org& organization, ShiftedClock& time, Credentials secrets,
             const std::filesystem::path& spool_folder)
        : org{organization},
          clock{time},
          credentials{std::move(secrets)},
          sessions{organization.organization_id(), credentials, time},
          jobs{organization, time, spool_folder} {}

    Org& org;
    ShiftedClock& clock;
    const Credentials credentials;
    std::string url{};  ///< "https://127.0.0.1:8443", once it listens
    Sessions sessions;
    Logins logins{};
    Allowance allowance{};
    Journal journal{};
    Faults faults{};
    Cursors cursors{};
    QueryJobs jobs;
};

}  // namespace koppla::sandbox
