#pragma once

#include "base/clock.h"
#include "sandbox/salesforce/bulk_format.h"
#include "sandbox/salesforce/job_state.h"
#include "sandbox/salesforce/spool.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace koppla::sandbox {

enum class IngestOperation : std::uint8_t { insert, update, upsert, remove, hard_delete };

/// The results of a job that is over, each a CSV without its header.
struct IngestResults {
    std::string successful_header, failed_header, unprocessed_header;
    std::shared_ptr<const Spool> successful, failed, unprocessed;
};

/// A Bulk API 2.0 ingest job, as it stood when it was asked for. [Salesforce: Bulk API 2.0, Ingest]
struct IngestJob {
    std::string id;
    std::string object;
    IngestOperation operation = IngestOperation::insert;
    std::string external_id_field;   ///< of an upsert
    std::string assignment_rule_id;  ///< or empty
    BulkFormat format;
    int version = 0;
    Instant created{};
    Instant modified{};
    JobState state = JobState::open;
    std::int64_t processed = 0;  ///< failed rows among them
    std::int64_t failed = 0;
    std::chrono::milliseconds processing{0};
    std::string failure;
    std::shared_ptr<const Spool> upload;           ///< one range; null before it is there
    std::shared_ptr<const IngestResults> results;  ///< once it is over

    [[nodiscard]] bool is_over() const { return sandbox::is_over(state); }
};

}  // namespace koppla::sandbox
