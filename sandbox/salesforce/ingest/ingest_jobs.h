#pragma once

#include "base/clock.h"
#include "base/guarded.h"
#include "http/message.h"
#include "sandbox/org/org.h"
#include "sandbox/salesforce/ingest/ingest_job.h"
#include "sandbox/salesforce/job_table.h"
#include "sandbox/salesforce/locks.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace koppla::sandbox {

/// Of the next jobs on an object, rows beyond a number that stay unprocessed, as beyond the day's batches.
struct LeftOver {
    std::string object{};
    std::int64_t after = 0;
    JobState state = JobState::job_complete;  ///< how such a job ends
    std::int64_t times = 0;
};

/// Runs ingest jobs, one after the other, on its own thread. Uploads and results are files of the folder.
/// Thread-safe.
class IngestJobs {
  public:
    IngestJobs(Org& org, Locks& locks, const Clock& clock, std::filesystem::path folder);
    IngestJobs(const IngestJobs&) = delete;
    IngestJobs& operator=(const IngestJobs&) = delete;
    ~IngestJobs();

    IngestJob create(IngestJob job);
    std::optional<IngestJob> find(std::string_view id) { return jobs_.find(id); }
    std::vector<IngestJob> list() { return jobs_.list(); }
    /// Keeps what is to be carried out, the bytes or what the source makes. INVALIDJOBSTATE where the job
    /// isn't open or has an upload already.
    Result<void> upload(std::string_view id, std::string_view bytes, http::BodySource* source = nullptr);
    /// Queues a job that has its upload; its state afterwards. INVALIDJOBSTATE where that can't be.
    Result<IngestJob> close(std::string_view id);
    /// Ends a job that isn't over; what was saved stays. INVALIDJOBSTATE where it is.
    Result<IngestJob> abort(std::string_view id);
    void remove(std::string_view id) { jobs_.remove(id); }
    /// Ends a job whatever its state was, as a fault of the server does.
    void end(std::string_view id, JobState state) { jobs_.end(id, state, clock_.now()); }
    void leave_over(const LeftOver& left_over) {
        left_over_.with([&](LeftOver& kept) { kept = left_over; });
    }

  private:
    void work(const std::stop_token& stop);
    void run(const std::string& id, const std::stop_token& stop);
    /// Whether the job is to be gone on with; tells how far it is.
    bool report(const std::string& id, std::int64_t processed, std::int64_t failed);
    std::optional<LeftOver> take_left_over(const std::string& object);

    Org& org_;
    Locks& locks_;
    const Clock& clock_;
    const std::filesystem::path folder_;
    std::atomic<std::uint64_t> uploads_ = 0;
    /// Their numbers are far from those of query jobs, whose ids begin alike.
    JobTable<IngestJob> jobs_{1'000'000'000};
    Guarded<LeftOver> left_over_;
    std::jthread worker_;  ///< last: ends before what it works with
};

}  // namespace koppla::sandbox
