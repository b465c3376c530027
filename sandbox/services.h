#pragma once

#include "base/clock.h"
#include "sandbox/journal.h"
#include "sandbox/org/org.h"
#include "sandbox/salesforce/allowance.h"
#include "sandbox/salesforce/cursors.h"
#include "sandbox/salesforce/query_jobs.h"
#include "sandbox/salesforce/sessions.h"

#include <filesystem>
#include <string>

namespace koppla::sandbox {

inline constexpr int oldest_version = 31;
inline constexpr int newest_version = 68;

/// What the handlers work with; one for each running sandbox. Every part is thread-safe.
struct Services {
    Services(Org& organization, Clock& time, Credentials secrets, const std::filesystem::path& spool_folder)
        : org{organization},
          clock{time},
          credentials{std::move(secrets)},
          sessions{organization.organization_id(), credentials, time},
          jobs{organization, time, spool_folder} {}

    Org& org;
    Clock& clock;
    const Credentials credentials;
    std::string url{};  ///< "https://127.0.0.1:8443", once it listens
    Sessions sessions;
    Allowance allowance{};
    Journal journal{};
    Cursors cursors{};
    QueryJobs jobs;
};

}  // namespace koppla::sandbox
