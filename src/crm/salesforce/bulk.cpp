#include "crm/salesforce/bulk.h"

#include "crm/salesforce/codec/csv.h"
#include "crm/salesforce/codec/id.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/job.h"
#include "crm/salesforce/pages.h"
#include "crm/salesforce/tuning.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {

namespace {

using Stage = Position::Stage;

std::optional<std::int64_t> count_header(const http::Response& response) {
    const auto text = response.headers.find("Sforce-NumberOfRecords");
    std::int64_t count = 0;
    if (!text) return std::nullopt;
    const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (fault != std::errc{} || end != text->data() + text->size() || count < 0) return std::nullopt;
    return count;
}

/// Whether Salesforce says that this object, or this user, has no bulk query.
bool is_beyond_bulk(const Error& refusal) {
    constexpr std::array<std::string_view, 3> symbols = {"INVALIDENTITY", "FEATURENOTENABLED", "API_ERROR"};
    return refusal.kind == ErrorKind::unsupported &&
           std::ranges::find(symbols, refusal.symbol) != symbols.end();
}

/// Takes a result page apart and hands its rows over, with the position behind each batch.
class ResultPage final : public http::BodySink, private BatchOutlet {
  public:
    ResultPage(const ReadRequest& request, const std::vector<std::size_t>& ids, const Position& position,
               std::int64_t rows, BatchSink& sink)
        : ids_{ids},
          position_{position},
          rows_{rows},
          sink_{sink},
          splitter_{{.fields = request.fields,
                     .rows_skipped = position.rows_skipped,
                     .batch_bytes = tuning::batch_bytes,
                     .row_bytes_max = tuning::row_bytes_max},
                    *this} {}

    Result<void> put(std::string_view bytes) override {
        if (std::exchange(is_start_, false) && is_web_page(bytes)) return web_page_error("a page of results");
        return splitter_.put(bytes);
    }

    /// The page's last rows, where it is whole.
    Result<model::Batch> finish(std::optional<std::int64_t> rows_expected) {
        model::Batch last = TRY(splitter_.finish());
        if (rows_expected && *rows_expected != splitter_.rows()) {
            return error(ErrorKind::corrupt,
                         fmt::format("row {}: the page ends here, but Salesforce announced {} rows",
                                     splitter_.rows(), *rows_expected));
        }
        return last;
    }

    Result<void> hand_over(model::Batch batch, const Position& next) {
        if (batch.row_count() == 0) return {};
        rows_ += static_cast<std::int64_t>(batch.row_count());
        lengthen_ids(batch, ids_);
        return sink_.put(std::move(batch), Part{.position = next.text(), .rows = rows_});
    }

    [[nodiscard]] std::int64_t rows() const { return rows_; }

  private:
    model::Batch fresh() override { return sink_.fresh(); }

    Result<void> put(model::Batch batch) override {
        position_.rows_skipped += static_cast<std::int64_t>(batch.row_count());
        return hand_over(std::move(batch), position_);
    }

    const std::vector<std::size_t>& ids_;
    Position position_;
    std::int64_t rows_;
    BatchSink& sink_;
    CsvSplitter splitter_;
    bool is_start_ = true;
};

class BulkRead {
  public:
    BulkRead(Session& session, const Clock& clock, const ReadRequest& request, BatchSink& sink,
             const Call& call)
        : session_{session},
          clock_{clock},
          request_{request},
          sink_{sink},
          call_{call},
          attempted_{fmt::format("reading {} in bulk", request.object->name)},
          ids_{id_columns(request)} {}

    Result<Position> make_job() {
        const std::string version = TRY(session_.api_version(call_));
        const std::string query = TRY(soql(request_, ReadPath::bulk));
        const nlohmann::json body = {{"operation", "queryAll"},
                                     {"query", query},
                                     {"contentType", "CSV"},
                                     {"columnDelimiter", "COMMA"},
                                     {"lineEnding", "LF"}};
        const http::Response response = TRY(session_.send_text(
            Ask{.method = "POST",
                .path = fmt::format("/services/data/v{}/jobs/query", version),
                .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                .attempted = attempted_},
            call_));
        JobState job = TRY(job_state(response.body, attempted_));
        return Position{.stage = Stage::job, .version = version, .job = std::move(job.id)};
    }

    /// Waits until the job is done; answers how many rows it has.
    Result<std::optional<std::int64_t>> wait_for(const Position& position) {
        std::chrono::milliseconds pause = tuning::poll_first;
        const auto began = clock_.steady();
        // A job that was just made isn't done yet; one that is read on most likely is.
        bool is_to_wait = position.locator.empty() && position.rows_skipped == 0;
        while (true) {
            if (std::exchange(is_to_wait, true)) {
                if (auto waited = clock_.wait(pause, call_); !waited)
                    return given_up(position, waited.error());
                pause = std::min(pause + pause / 2, tuning::poll_max);
            }
            auto response =
                session_.send_text(Ask{.path = job_path(position),
                                       .attempted = fmt::format("{} (job {})", attempted_, position.job)},
                                   call_);
            if (!response) {
                if (response.error().kind == ErrorKind::cancelled)
                    return given_up(position, response.error());
                return is_gone(response.error());
            }
            const JobState job = TRY(job_state(response->body, attempted_));
            if (job.state == "JobComplete") return job.rows;
            if (job.state == "Failed" || job.state == "Aborted") return ended_badly(job);
            const auto seconds =
                std::chrono::duration_cast<std::chrono::seconds>(clock_.steady() - began).count();
            sink_.note(fmt::format("Salesforce prepares {}: {}, {} rows so far, {} s", request_.object->name,
                                   shown(job.state), job.rows.value_or(0), seconds));
        }
    }

