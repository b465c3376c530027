#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace koppla::salesforce {

/// What an answer tells of a bulk job, a query's or an ingest's.
struct JobState {
    std::string id, state, error_message;
    std::optional<std::int64_t> rows;         ///< processed, failed ones too
    std::optional<std::int64_t> rows_failed;  ///< of those
};

/// `corrupt` where the answer describes no job; `attempted` opens the message.
Result<JobState> job_state(const std::string& body, const std::string& attempted);

}  // namespace koppla::salesforce
