#include "crm/salesforce/ingest.h"

#include "crm/refusal.h"
#include "crm/salesforce/csv_shipment.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/ingest_results.h"
#include "crm/salesforce/job.h"
#include "crm/salesforce/query.h"
#include "crm/salesforce/tuning.h"
#include "model/utf8.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {

namespace {

std::string_view operation_word(WriteOperation operation) {
    return operation == WriteOperation::erase ? "hardDelete" : name(operation);
}

bool has_ended(const JobState& job) {
    return job.state == "JobComplete" || job.state == "Failed" || job.state == "Aborted";
}

/// A job takes data once: when it refuses some, it has it.
bool has_data_already(const Error& refusal) {
    return refusal.symbol == "INVALIDJOBSTATE" || refusal.kind == ErrorKind::conflict ||
           refusal.message.find("multiple contents") != std::string::npos;
}

bool is_about_the_file(std::string_view reason) {
    constexpr std::array<std::string_view, 3> names = {"InvalidBatch", "ClientInputError", "InvalidFile"};
    return std::ranges::any_of(names, [&](std::string_view name) { return reason.starts_with(name); });
}

class Ingest {
  public:
    Ingest(Session& session, const Clock& clock, const WriteForm& form, CsvShipment& shipment,
           WriteSink& sink, const Call& call)
        : session_{session},
          clock_{clock},
          form_{form},
          shipment_{shipment},
          sink_{sink},
          call_{call},
          attempted_{
              fmt::format("the {} of {} in bulk", name(form.request.operation), form.request.object->name)} {}

    /// Makes a job; its id is known to the caller when this returns.
    Result<void> make() {
        nlohmann::json body = {{"object", form_.request.object->name},
                               {"operation", operation_word(form_.request.operation)},
                               {"contentType", "CSV"},
                               {"columnDelimiter", "COMMA"},
                               {"lineEnding", "LF"}};
        if (form_.request.operation == WriteOperation::upsert)
            body["externalIdFieldName"] = form_.columns[*form_.key].header;
        if (!form_.request.assignment_rule.empty()) body["assignmentRuleId"] = form_.request.assignment_rule;
        auto jobs = jobs_path();
        if (!jobs) return not_begun(jobs.error());
        for (int attempt = 1; true; ++attempt) {
            auto made = session_.send_text(
                Ask{.method = "POST", .path = *jobs, .body = body.dump(), .attempted = attempted_}, call_);
            if (made) {
                const auto job = job_state(made->body, attempted_);
                if (!job) return not_begun(job.error());
                use(job->id, *jobs);
                return sink_.named(job_);
            }
            // What became of it doesn't matter: a job without rows does nothing.
            const Error refusal = error_of_write(made.error());
            if (refusal.kind != ErrorKind::in_doubt || attempt == tuning::creations_max)
                return not_begun(refusal);
        }
    }

    /// What the job is doing, asked under the name that an earlier call was told.
    Result<JobState> take_up(std::string_view id) {
        job_ = id;
        const auto jobs = jobs_path();
        if (!jobs) return unknown(jobs.error());
        use(job_, *jobs);
        return look();
    }

    /// An earlier upload may have arrived without our being told.
    enum class Upload { first, perhaps_again };
    Result<void> upload(Upload which) {
        auto sent = session_.send_text(Ask{.method = "PUT",
                                           .path = path_ + "/batches",
                                           .source = &shipment_,
                                           .content_type = "text/csv",
                                           .attempted = where_},
                                       call_);
        if (sent) return {};
        if (shipment_.failure()) return *shipment_.failure();
        Error refusal = error_of_write(sent.error());
        const bool is_there = has_data_already(refusal) ||
                              (which == Upload::perhaps_again && refusal.kind == ErrorKind::invalid);
        if (is_there) return {};
        if (refusal.kind == ErrorKind::in_doubt || refusal.kind == ErrorKind::not_found)
            return unknown(std::move(refusal));
        return refusal;
    }

    /// The data is there: from here on rows may be written.
    Result<void> start() {
        auto started = session_.send_text(Ask{.method = "PATCH",
                                              .path = path_,
                                              .body = R"({"state":"UploadComplete"})",
                                              .attempted = where_},
                                          call_);
        if (started) return {};
        Error refusal = error_of_write(started.error());
        if (refusal.kind == ErrorKind::in_doubt) return unknown(std::move(refusal));
        const bool was_answered = refusal.kind == ErrorKind::invalid || refusal.kind == ErrorKind::conflict ||
                                  refusal.kind == ErrorKind::expired;
        if (!was_answered) return refusal;
        // Perhaps an earlier call started it, and its answer was lost.
        const JobState job = TRY(look());
        if (job.state == "Open") return refusal;
        return {};
    }

