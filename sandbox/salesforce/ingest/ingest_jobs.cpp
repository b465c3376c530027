#include "sandbox/salesforce/ingest/ingest_jobs.h"

#include "sandbox/org/identifier.h"
#include "sandbox/salesforce/ingest/run.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace koppla::sandbox {
namespace {

/// Far from the numbers of query jobs, whose ids begin alike.
constexpr std::uint64_t first_number = 1'000'000'000;

/// The 18-character form; no job has the empty one.
std::string key(std::string_view id) {
    return normal_id(id).value_or(std::string{});
}

Error not_there() {
    return error(ErrorKind::not_found, "The requested resource does not exist", "NOT_FOUND");
}

Error wrong_state(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "INVALIDJOBSTATE");
}

Error uploaded_already() {
    return wrong_state("The data of a job can be uploaded once, while it is open");
}

}  // namespace

IngestJobs::IngestJobs(Org& org, Locks& locks, const Clock& clock, std::filesystem::path folder)
    : org_{org}, locks_{locks}, clock_{clock}, folder_{std::move(folder)}, next_{first_number} {
    worker_ = std::jthread{[this](const std::stop_token& stop) { work(stop); }};
}

IngestJobs::~IngestJobs() {
    worker_.request_stop();
    worker_.join();
}

IngestJob IngestJobs::create(IngestJob job) {
    job.created = job.modified = clock_.now();
    const std::scoped_lock lock{mutex_};
    job.id = make_id("750", next_++);
    jobs_.emplace(key(job.id), job);
    return job;
}

std::optional<IngestJob> IngestJobs::find(std::string_view id) {
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(key(id));
    return job == jobs_.end() ? std::nullopt : std::optional{job->second};
}

std::vector<IngestJob> IngestJobs::list() {
    const std::scoped_lock lock{mutex_};
    std::vector<IngestJob> all;
    all.reserve(jobs_.size());
    for (const auto& [id, job] : jobs_) all.push_back(job);
    return all;
}

Result<void> IngestJobs::upload(std::string_view id, std::string_view bytes) {
    const auto known = find(id);
    if (!known) return not_there();
    if (known->state != JobState::open || known->upload) return uploaded_already();
    // Two that come at once write files of their own; the first one is kept.
    const auto number = std::to_string(uploads_.fetch_add(1));
    const auto writer = TRY(Spool::Writer::create(folder_ / (known->id + "." + number + ".upload.csv")));
    TRY(writer->append(bytes, 1));
    auto kept = TRY(writer->finish());
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(key(id));
    if (job == jobs_.end()) return not_there();
    if (job->second.state != JobState::open || job->second.upload) return uploaded_already();
    job->second.upload = std::move(kept);
    return {};
}

Result<IngestJob> IngestJobs::close(std::string_view id) {
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(key(id));
    if (job == jobs_.end()) return not_there();
    if (job->second.state != JobState::open)
        return wrong_state("Closing a job that is " + std::string{state_name(job->second.state)} +
                           " is not allowed");
    if (!job->second.upload) return wrong_state("The job has no data: upload it before the job is closed");
    job->second.state = JobState::upload_complete;
    job->second.modified = clock_.now();
    queue_.push_back(job->first);
    queued_.notify_one();
    return job->second;
}

Result<IngestJob> IngestJobs::abort(std::string_view id) {
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(key(id));
    if (job == jobs_.end()) return not_there();
    if (job->second.is_over())
        return wrong_state("Aborting a job that is " + std::string{state_name(job->second.state)} +
                           " is not allowed");
    // What was uploaded is told as left over.
    if (job->second.state == JobState::open && job->second.upload) {
        queue_.push_back(job->first);
        queued_.notify_one();
    }
    job->second.state = JobState::aborted;
    job->second.modified = clock_.now();
    return job->second;
}

void IngestJobs::remove(std::string_view id) {
    const std::scoped_lock lock{mutex_};
    jobs_.erase(key(id));
}

void IngestJobs::end(std::string_view id, JobState state) {
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(key(id));
    if (job == jobs_.end()) return;
    job->second.state = state;
    job->second.modified = clock_.now();
    if (state == JobState::failed) job->second.failure = "InternalServerError : retries exhausted";
}

void IngestJobs::leave_over(const LeftOver& left_over) {
    const std::scoped_lock lock{mutex_};
    left_over_ = left_over;
}

std::optional<LeftOver> IngestJobs::take_left_over(const std::string& object) {
    const std::scoped_lock lock{mutex_};
    if (left_over_.times <= 0 || left_over_.object != object) return std::nullopt;
    --left_over_.times;
    return left_over_;
}

void IngestJobs::work(const std::stop_token& stop) {
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

bool IngestJobs::report(const std::string& id, std::int64_t processed, std::int64_t failed) {
    const std::scoped_lock lock{mutex_};
    const auto job = jobs_.find(id);
    if (job == jobs_.end()) return false;
    job->second.processed = processed;
    job->second.failed = failed;
    return job->second.state == JobState::in_progress;
}

void IngestJobs::run(const std::string& id, const std::stop_token& stop) {
    IngestJob job;
    {
        const std::scoped_lock lock{mutex_};
        const auto found = jobs_.find(id);
        if (found == jobs_.end() || !found->second.upload) return;
        // One that was aborted before its turn has results too: all of it is left over.
        if (found->second.state == JobState::upload_complete) found->second.state = JobState::in_progress;
        job = found->second;
    }
    const auto begun = clock_.steady();
    const auto left_over =
        job.state == JobState::in_progress ? take_left_over(job.object) : std::optional<LeftOver>{};
    IngestRun work{org_, locks_, job,
                   left_over ? left_over->after : std::numeric_limits<std::int64_t>::max()};
    auto failure = work.failure();
    while (failure.empty() && !stop.stop_requested() && report(id, work.processed(), work.failed())) {
        const auto stepped = work.step();
        if (!stepped) failure = "InternalServerError : " + stepped.error().message;
        if (stepped && !*stepped) break;
    }
    auto results = work.results(folder_);
    if (!results && failure.empty()) failure = "InternalServerError : " + results.error().message;

    const std::scoped_lock lock{mutex_};
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return;
    auto& kept = found->second;
    kept.processed = work.processed();
    kept.failed = work.failed();
    if (results) kept.results = std::make_shared<const IngestResults>(std::move(*results));
    kept.processing = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begun);
    kept.modified = clock_.now();
    if (kept.state != JobState::in_progress) return;
    kept.failure = failure;
    kept.state = !failure.empty() ? JobState::failed : left_over ? left_over->state : JobState::job_complete;
}

}  // namespace koppla::sandbox