    Result<PartEnd> read_results(Position position, std::int64_t rows,
                                 std::optional<std::int64_t> rows_of_job) {
        bool is_all_counted = position.locator.empty();
        for (int page = 1; true; ++page) {
            const std::string where = fmt::format(
                "{} (job {}, result page {}{})", attempted_, position.job, page,
                position.locator.empty() ? "" : fmt::format(" at locator {}", shown(position.locator)));
            ResultPage body{request_, ids_, position, rows, sink_};
            auto response =
                session_.send(Ask{.path = results_path(position), .attempted = where}, body, call_);
            if (!response) return is_gone(response.error());
            const auto count = count_header(*response);
            auto last = body.finish(count);
            if (!last) return last.error().with_context(fmt::format("{} failed", where));

            is_all_counted = is_all_counted && count && response->headers.find("Sforce-Locator");
            rows = body.rows() + static_cast<std::int64_t>(last->row_count());
            const Position next = TRY(behind(position, *response, where));
            if (next.stage == Stage::done && !is_all_counted) TRY(check_end(rows, rows_of_job, where));
            TRY(body.hand_over(std::move(*last), next));
            if (next.stage == Stage::done) return PartEnd{};
            position = next;
            if (call_.is_over()) return call_.cancelled(where);
        }
    }

  private:
    static std::string job_path(const Position& position) {
        return fmt::format("/services/data/v{}/jobs/query/{}", position.version, position.job);
    }

    static std::string results_path(const Position& position) {
        std::string path = fmt::format("{}/results?maxRecords={}", job_path(position), tuning::result_rows);
        if (!position.locator.empty()) path += "&locator=" + http::percent_encode(position.locator);
        return path;
    }

    /// The position behind a page: its locator's, or the end.
    static Result<Position> behind(const Position& position, const http::Response& response,
                                   const std::string& where) {
        const auto locator = response.headers.find("Sforce-Locator");
        if (!locator || *locator == "null") return Position{.stage = Stage::done};
        if (locator->empty() || locator->size() > 1'000 || *locator == position.locator) {
            return error(
                ErrorKind::corrupt,
                fmt::format("{} failed: the locator of the next page is empty, or this page's own", where));
        }
        return Position{.stage = Stage::job,
                        .version = position.version,
                        .job = position.job,
                        .locator = std::string{*locator}};
    }

    /// Where a page came without its count, or the last one without its locator, the job's own count has to
    /// prove that nothing is missing.
    static Result<void> check_end(std::int64_t rows, std::optional<std::int64_t> rows_of_job,
                                  const std::string& where) {
        if (rows == rows_of_job) return {};
        return error(ErrorKind::corrupt,
                     fmt::format("{} failed: no page follows, but {} rows came and the job has {}", where,
                                 rows, rows_of_job ? std::to_string(*rows_of_job) : "an unknown number"));
    }

    Error ended_badly(const JobState& job) const {
        const std::string why = job.error_message.empty()
                                    ? "Salesforce gives no reason; try a filter, or --path pages"
                                    : shown(job.error_message);
        return error(
            ErrorKind::expired,
            fmt::format("{}: job {} was {}: {}", attempted_, job.id,
                        job.state == "Aborted" ? "aborted by somebody" : "given up by Salesforce", why),
            job.state);
    }

    static Error is_gone(Error refusal) {
        if (refusal.kind == ErrorKind::not_found) {
            refusal.kind = ErrorKind::expired;
            refusal.message += "; results are kept for seven days, so the read has to begin again";
        }
        return refusal;
    }

    /// Nobody waits any more: the job is aborted, so that it doesn't use up the org's allowance.
    Error given_up(const Position& position, Error reason) {
        const Call last = Call{}.within(tuning::abort_time_max);
        const auto aborted =
            session_.send_text(Ask{.method = "PATCH",
                                   .path = job_path(position),
                                   .body = R"({"state":"Aborted"})",
                                   .attempted = fmt::format("aborting job {}", position.job)},
                               last);
        const std::string_view outcome =
            aborted ? "was aborted" : "could not be aborted and will run to its end";
        reason.message =
            fmt::format("{}; job {} {}", reason.with_context(attempted_).message, position.job, outcome);
        return reason;
    }

    Session& session_;
    const Clock& clock_;
    const ReadRequest& request_;
    BatchSink& sink_;
    const Call& call_;
    const std::string attempted_;
    const std::vector<std::size_t> ids_;
};

}  // namespace

Result<PartEnd> read_bulk(Session& session, const Clock& clock, const ReadRequest& request,
                          const Position& position, std::int64_t rows, BatchSink& sink, const Call& call) {
    BulkRead read{session, clock, request, sink, call};
    if (position.stage == Stage::job_wanted) {
        auto made = read.make_job();
        if (!made && position.may_switch && is_beyond_bulk(made.error())) {
            sink.note(
                fmt::format("{} can't be read in bulk, so it is read page by page", request.object->name));
            return PartEnd{.next = {Part{.position = Position{.stage = Stage::pages}.text()}}};
        }
        if (!made) return made.error();
        return PartEnd{.next = {Part{.position = made->text()}}};
    }
    const std::optional<std::int64_t> rows_of_job = TRY(read.wait_for(position));
    if (rows_of_job) sink.expect(*rows_of_job);
    return read.read_results(position, rows, rows_of_job);
}

}  // namespace koppla::salesforce
