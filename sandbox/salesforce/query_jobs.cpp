#include "sandbox/salesforce/query_jobs.h"

#include "sandbox/org/identifier.h"

#include <algorithm>
#include <utility>

namespace koppla::sandbox {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{4} << 20;

/// The 18-character form; no job has the empty one.
std::string key(std::string_view id) {
    return normal_id(id).value_or(std::string{});
}

/// Result files of a sandbox that was killed.
void clear_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    for (const auto& entry : std::filesystem::directory_iterator{folder, ignored})
        if (entry.path().extension() == ".csv") std::filesystem::remove(entry.path(), ignored);
}

}  // namespace

QueryJobs::QueryJobs(Org& org, const Clock& clock, std::filesystem::path folder)
    : org_{org}, clock_{clock}, folder_{std::move(folder)} {
    clear_folder(folder_);
    worker_ = std::jthread{[this](const std::stop_token& stop) { work(stop); }};
}

QueryJobs::~QueryJobs() {
    worker_.request_stop();
    worker_.join();
    jobs_.clear();
    std::error_code ignored;
    std::filesystem::remove(folder_, ignored);
}

Result<QueryJob> QueryJobs::create(QueryJob job) {
    job.object = TRY(org_.export_csv(job.query, job.options))->object_name();
    job.created = job.modified = clock_.now();
    const std::scoped_lock lock{mutex_};
    job.id = make_id("750", next_++);
    jobs_.emplace(key(job.id), job);
    queue_.push_back(key(job.id));
    queued_.notify_one();
    return job;
}

std::optional<QueryJob> QueryJobs::find(std::string_view id) {
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(key(id));
    return job == jobs_.end() ? std::nullopt : std::optional{job->second};
}

std::vector<QueryJob> QueryJobs::list() {
    const std::scoped_lock lock{mutex_};
    std::vector<QueryJob> all;
    all.reserve(jobs_.size());
    for (const auto& [id, job] : jobs_) all.push_back(job);
    return all;
}

std::optional<QueryJob> QueryJobs::abort(std::string_view id) {
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(key(id));
    if (job == jobs_.end()) return std::nullopt;
    if (!job->second.is_over()) {
        job->second.state = JobState::aborted;
        job->second.modified = clock_.now();
    }
    return job->second;
}

void QueryJobs::remove(std::string_view id) {
    const std::scoped_lock lock{mutex_};
    jobs_.erase(key(id));
}

void QueryJobs::end(std::string_view id, JobState state) {
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(key(id));
    if (job == jobs_.end()) return;
    job->second.state = state;
    job->second.modified = clock_.now();
    if (state == JobState::failed) job->second.failure = "InternalServerError : retries exhausted";
}

void QueryJobs::work(const std::stop_token& stop) {
    while (true) {
        std::string id;
        {
            std::unique_lock lock{mutex_};
            if (!queued_.wait(lock, stop, [&] { return !queue_.empty(); })) return;
            id = std::move(queue_.front());
            queue_.pop_front();
        }
        run(id, stop);
    }
}

void QueryJobs::run(const std::string& id, const std::stop_token& stop) {
    QueryJob job;
    {
        const std::scoped_lock lock{mutex_};
        const auto found = jobs_.find(id);
        if (found == jobs_.end() || found->second.state != JobState::upload_complete) return;
        found->second.state = JobState::in_progress;
        job = found->second;
    }
    const auto begun = clock_.steady();
    auto rendered = render(job, stop);
    const std::scoped_lock lock{mutex_};
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || found->second.state != JobState::in_progress) return;
    auto& kept = found->second;
    if (rendered) {
        kept = std::move(*rendered);
        kept.state = JobState::job_complete;
    } else {
        kept.state = JobState::failed;
        kept.failure = rendered.error().message;
    }
    kept.modified = clock_.now();
    kept.processing = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begun);
}

Result<QueryJob> QueryJobs::render(QueryJob job, const std::stop_token& stop) {
    const auto source = TRY(org_.export_csv(job.query, job.options));
    const auto writer = TRY(Spool::Writer::create(folder_ / (job.id + ".csv")));
    std::string chunk;
    chunk.reserve(chunk_bytes);
    while (!stop.stop_requested()) {
        chunk.clear();
        const auto rows = TRY(source->next(chunk, Spool::Writer::rows_per_step));
        if (rows == 0) break;
        TRY(writer->append(chunk, rows));
        const auto now = find(job.id);
        if (!now || now->is_over()) return error(ErrorKind::cancelled, "The job was aborted");
    }
    job.header = source->header();
    job.results = TRY(writer->finish());
    job.rows = job.results->rows();
    return job;
}

}  // namespace koppla::sandbox
