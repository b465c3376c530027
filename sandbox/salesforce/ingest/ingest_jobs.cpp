#include "sandbox/salesforce/ingest/ingest_jobs.h"

#include "http/client.h"
#include "sandbox/salesforce/ingest/run.h"

#include <limits>
#include <utility>

namespace koppla::sandbox {
namespace {

Error not_there() {
    return error(ErrorKind::not_found, "The requested resource does not exist", "NOT_FOUND");
}

Error wrong_state(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "INVALIDJOBSTATE");
}

Error uploaded_already() {
    return wrong_state("The data of a job can be uploaded once, while it is open");
}

Result<void> append_all(http::BodySource& source, Spool::Writer& writer) {
    TRY(source.rewind());
    std::string piece(std::size_t{256} << 10, '\0');
    while (const auto size = TRY(source.read(piece)))
        TRY(writer.append(std::string_view{piece}.substr(0, size), 0));
    return {};
}

}  // namespace

IngestJobs::IngestJobs(Org& org, Locks& locks, const Clock& clock, std::filesystem::path folder)
    : org_{org}, locks_{locks}, clock_{clock}, folder_{std::move(folder)} {
    worker_ = std::jthread{[this](const std::stop_token& stop) { work(stop); }};
}

IngestJobs::~IngestJobs() {
    worker_.request_stop();
    worker_.join();
}

IngestJob IngestJobs::create(IngestJob job) {
    return jobs_.add(std::move(job), clock_.now());
}

Result<void> IngestJobs::upload(std::string_view id, std::string_view bytes, http::BodySource* source) {
    const auto known = find(id);
    if (!known) return not_there();
    if (known->state != JobState::open || known->upload) return uploaded_already();
    // Two that come at once write files of their own; the first one is kept.
    const auto number = std::to_string(uploads_.fetch_add(1));
    const auto writer = TRY(Spool::Writer::create(folder_ / (known->id + "." + number + ".upload.csv")));
    TRY(writer->append(bytes, 1));
    if (source != nullptr) TRY(append_all(*source, *writer));
    auto written = TRY(writer->finish());
    Result<void> kept;
    const bool is_there = jobs_.change(id, [&](IngestJob& job) {
        if (job.state != JobState::open || job.upload) {
            kept = uploaded_already();
        } else {
            job.upload = std::move(written);
        }
    });
    if (!is_there) return not_there();
    return kept;
}

Result<IngestJob> IngestJobs::close(std::string_view id) {
    Result<IngestJob> closed = not_there();
    jobs_.change(id, [&](IngestJob& job) {
        if (job.state != JobState::open) {
            closed = wrong_state("Closing a job that is " + std::string{state_name(job.state)} +
                                 " is not allowed");
        } else if (!job.upload) {
            closed = wrong_state("The job has no data: upload it before the job is closed");
        } else {
            job.state = JobState::upload_complete;
            job.modified = clock_.now();
            closed = job;
        }
    });
    if (closed) jobs_.queue(closed->id);
    return closed;
}

Result<IngestJob> IngestJobs::abort(std::string_view id) {
    Result<IngestJob> aborted = not_there();
    bool has_rows_left = false;
    jobs_.change(id, [&](IngestJob& job) {
        if (job.is_over()) {
            aborted = wrong_state("Aborting a job that is " + std::string{state_name(job.state)} +
                                  " is not allowed");
            return;
        }
        has_rows_left = job.state == JobState::open && job.upload;
        job.state = JobState::aborted;
        job.modified = clock_.now();
        aborted = job;
    });
    // What was uploaded is told as left over.
    if (has_rows_left) jobs_.queue(id);
    return aborted;
}

std::optional<LeftOver> IngestJobs::take_left_over(const std::string& object) {
    return left_over_.with([&](LeftOver& kept) -> std::optional<LeftOver> {
        if (kept.times <= 0 || kept.object != object) return std::nullopt;
        --kept.times;
        return kept;
    });
}

void IngestJobs::work(const std::stop_token& stop) {
    while (const auto id = jobs_.next(stop)) run(*id, stop);
}

bool IngestJobs::report(const std::string& id, std::int64_t processed, std::int64_t failed) {
    bool goes_on = false;
    jobs_.change(id, [&](IngestJob& job) {
        job.processed = processed;
        job.failed = failed;
        goes_on = job.state == JobState::in_progress;
    });
    return goes_on;
}

void IngestJobs::run(const std::string& id, const std::stop_token& stop) {
    std::optional<IngestJob> begun;
    jobs_.change(id, [&](IngestJob& job) {
        if (!job.upload) return;
        // One that was aborted before its turn has results too: all of it is left over.
        if (job.state == JobState::upload_complete) job.state = JobState::in_progress;
        begun = job;
    });
    if (!begun) return;
    const auto begun_at = clock_.steady();
    const auto left_over =
        begun->state == JobState::in_progress ? take_left_over(begun->object) : std::optional<LeftOver>{};
    IngestRun work{org_, locks_, *begun,
                   left_over ? left_over->after : std::numeric_limits<std::int64_t>::max()};
    auto failure = work.failure();
    while (failure.empty() && !stop.stop_requested() && report(id, work.processed(), work.failed())) {
        const auto stepped = work.step();
        if (!stepped) failure = "InternalServerError : " + stepped.error().message;
        if (stepped && !*stepped) break;
    }
    auto results = work.results(folder_);
    if (!results && failure.empty()) failure = "InternalServerError : " + results.error().message;

    jobs_.change(id, [&](IngestJob& job) {
        job.processed = work.processed();
        job.failed = work.failed();
        if (results) job.results = std::make_shared<const IngestResults>(std::move(*results));
        job.processing = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begun_at);
        job.modified = clock_.now();
        if (job.state != JobState::in_progress) return;
        job.failure = failure;
        job.state = !failure.empty() ? JobState::failed
                    : left_over      ? left_over->state
                                     : JobState::job_complete;
    });
}

}  // namespace koppla::sandbox
