#include "sandbox/salesforce/query_jobs.h"

#include <utility>

namespace koppla::sandbox {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{4} << 20;

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
    job = jobs_.add(std::move(job), clock_.now());
    jobs_.queue(job.id);
    return job;
}

std::optional<QueryJob> QueryJobs::abort(std::string_view id) {
    std::optional<QueryJob> aborted;
    jobs_.change(id, [&](QueryJob& job) {
        if (!job.is_over()) {
            job.state = JobState::aborted;
            job.modified = clock_.now();
        }
        aborted = job;
    });
    return aborted;
}

void QueryJobs::work(const std::stop_token& stop) {
    while (const auto id = jobs_.next(stop)) run(*id, stop);
}

void QueryJobs::run(const std::string& id, const std::stop_token& stop) {
    std::optional<QueryJob> begun;
    jobs_.change(id, [&](QueryJob& job) {
        if (job.state != JobState::upload_complete) return;
        job.state = JobState::in_progress;
        begun = job;
    });
    if (!begun) return;
    const auto begun_at = clock_.steady();
    auto rendered = render(std::move(*begun), stop);
    jobs_.change(id, [&](QueryJob& job) {
        if (job.state != JobState::in_progress) return;
        if (rendered) {
            job = std::move(*rendered);
            job.state = JobState::job_complete;
        } else {
            job.state = JobState::failed;
            job.failure = rendered.error().message;
        }
        job.modified = clock_.now();
        job.processing = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begun_at);
    });
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
