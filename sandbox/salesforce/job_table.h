#pragma once

#include "base/clock.h"
#include "sandbox/org/identifier.h"
#include "sandbox/salesforce/job_state.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::sandbox {

/// Bulk jobs as they stand, by their ids in either form, and the order in which they wait for the thread that
/// carries them out. Held in memory: a restart forgets them. Thread-safe.
template <class Job>
class JobTable {
  public:
    explicit JobTable(std::uint64_t first_number) : next_{first_number} {}

    /// The job with its id.
    Job add(Job job, Instant now) {
        const std::scoped_lock lock{mutex_};
        job.created = job.modified = now;
        job.id = make_id("750", next_++);
        jobs_.emplace(key(job.id), job);
        return job;
    }
    std::optional<Job> find(std::string_view id) {
        const std::scoped_lock lock{mutex_};
        const auto job = jobs_.find(key(id));
        return job == jobs_.end() ? std::nullopt : std::optional{job->second};
    }
    std::vector<Job> list() {
        const std::scoped_lock lock{mutex_};
        std::vector<Job> all;
        all.reserve(jobs_.size());
        for (const auto& [id, job] : jobs_) all.push_back(job);
        return all;
    }
    void remove(std::string_view id) {
        const std::scoped_lock lock{mutex_};
        jobs_.erase(key(id));
    }
    void clear() {
        const std::scoped_lock lock{mutex_};
        jobs_.clear();
    }
    /// `change(job)` on the job as it is kept; false where there is none.
    template <class Change>
    bool change(std::string_view id, Change change) {
        const std::scoped_lock lock{mutex_};
        const auto job = jobs_.find(key(id));
        if (job == jobs_.end()) return false;
        change(job->second);
        return true;
    }
    /// Whatever its state was, as a fault of the server does.
    void end(std::string_view id, JobState state, Instant now) {
        change(id, [&](Job& job) {
            job.state = state;
            job.modified = now;
            if (state == JobState::failed) job.failure = "InternalServerError : retries exhausted";
        });
    }

    void queue(std::string_view id) {
        const std::scoped_lock lock{mutex_};
        queue_.push_back(key(id));
        queued_.notify_one();
    }
    /// Waits for the next; nothing when `stop` was requested.
    std::optional<std::string> next(const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        if (!queued_.wait(lock, stop, [&] { return !queue_.empty(); })) return std::nullopt;
        std::string id = std::move(queue_.front());
        queue_.pop_front();
        return id;
    }

  private:
    /// The 18-character form; no job has the empty one.
    static std::string key(std::string_view id) { return normal_id(id).value_or(std::string{}); }

    std::mutex mutex_;
    std::condition_variable_any queued_;
    std::map<std::string, Job, std::less<>> jobs_;
    std::deque<std::string> queue_;
    std::uint64_t next_;
};

}  // namespace koppla::sandbox