    Result<JobState> wait() {
        std::chrono::milliseconds pause = tuning::poll_first;
        const auto began = clock_.steady();
        while (true) {
            if (auto waited = clock_.wait(pause, call_); !waited) return unknown(waited.error());
            JobState job = TRY(look());
            if (has_ended(job)) return job;
            if (job.state == "Open") {
                return unknown(
                    error(ErrorKind::in_doubt, fmt::format("{} failed: the job is open again", where_)));
            }
            const auto waited =
                std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - began);
            pause = pause_after(pause, waited, job.rows.value_or(0));
            sink_.note(fmt::format("Salesforce writes {}: {}, {} of {} rows so far, {} s",
                                   form_.request.object->name, shown(job.state), job.rows.value_or(0),
                                   shipment_.index().size(), waited.count() / 1000));
        }
    }

    Result<void> read_results(const JobState& job) {
        std::chrono::milliseconds pause = tuning::poll_first;
        for (int reading = 1; true; ++reading) {
            const Figures figures = TRY(read_files());
            if (figures.is_whole()) return {};
            const bool was_cut_off = job.state != "JobComplete";
            if (was_cut_off && figures.is_credible() && figures.worked_on() >= job.rows.value_or(0))
                return postpone_rest(job, figures.worked_on());
            if (reading == tuning::readings_max) return differing(job, figures);
            sink_.note(fmt::format("the results of job {} don't add up; reading them again", job_));
            if (auto waited = clock_.wait(pause, call_); !waited) return unknown(waited.error());
            pause *= 2;
        }
    }

  private:
    /// Until the end that the job's progress lets expect, since a poll is a charged call; but a third of the
    /// time so far at most, since a job is faster once those beside it have ended.
    [[nodiscard]] std::chrono::milliseconds pause_after(std::chrono::milliseconds last,
                                                        std::chrono::milliseconds waited,
                                                        std::int64_t rows_done) const {
        const auto rows = static_cast<std::int64_t>(shipment_.index().size());
        if (rows_done <= 0 || rows_done >= rows) return std::min(last + last / 2, tuning::poll_max);
        const double expected = static_cast<double>(waited.count()) * static_cast<double>(rows - rows_done) /
                                static_cast<double>(rows_done);
        const auto longest = std::min(waited / 3, tuning::poll_max);
        const auto until_end = expected < static_cast<double>(longest.count())
                                   ? std::chrono::milliseconds{static_cast<std::int64_t>(expected)}
                                   : longest;
        return std::max(tuning::poll_first, until_end);
    }

    /// What a reading of the result files came to.
    struct Figures {
        std::int64_t sent = 0;
        std::array<std::int64_t, 3> told{};  ///< by file
        std::int64_t strangers = 0;
        std::string fault{};  ///< of a file that was malformed or cut

        [[nodiscard]] std::int64_t worked_on() const { return told[0] + told[1]; }
        [[nodiscard]] std::int64_t all() const { return told[0] + told[1] + told[2]; }
        [[nodiscard]] bool is_credible() const { return strangers == 0 && fault.empty(); }
        [[nodiscard]] bool is_whole() const { return is_credible() && all() == sent; }
    };

    Result<Figures> read_files() {
        Figures figures{.sent = static_cast<std::int64_t>(shipment_.index().size())};
        shipment_.index().start_over();
        for (const ResultFile file : {ResultFile::successful, ResultFile::failed, ResultFile::unprocessed}) {
            if (figures.all() == figures.sent) break;  // what is left can only be empty
            IngestResults results{file, form_, shipment_.index(), sink_};
            TRY(read_file(file, results, figures));
            figures.told.at(static_cast<std::size_t>(file)) = results.joined();
            figures.strangers += results.strangers();
        }
        return figures;
    }

    /// The same however often it is read: the job has nothing more to say.
    [[nodiscard]] Error differing(const JobState& job, const Figures& figures) const {
        const auto figure = [](std::optional<std::int64_t> number) {
            return number ? std::to_string(*number) : "an unknown number of";
        };
        return error(
            ErrorKind::expired,
            fmt::format(
                "{} failed: of {} rows {} were told to be written, {} refused and {} not worked on, "
                "and {} rows that are none of them; the job itself counts {} rows, of which {} failed{}",
                where_, figures.sent, figures.told[0], figures.told[1], figures.told[2], figures.strangers,
                figure(job.rows), figure(job.rows_failed), figures.fault.empty() ? "" : "; " + figures.fault),
            "RESULTS_DIFFER");
    }

