#include "transfer/import.h"

#include "platform/options.h"
#include "platform/runs.h"
#include "transfer/import_task.h"
#include "transfer/recorded_schema.h"
#include "transfer/staged_import.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

// How often a read that the CRM has forgotten is begun again.
constexpr int beginnings_max = 3;

// How long another program's writing is waited for before a merge: without a word, and in all.
constexpr std::chrono::seconds merge_wait_told{5};
constexpr std::chrono::minutes merge_wait_max{30};

// How old rows may be that an interrupted import of an object without a stamp left.
constexpr std::chrono::hours whole_read_kept_max{1};

Result<bool> is_empty(db::Transaction& transaction, const std::string& quoted_table) {
    const auto cursor = TRY(transaction.query(fmt::format("select 1 from {} limit 1", quoted_table)));
    return !TRY(cursor->next());
}

class Import {
  public:
    Import(const TransferSite& site, ImportOptions options, TransferObserver& observer, const Call& call)
        : site_{site}, options_{std::move(options)}, observer_{observer}, call_{call} {}

    Result<ImportReport> run() {
        const auto begun = site_.clock.steady();
        report_.object = options_.object;
        report_.run = TRY(start_run());
        Result<void> done = read_and_store();
        report_.seconds = std::chrono::duration<double>(site_.clock.steady() - begun).count();
        report_.charged_calls = charged_calls();
        if (done) return report_;
        Error failure = done.error().with_context(options_.object);
        if (const auto noted = note_failure(failure); !noted)
            failure.message +=
                fmt::format("; nor could run {} be told so: {}", report_.run, noted.error().message);
        return failure;
    }

  private:
    [[nodiscard]] std::int64_t charged_calls() const {
        return site_.connector.usage().charged_calls - calls_before_;
    }

    Result<std::int64_t> start_run() {
        const auto transaction = TRY(site_.database.begin(db::Access::write, call_));
        // Runs are looked up by the schema's spelling, whatever was typed.
        if (const auto schema = recorded_schema(*transaction, site_.account, options_.object); schema)
            options_.object = schema->name;
        const std::int64_t run = TRY(Runs{*transaction}.start({.kind = "import",
                                                               .account = site_.account,
                                                               .object = options_.object,
                                                               .started_at = site_.clock.now()}));
        TRY(transaction->commit());
        return run;
    }

    Result<void> read_and_store() {
        task_ = TRY(prepare_import(site_, options_, call_));
        report_.table = task_.schema.local_table;
        report_.notices = task_.notices;
        report_.from = task_.window.from;
        for (int beginning = 1; true; ++beginning) {
            const auto staging = TRY(begin_staging());
            Result<void> staged = stage(*staging);
            if (staged) {
                Result<void> stored = store(*staging);
                if (stored || may_go_on(stored.error())) return stored ? stored : interrupt(stored.error());
                // The same rows would fail again; the CRM may have better ones by then.
                staging->discard();
                return stored;
            }
            if (staged.error().kind != ErrorKind::expired || beginning == beginnings_max) {
                if (report_.read > 0 && may_go_on(staged.error())) return interrupt(staged.error());
                if (report_.read == 0) staging->discard();
                return staged;
            }
            observer_.trouble(fmt::format("{}; beginning again", staged.error().message));
            staging->discard();
            resumed_at_.reset();
            if (!task_.position.feed_mark.empty()) begin_feed_anew(staged.error());
        }
    }

    void begin_feed_anew(const Error& why) {
        task_.position.feed_mark.clear();
        task_.window.from.reset();
        report_.from.reset();
        report_.notices.push_back(fmt::format(
            "{}: all records were read and compared, and those that are gone marked", why.message));
    }

    /// The rows of an interrupted import that asked the same, or none.
    Result<std::unique_ptr<db::Staging>> begin_staging() {
        const auto begin = [&] {
            return site_.database.begin_staging(task_.schema.local_table, loader_columns(task_.target()));
        };
        ReadRequest question = read_request();
        question.filter = task_.position.filter;
        staged_ = {.question = question_of(question, task_.position, task_.after_run),
                   .window = task_.window};
        auto staging = TRY(begin());
        if (staging->kept().empty()) return staging;
        Result<StagedImport> earlier = staged_import_from_json(staging->kept());
        if (earlier && earlier->question == staged_.question && is_recent(*earlier)) {
            staged_ = std::move(*earlier);
            resumed_at_ = staged_.state.counts.rows + staged_.state.counts.rejected;
            return staging;
        }
        staging->discard();
        staging.reset();
        report_.notices.emplace_back("what an interrupted import of another kind had read was dropped");
        return begin();
    }

    /// Where changes are read, an old stretch is as good as a new one; what is read whole has to be of now.
    [[nodiscard]] bool is_recent(const StagedImport& earlier) const {
        return task_.by_feed || !task_.position.index_field.empty() ||
               task_.window.next - earlier.window.next <= whole_read_kept_max;
    }

