#pragma once

#include "base/clock.h"
#include "sandbox/org/org.h"
#include "sandbox/salesforce/job_table.h"
#include "sandbox/salesforce/spool.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace koppla::sandbox {

/// A Bulk API 2.0 query job, as it stood when it was asked for. [Salesforce: Bulk API 2.0, Query]
struct QueryJob {
    std::string id;
    std::string query;
    std::string object;
    ExportOptions options;
    int version = 0;
    Instant created{};
    Instant modified{};
    JobState state = JobState::upload_complete;
    std::int64_t rows = 0;
    std::chrono::milliseconds processing{0};
    std::string failure;
    std::string header;                    ///< of the CSV, once complete
    std::shared_ptr<const Spool> results;  ///< once complete

    [[nodiscard]] bool is_over() const { return sandbox::is_over(state); }
};

/// Runs query jobs, one after the other, on its own thread: each result is rendered once into a file of the
/// spool folder. Thread-safe.
class QueryJobs {
  public:
    QueryJobs(Org& org, const Clock& clock, std::filesystem::path folder);
    QueryJobs(const QueryJobs&) = delete;
    QueryJobs& operator=(const QueryJobs&) = delete;
    ~QueryJobs();

    /// Checks the query, then queues it. The error's symbol is the vendor's.
    Result<QueryJob> create(QueryJob job);
    std::optional<QueryJob> find(std::string_view id) { return jobs_.find(id); }
    std::vector<QueryJob> list() { return jobs_.list(); }
    /// Ends a job that isn't over; its state afterwards.
    std::optional<QueryJob> abort(std::string_view id);
    void remove(std::string_view id) { jobs_.remove(id); }
    /// Ends a job whatever its state was, as a fault of the server does.
    void end(std::string_view id, JobState state) { jobs_.end(id, state, clock_.now()); }

    /// Rows of a result page where the client doesn't say; 0: as many as fit 1 GB.
    [[nodiscard]] std::int64_t page_rows() const { return page_rows_; }
    void set_page_rows(std::int64_t rows) { page_rows_ = rows; }

  private:
    void work(const std::stop_token& stop);
    void run(const std::string& id, const std::stop_token& stop);
    Result<QueryJob> render(QueryJob job, const std::stop_token& stop);

    Org& org_;
    const Clock& clock_;
    const std::filesystem::path folder_;
    std::atomic<std::int64_t> page_rows_ = 0;
    JobTable<QueryJob> jobs_{1};
    std::jthread worker_;  ///< last: ends before what it works with
};

}  // namespace koppla::sandbox