    Result<std::string> jobs_path() { return TRY(session_.data_path(call_)) + "/jobs/ingest"; }

    void use(std::string id, const std::string& jobs) {
        job_ = std::move(id);
        path_ = fmt::format("{}/{}", jobs, job_);
        where_ = fmt::format("{} (job {})", attempted_, job_);
    }

    Result<JobState> look() {
        auto response = session_.send_text(Ask{.path = path_, .attempted = where_}, call_);
        if (!response) return unknown(response.error());
        auto job = job_state(response->body, where_);
        if (!job) return unknown(job.error());
        return job;
    }

    Result<void> read_file(ResultFile file, IngestResults& results, Figures& figures) {
        const std::string where = fmt::format("{}, its {}", where_, path_of(file));
        auto response = session_.send(
            Ask{.path = fmt::format("{}/{}", path_, path_of(file)), .attempted = where}, results, call_);
        Result<void> read;
        if (!response)
            read = response.error();
        else
            read = results.finish();
        if (results.sink_failure()) return *results.sink_failure();
        if (read) return {};
        if (read.error().kind != ErrorKind::corrupt) return unknown(read.error());
        figures.fault = shown(model::valid_utf8(read.error().with_context(where).message));
        return {};
    }

    /// Somebody aborted the job, or Salesforce gave it up: what it never came to can be sent again, unless
    /// the job was refused as it is.
    Result<void> postpone_rest(const JobState& job, std::int64_t worked_on) {
        const std::string reason = shown(job.error_message);
        // A job that failed for what stands in its file fails again.
        const bool is_refused = worked_on == 0 && is_about_the_file(job.error_message);
        const std::string message =
            fmt::format("the job was {}{}{}", job.state == "Aborted" ? "aborted" : "given up by Salesforce",
                        reason.empty() ? "" : ": ", reason);
        std::vector<WriteResult> results;
        for (const std::int64_t number : shipment_.index().left()) {
            results.push_back(
                {.row = number,
                 .outcome = is_refused ? WriteResult::Outcome::refused : WriteResult::Outcome::postponed,
                 .symbol = is_refused ? "JOB_FAILED" : "UNPROCESSED",
                 .message = message});
        }
        return sink_.settled(results);
    }

    /// Rows may have been written, whatever it is that fails: only the job knows.
    [[nodiscard]] Error unknown(Error failure) const {
        const bool is_lost = failure.kind == ErrorKind::not_found || failure.symbol == "INVALIDJOB";
        if (is_lost) {
            failure.kind = ErrorKind::expired;
            failure.message += "; jobs are kept for seven days, and this one is gone";
            return failure;
        }
        if (failure.kind != ErrorKind::cancelled) failure.kind = ErrorKind::in_doubt;
        failure.message +=
            fmt::format("; job {} knows what became of the rows, and is asked when this goes on", job_);
        return failure;
    }

    Session& session_;
    const Clock& clock_;
    const WriteForm& form_;
    CsvShipment& shipment_;
    WriteSink& sink_;
    const Call& call_;
    const std::string attempted_;
    std::string job_, path_, where_;
};

}  // namespace

Result<void> write_job(Session& session, const Clock& clock, const WriteForm& form, RowSource& rows,
                       std::string_view reference, WriteSink& sink, const Call& call) {
    if (!reference.empty() && !is_job_id(reference)) {
        return error(ErrorKind::expired,
                     fmt::format("'{}' is the name of no bulk job, so none can be asked", shown(reference)));
    }
    CsvShipment shipment{form, rows};
    TRY(shipment.survey(sink));
    if (shipment.index().size() == 0) return {};
    Ingest ingest{session, clock, form, shipment, sink, call};
    if (reference.empty()) {
        TRY(ingest.make());
        TRY(ingest.upload(Ingest::Upload::first));
        TRY(ingest.start());
    } else {
        const JobState job = TRY(ingest.take_up(reference));
        if (has_ended(job)) return ingest.read_results(job);
        if (job.state == "Open") {
            TRY(ingest.upload(Ingest::Upload::perhaps_again));
            TRY(ingest.start());
        }
    }
    const JobState job = TRY(ingest.wait());
    return ingest.read_results(job);
}

}  // namespace koppla::salesforce