    Result<void> stage(db::Staging& staging) {
        ReadRequest request = read_request();
        if (!task_.by_feed) request.until = staged_.window.until;
        bool is_begun = !staging.kept().empty();
        StagingConsumer consumer{staging, staged_};
        PumpOptions options = pump_options();
        for (; staged_.conditions_done < task_.conditions.size(); ++staged_.conditions_done) {
            request.filter = task_.conditions[staged_.conditions_done];
            if (!std::exchange(is_begun, false)) TRY(plan(request));
            report_.why = staged_.why;
            observer_.note(staged_.why);
            options.lanes = staged_.lanes;
            const auto pumped = pump(site_.connector, request, staged_.state, options, consumer, observer_,
                                     site_.clock, call_);
            note_counts();
            if (!pumped) return pumped.error();
        }
        TRY(staging.finish());
        return {};
    }

    /// A read of another condition begins; what the CRM counted of those before is added up.
    Result<void> plan(const ReadRequest& request) {
        ReadPlan plan = TRY(site_.connector.plan(request, call_));
        staged_.why = std::move(plan.why);
        staged_.lanes = std::max(1, plan.lanes_max);
        staged_.state.parts = std::move(plan.parts);
        if (staged_.state.counts.expected) staged_.expected_before += *staged_.state.counts.expected;
        staged_.state.counts.expected.reset();
        return {};
    }

    [[nodiscard]] PumpOptions pump_options() const {
        PumpOptions options;
        for (std::size_t i = 0; i < task_.fields.size(); ++i)
            options.columns.push_back(converted_type(task_.fields[i]->type, task_.treatments[i]));
        options.treatments = task_.treatments;
        options.hash = site_.hash;
        const auto key = std::ranges::find(task_.position.fields, task_.schema.key);
        options.key_column = static_cast<std::size_t>(std::distance(task_.position.fields.begin(), key));
        return options;
    }

    /// Another import's merge may take its time; what was staged can wait for it.
    Result<std::unique_ptr<db::Transaction>> begin_merge() {
        auto begun = site_.database.begin(db::Access::write_own, call_.within(merge_wait_told));
        if (begun || begun.error().kind != ErrorKind::unavailable || call_.is_over()) return begun;
        observer_.trouble(fmt::format("{}; waiting for it", begun.error().message));
        return site_.database.begin(db::Access::write_own, call_.within(merge_wait_max));
    }

    /// Rows, position and the run's end become visible together.
    Result<void> store(db::Staging& staging) {
        observer_.note("merging");
        const auto transaction = TRY(begin_merge());
        const db::Dialect& dialect = site_.database.dialect();
        const bool is_first = TRY(is_empty(*transaction, dialect.quoted(task_.schema.local_table)));
        // A feed's changes may hold tombstones, which an empty table has no use for.
        const bool fills = is_first && task_.adds_rows && task_.position.feed_mark.empty();
        report_.written = TRY(fills ? fill(*transaction, dialect, task_.target(), staging.name())
                                    : merge(*transaction, dialect, task_.target(), staging.name()));
        if (task_.by_feed && !is_first && task_.position.feed_mark.empty())
            TRY(mark_those_gone(*transaction, staging));
        TRY(finish(*transaction));
        staging.discard();
        return {};
    }

    /// The whole feed was read: what it doesn't hold is not in the CRM any more.
    Result<void> mark_those_gone(db::Transaction& transaction, const db::Staging& staging) {
        if (staged_.state.counts.rejected > static_cast<std::int64_t>(staged_.rejects.size())) {
            report_.notices.emplace_back(
                "too many records were refused to tell which of the others are gone: none was marked");
            return {};
        }
        std::vector<std::string> refused;
        for (const model::RejectedRow& row : staged_.rejects) refused.push_back(row.key);
        const std::int64_t marked =
            TRY(mark_missing(transaction, site_.database.dialect(), task_.target(), staging.name(), refused));
        report_.written.changed += marked;
        if (marked > 0)
            report_.notices.push_back(
                fmt::format("{} records are gone from the CRM, and were marked", marked));
        return {};
    }

    static bool may_go_on(const Error& why) {
        return why.kind == ErrorKind::cancelled || why.kind == ErrorKind::unavailable ||
               why.kind == ErrorKind::in_doubt || why.kind == ErrorKind::throttled;
    }

    /// What was staged stays, and the next import that asks the same goes on with it.
    Result<void> interrupt(const Error& why) {
        report_.outcome = ImportOutcome::interrupted;
        report_.interruption = why.with_context(options_.object);
        report_.interruption->message += fmt::format(
            "; {} rows are kept: start the same import again, and it goes on there", report_.read);
        return note_interruption();
    }

    [[nodiscard]] ReadRequest read_request() const {
        if (task_.by_feed) {
            return {.object = &task_.schema,
                    .fields = task_.position.fields,
                    .path = options_.path,
                    .by_feed = true,
                    .feed_mark = task_.position.feed_mark};
        }
        ReadRequest request{.object = &task_.schema,
                            .fields = task_.position.fields,
                            .index_field = task_.position.index_field,
                            .from = task_.window.from,
                            .until = task_.window.until,
                            .order_by = options_.order_by,
                            .row_limit = options_.row_limit,
                            .path = options_.path};
        return request;
    }

