#include "crm/dynamics/writing.h"

#include "crm/dynamics/batch_body.h"
#include "crm/dynamics/batch_outcomes.h"
#include "crm/dynamics/relations.h"
#include "crm/dynamics/tuning.h"
#include "crm/dynamics/write_layout.h"
#include "crm/odata/multipart.h"
#include "http/message.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

/// "/api/data/v9.2/": operations name their records by paths.
std::string path_of_root(const std::string& root) {
    const auto url = http::parse_url(root);
    return fmt::format("{}/", url ? url->path_and_query : std::string{});
}

class BatchWriter final : public RecordWriter {
  public:
    BatchWriter(Session& session, WriteLayout layout, WritePlan plan)
        : session_{session},
          layout_{std::move(layout)},
          plan_{std::move(plan)},
          root_{path_of_root(session.account().root())} {}

    [[nodiscard]] const WritePlan& plan() const override { return plan_; }
    Result<void> write(RowSource& rows, std::string_view reference, WriteSink& sink,
                       const Call& call) override;

  private:
    Result<void> send(BatchBody& body, WriteSink& sink, const Call& call);
    Result<void> settle(std::span<SentRow> rows, const odata::BatchAnswer& answer, int status,
                        WriteSink& sink, const Call& call);
    Result<void> settle_unclear(const std::vector<SentRow>& unclear, WriteSink& sink, const Call& call);

    struct Answered {
        http::Response response;
        odata::BatchAnswer batch;  ///< views the response
    };
    Result<Answered> ask(BatchBody& body, const Call& call);
    [[nodiscard]] Error whole_refused(const http::Response& response) const;

    Session& session_;
    const WriteLayout layout_;
    const WritePlan plan_;
    const std::string root_;
};

/// A batch has no name of its own: what became of one that was interrupted shows when it is sent again.
Result<void> BatchWriter::write(RowSource& rows, std::string_view /*reference*/, WriteSink& sink,
                                const Call& call) {
    TRY(rows.rewind());
    BatchBody body{layout_, root_};
    while (true) {
        const std::optional<WriteRows> next = TRY(rows.next());
        if (!next) break;
        BatchOutcomes outcomes{layout_};
        for (std::size_t row = 0; row < next->numbers.size(); ++row) {
            const bool is_full = std::cmp_greater_equal(body.sent().size(), tuning::batch_rows) ||
                                 body.bytes() >= tuning::batch_body_bytes;
            if (is_full) TRY(send(body, sink, call));
            if (auto unfit = body.add(*next, row)) outcomes.refuse(next->numbers[row], std::move(*unfit));
        }
        if (!outcomes.results().empty()) TRY(sink.settled(outcomes.results()));
    }
    return send(body, sink, call);
}

/// Sends what the body holds, tells what became of it, and leaves the body empty.
Result<void> BatchWriter::send(BatchBody& body, WriteSink& sink, const Call& call) {
    if (body.sent().empty()) return {};
    const Answered answered = TRY(ask(body, call));
    TRY(settle(body.sent(), answered.batch, answered.response.status, sink, call));
    body.clear();
    return {};
}

Result<BatchWriter::Answered> BatchWriter::ask(BatchBody& body, const Call& call) {
    const odata::Ask question{
        .method = "POST",
        .path = "$batch",
        .headers = {{"Content-Type", fmt::format("multipart/mixed; boundary={}", BatchBody::boundary)},
                    {"Prefer", "odata.continue-on-error"}},
        .body = body.finished(),
        .attempted = fmt::format("writing {} to {}", body.sent().size(), layout_.set)};
    Answered answered{.response = TRY(session_.web_api().exchange(question, call)), .batch = {}};
    const auto boundary =
        odata::boundary_of(answered.response.headers.find("Content-Type").value_or(std::string_view{}));
    if (!boundary) return whole_refused(answered.response);
    auto batch = odata::read_batch_answer(answered.response.body, *boundary, body.sent().size());
    if (!batch) {
        Error unread = batch.error();
        unread.kind = ErrorKind::in_doubt;
        return unread;
    }
    answered.batch = std::move(*batch);
    return answered;
}

/// An answer that is no batch's: mostly nothing was carried out, but for what may have failed on its way
/// back.
Error BatchWriter::whole_refused(const http::Response& response) const {
    const std::string attempted = fmt::format("writing to {}", layout_.set);
    if (response.status < 300) {
        return error(ErrorKind::in_doubt,
                     fmt::format("{} failed: the answer is no batch's, so what became of the records isn't "
                                 "known; a proxy may stand between",
                                 attempted),
                     "NO_BATCH");
    }
    Error refused = session_.web_api().refusal_of(response, attempted);
    const bool is_lost = response.status == 408 ||
                         (response.status >= 500 && response.status != 501 && response.status != 503);
    if (is_lost) refused.kind = ErrorKind::in_doubt;
    return refused;
}

Result<void> BatchWriter::settle(std::span<SentRow> rows, const odata::BatchAnswer& answer, int status,
                                 WriteSink& sink, const Call& call) {
    BatchOutcomes outcomes{layout_};
    if (auto taken = outcomes.take(rows, answer.parts); !taken) {
        Error mixed_up = taken.error();
        mixed_up.kind = ErrorKind::in_doubt;
        return mixed_up;
    }
    if (outcomes.throttled()) return *outcomes.throttled();
    const auto unanswered = rows.subspan(answer.parts.size());
    // Where it doesn't go on after a failure, its own status is that failure's, and the rest wasn't looked
    // at.
    const bool has_stopped = answer.is_whole && status >= 400;
    if (has_stopped) {
        for (const SentRow& row : unanswered)
            outcomes.postpone(row.number, "Dynamics ended the batch at an earlier record");
    }
    if (!outcomes.results().empty()) TRY(sink.settled(outcomes.results()));
    if (!outcomes.unclear().empty()) TRY(settle_unclear(outcomes.unclear(), sink, call));
    if (outcomes.account_error()) return *outcomes.account_error();
    if (unanswered.empty() || has_stopped) return {};
    return error(
        ErrorKind::in_doubt,
        fmt::format("writing to {} failed: the answer was cut short; what became of {} of {} records "
                    "isn't known",
                    layout_.set, unanswered.size(), rows.size()),
        "ANSWER_CUT");
}

/// An identifier of ours that is taken mostly names the record that we made; but Dynamics says the same where
/// another value has to be unique. So it is looked for.
Result<void> BatchWriter::settle_unclear(const std::vector<SentRow>& unclear, WriteSink& sink,
                                         const Call& call) {
    BatchBody questions{layout_, root_};
    for (const SentRow& row : unclear) questions.add_question(row);
    const Answered answered = TRY(ask(questions, call));
    BatchOutcomes outcomes{layout_};
    outcomes.take_found(questions.sent(), answered.batch.parts);
    TRY(sink.settled(outcomes.results()));
    if (answered.batch.parts.size() == unclear.size()) return {};
    return error(
        ErrorKind::in_doubt,
        fmt::format("looking for {} that are there already failed: the answer was cut short", layout_.set),
        "ANSWER_CUT");
}

Result<Relations> relations_of(Session& session, const WriteRequest& request, const RelationsWanted& wanted,
                               const Call& call) {
    if (wanted.tables.empty()) return Relations{};
    const odata::Ask ask{
        .path = relations_path(wanted.tables, wanted.types),
        .attempted = fmt::format("asking for the relationships of {}", request.object->name)};
    const http::Response response = TRY(session.web_api().send_text(ask, call));
    return Relations::of(response.body);
}

WritePlan plan_of(const Session& session, const WriteLayout& layout, std::int64_t rows) {
    const std::int64_t shipment = std::clamp<std::int64_t>(rows, 1, tuning::batch_rows);
    // The throttle lets out as many as the environment has room for, which changes while a write lasts.
    const int lanes = std::max(1, session.account().requests_in_flight);
    const bool is_keyed = layout.key_column.has_value();
    return {
        .path = WritePath::rows,
        .rows_max = shipment,
        .bytes_max = tuning::batch_cell_bytes,
        .lanes_max = lanes,
        .is_repeatable = is_keyed,
        .calls_a_shipment = static_cast<int>(shipment),
        .why = fmt::format(
            "in batches of up to {} records, up to {} at a time where the environment has room; "
            "each record counts as a request, and has an outcome of its own{}",
            shipment, lanes, is_keyed ? "" : "; without identifiers of ours a batch can't be sent again")};
}

}  // namespace

Result<std::unique_ptr<RecordWriter>> record_writer(Session& session, const WriteRequest& request,
                                                    std::int64_t rows, const Call& call) {
    const RelationsWanted wanted = TRY(check_request(request));
    const Relations relations = TRY(relations_of(session, request, wanted, call));
    WriteLayout layout = TRY(write_layout(request, relations));
    WritePlan plan = plan_of(session, layout, rows);
    return std::unique_ptr<RecordWriter>{
        std::make_unique<BatchWriter>(session, std::move(layout), std::move(plan))};
}

}  // namespace koppla::dynamics