    void note_counts() {
        const PumpCounts& counts = staged_.state.counts;
        report_.read = counts.rows + counts.rejected;
        report_.rejected = counts.rejected;
        report_.expected = counts.expected;
        if (report_.expected) *report_.expected += staged_.expected_before;
    }

    /// Everything that has to become visible together with the rows.
    Result<void> finish(db::Transaction& transaction) {
        if (resumed_at_) {
            report_.notices.push_back(
                fmt::format("goes on where an interrupted import stopped, at row {}", *resumed_at_));
        }
        const PumpCounts& counts = staged_.state.counts;
        if (counts.conversion.nul_bytes_removed > 0) {
            report_.notices.push_back(
                fmt::format("{} NUL bytes, which no database text can hold, were removed",
                            counts.conversion.nul_bytes_removed));
        }
        if (options_.ids && report_.read < static_cast<std::int64_t>(options_.ids->size())) {
            report_.notices.push_back(
                fmt::format("of {} wanted records {} are not in the CRM, or hidden", options_.ids->size(),
                            static_cast<std::int64_t>(options_.ids->size()) - report_.read));
        }
        if (report_.expected && *report_.expected != report_.read) {
            report_.outcome = ImportOutcome::incomplete;
            report_.notices.push_back(fmt::format(
                "the CRM counted {} records and sent {}: the position stays, and the next import reads "
                "this stretch again",
                *report_.expected, report_.read));
        } else if (task_.stores_position) {
            TRY(store_position(transaction));
        }
        TRY(note_end(transaction));
        return transaction.commit();
    }

    Result<void> store_position(db::Transaction& transaction) {
        if (task_.by_feed && staged_.state.feed_mark.empty()) {
            return error(ErrorKind::corrupt,
                         "the feed of changes ended without telling where its next read begins");
        }
        task_.position.feed_mark = staged_.state.feed_mark;
        report_.position = staged_.window.next;
        return Options{transaction}.set(
            {.name = position_option(site_.account, task_.schema.name),
             .value = format_instant(staged_.window.next),
             .comment = fmt::format("Last import of {} from {}", task_.schema.name, site_.account),
             .scope = scope_json(task_.position),
             .updated_at = site_.clock.now(),
             .updated_by = site_.user});
    }

    Result<void> note_end(db::Transaction& transaction) {
        Runs runs{transaction};
        std::vector<Reject> rejects;
        for (const model::RejectedRow& row : staged_.rejects) {
            rejects.push_back(
                {.object = task_.schema.name,
                 .remote_id = row.key,
                 .symbol = "INVALID_VALUE",
                 .message = fmt::format("{}: {}", task_.fields.at(row.column)->name, row.message),
                 .record = row.raw});
        }
        TRY(runs.add_rejects(report_.run, rejects));
        return runs.finish(report_.run,
                           run_end(report_.outcome == ImportOutcome::complete ? RunOutcome::complete
                                                                              : RunOutcome::incomplete,
                                   fmt::format("{}", fmt::join(report_.notices, "; "))));
    }

    [[nodiscard]] RunEnd run_end(RunOutcome outcome, std::string message) const {
        return RunEnd{.ended_at = site_.clock.now(),
                      .outcome = outcome,
                      .counts = {.read = report_.read,
                                 .added = report_.written.added,
                                 .changed = report_.written.changed,
                                 .unchanged = report_.written.unchanged,
                                 .rejected = report_.rejected,
                                 .crm_rows = report_.expected,
                                 .calls = charged_calls()},
                      .message = std::move(message)};
    }

    /// A run that was stopped still has to be told as such, so the caller's stop doesn't count here.
    Result<void> end_run(RunOutcome outcome, const std::string& message) {
        const auto transaction =
            TRY(site_.database.begin(db::Access::write, Call{}.within(std::chrono::seconds{10})));
        report_.written = {};
        TRY(Runs{*transaction}.finish(report_.run, run_end(outcome, message)));
        return transaction->commit();
    }
    Result<void> note_failure(const Error& why) { return end_run(RunOutcome::failed, why.message); }
    Result<void> note_interruption() {
        return end_run(RunOutcome::incomplete, report_.interruption->message);
    }

    const TransferSite& site_;
    ImportOptions options_;
    TransferObserver& observer_;
    const Call& call_;
    const std::int64_t calls_before_ = site_.connector.usage().charged_calls;
    ImportTask task_;
    ImportReport report_;
    StagedImport staged_;
    std::optional<std::int64_t> resumed_at_;  ///< by an earlier import, so many rows were read
};

}  // namespace

Result<ImportReport> import_object(const TransferSite& site, const ImportOptions& options,
                                   TransferObserver& observer, const Call& call) {
    return Import{site, options, observer, call}.run();
}

}  // namespace koppla
