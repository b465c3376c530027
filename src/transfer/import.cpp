#include "transfer/import.h"

#include "platform/local_table.h"
#include "platform/options.h"
#include "platform/runs.h"
#include "platform/schemas.h"
#include "transfer/staged_import.h"
#include "transfer/window.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

using model::FieldSchema;
using model::ObjectSchema;

// How often a read that the CRM has forgotten is begun again.
constexpr int beginnings_max = 3;

/// What one import does, made before the first row is read.
struct ImportTask {
    ObjectSchema schema;
    std::vector<const FieldSchema*> fields;
    ImportWindow window;
    ImportPosition position;
    std::string condition;  ///< in the CRM's own words
    bool stores_position = true;
    std::int64_t after_run = 0;  ///< the last complete one of this object
    std::vector<std::string> notices;

    [[nodiscard]] MergeTarget target() const { return {.schema = schema, .fields = fields}; }
};

Result<ObjectSchema> recorded_schema(db::Transaction& transaction, const std::string& account,
                                     const std::string& object) {
    Result<RecordedSchema> recorded = Schemas{transaction}.find(account, object);
    if (recorded) return std::move(recorded->schema);
    if (recorded.error().kind != ErrorKind::not_found) return recorded.error();
    return error(
        ErrorKind::not_found,
        fmt::format("{} isn't in the schema of account {}; take it in with: koppla wizard {} --tables {}",
                    object, account, account, object));
}

Result<std::vector<const FieldSchema*>> chosen_fields(const ObjectSchema& schema,
                                                      const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        if (schema.find(name) == nullptr) {
            return error(
                ErrorKind::not_found,
                fmt::format("the schema has no field {}.{}; see: koppla schema show", schema.name, name));
        }
    }
    std::vector<const FieldSchema*> fields;
    for (const FieldSchema& field : schema.fields) {
        const bool is_needed =
            field.name == schema.key || field.name == schema.stamp || field.name == schema.removal_flag;
        const bool is_chosen = names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
                                   return schema.find(name) == &field;
                               });
        if (is_needed || is_chosen) fields.push_back(&field);
    }
    return fields;
}

Result<bool> is_empty(db::Transaction& transaction, const std::string& quoted_table) {
    const auto cursor = TRY(transaction.query(fmt::format("select 1 from {} limit 1", quoted_table)));
    return !TRY(cursor->next());
}

class Import {
  public:
    Import(const ImportSite& site, ImportOptions options, ReadObserver& observer, const Call& call)
        : site_{site}, options_{std::move(options)}, observer_{observer}, call_{call} {}

    Result<ImportReport> run() {
        const auto begun = site_.clock.steady();
        report_.object = options_.object;
        report_.run = TRY(start_run());
        Result<void> done = read_and_store();
        report_.seconds = std::chrono::duration<double>(site_.clock.steady() - begun).count();
        report_.charged_calls = charged_calls();
        if (!done) {
            TRY(note_failure(done.error()));
            return done.error().with_context(options_.object);
        }
        return report_;
    }

  private:
    [[nodiscard]] std::int64_t charged_calls() const {
        return site_.connector.usage().charged_calls - calls_before_;
    }

    Result<std::int64_t> start_run() {
        const auto transaction = TRY(site_.database.begin(db::Access::write, call_));
        const std::int64_t run = TRY(Runs{*transaction}.start({.kind = "import",
                                                               .account = site_.account,
                                                               .object = options_.object,
                                                               .started_at = site_.clock.now()}));
        TRY(transaction->commit());
        return run;
    }

    Result<void> read_and_store() {
        task_ = TRY(prepare());
        report_.table = task_.schema.local_table;
        report_.notices = task_.notices;
        report_.from = task_.window.from;
        for (int beginning = 1; true; ++beginning) {
            const auto staging = TRY(begin_staging());
            const Result<void> staged = stage(*staging);
            if (staged) return store(*staging);
            if (staged.error().kind != ErrorKind::expired || beginning == beginnings_max)
                return give_up(staged.error(), *staging);
            observer_.note(fmt::format("{}; beginning again", staged.error().message));
            staging->discard();
        }
    }

    /// The rows of an interrupted import that asked the same, or none.
    Result<std::unique_ptr<db::Staging>> begin_staging() {
        const auto begin = [&] {
            return site_.database.begin_staging(task_.schema.local_table, loader_columns(task_.target()));
        };
        ReadRequest question = read_request();
        question.filter = task_.position.filter;
        staged_ = {.question = question_of(question, task_.after_run), .window = task_.window};
        auto staging = TRY(begin());
        if (staging->kept().empty()) return staging;
        Result<StagedImport> earlier = staged_import_from_json(staging->kept());
        if (earlier && earlier->question == staged_.question) {
            staged_ = std::move(*earlier);
            report_.notices.push_back(fmt::format("goes on where an interrupted import stopped, at row {}",
                                                  staged_.state.counts.rows + staged_.state.counts.rejected));
            return staging;
        }
        staging->discard();
        staging.reset();
        report_.notices.emplace_back("what an interrupted import of another kind had read was dropped");
        return begin();
    }

    Result<void> stage(db::Staging& staging) {
        ReadRequest request = read_request();
        request.until = staged_.window.until;
        if (staging.kept().empty()) {
            ReadPlan plan = TRY(site_.connector.plan(request, call_));
            staged_.why = std::move(plan.why);
            staged_.state.parts = std::move(plan.parts);
        }
        report_.why = staged_.why;
        observer_.note(staged_.why);
        PumpOptions options;
        for (const FieldSchema* field : task_.fields) options.columns.push_back(field->type);
        const auto key = std::ranges::find(task_.position.fields, task_.schema.key);
        options.key_column = static_cast<std::size_t>(std::distance(task_.position.fields.begin(), key));
        StagingConsumer consumer{staging, staged_};
        const auto pumped =
            pump(site_.connector, request, staged_.state, options, consumer, observer_, site_.clock, call_);
        note_counts();
        if (!pumped) return pumped.error();
        TRY(staging.finish());
        return {};
    }

    /// Rows, position and the run's end become visible together.
    Result<void> store(db::Staging& staging) {
        observer_.note("merging");
        const auto transaction = TRY(site_.database.begin(db::Access::write, call_));
        const db::Dialect& dialect = site_.database.dialect();
        const bool is_first = TRY(is_empty(*transaction, dialect.quoted(task_.schema.local_table)));
        report_.written = TRY(is_first ? fill(*transaction, dialect, task_.target(), staging.name())
                                       : merge(*transaction, dialect, task_.target(), staging.name()));
        TRY(finish(*transaction));
        staging.discard();
        return {};
    }

    /// What can be gone on with is told as interrupted; of anything else nothing is kept that isn't there.
    Result<void> give_up(const Error& why, db::Staging& staging) {
        const std::int64_t rows = report_.read;
        const bool may_go_on = why.kind == ErrorKind::cancelled || why.kind == ErrorKind::unavailable ||
                               why.kind == ErrorKind::in_doubt || why.kind == ErrorKind::throttled;
        if (rows == 0) staging.discard();
        if (!may_go_on || rows == 0) return why;
        report_.outcome = ImportOutcome::interrupted;
        report_.interruption = why.with_context(options_.object);
        report_.interruption->message +=
            fmt::format("; {} rows are kept: start the same import again, and it goes on there", rows);
        return note_interruption();
    }

    Result<ImportTask> prepare() {
        const auto transaction = TRY(site_.database.begin(db::Access::read, call_));
        ImportTask task;
        task.schema = TRY(recorded_schema(*transaction, site_.account, options_.object));
        options_.object = task.schema.name;
        task.fields = TRY(chosen_fields(task.schema, options_.fields));
        task.position = {.object = task.schema.name,
                         .index_field = task.schema.stamp,
                         .fields = {},
                         .filter = filter_text()};
        for (const FieldSchema* field : task.fields) task.position.fields.push_back(field->name);
        const std::optional<Instant> position = TRY(stored_position(*transaction, task));
        const Instant crm_now = TRY(site_.connector.now(call_));
        task.condition = TRY(condition(task.schema, crm_now));
        task.window = next_window(position, crm_now, options_.safety_lag, {});
        task.after_run = TRY(Runs{*transaction}.last_complete(
            {.kind = "import", .account = site_.account, .object = task.schema.name}));
        if (task.schema.stamp.empty()) {
            task.stores_position = false;
            task.notices.emplace_back(
                "the object has no field that tells changes: every import reads and compares all of it");
        } else if (options_.row_limit || !options_.order_by.empty()) {
            task.stores_position = false;
            task.notices.emplace_back(
                "the position stays: with a row limit or an order of its own an import may end anywhere");
        }
        return task;
    }

    /// The filter as it was asked, whichever moment its relative ones mean now.
    [[nodiscard]] std::string filter_text() const {
        std::string text = options_.filter ? to_text(*options_.filter) : "";
        if (options_.crm_filter.empty()) return text;
        return text.empty() ? options_.crm_filter : fmt::format("{} and {}", text, options_.crm_filter);
    }

    [[nodiscard]] Result<std::string> condition(const ObjectSchema& schema, Instant now) const {
        if (!options_.filter) return options_.crm_filter;
        std::string own = TRY(site_.connector.condition(*options_.filter, schema, now));
        if (options_.crm_filter.empty()) return own;
        return fmt::format("({}) AND ({})", own, options_.crm_filter);
    }

    /// From where to read; nothing where everything is to be read.
    Result<std::optional<Instant>> stored_position(db::Transaction& transaction, const ImportTask& task) {
        if (options_.extent == ImportExtent::everything || task.schema.stamp.empty())
            return std::optional<Instant>{};
        const std::string name = position_option(site_.account, task.schema.name);
        const auto option = TRY(Options{transaction}.find(name));
        if (!option || option->value.empty()) return std::optional<Instant>{};
        Result<ImportPosition> saved = position_from(option->value, option->scope);
        if (!saved) return saved.error().with_context("option " + name);
        const std::string differs = difference(*saved, task.position);
        if (!differs.empty() && options_.other_question == OtherQuestion::refuse) {
            return error(
                ErrorKind::conflict,
                fmt::format("the position in option {} was reached by another import: {}. Records that "
                            "didn't change since {} would be missed; read everything with --full, or "
                            "go on from there with --accept-index",
                            name, differs, option->value));
        }
        return std::optional<Instant>{saved->at};
    }

    [[nodiscard]] ReadRequest read_request() const {
        ReadRequest request{.object = &task_.schema,
                            .fields = task_.position.fields,
                            .filter = task_.condition,
                            .index_field = task_.schema.stamp,
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
    }

    /// Everything that has to become visible together with the rows.
    Result<void> finish(db::Transaction& transaction) {
        const PumpCounts& counts = staged_.state.counts;
        if (counts.conversion.nul_bytes_removed > 0) {
            report_.notices.push_back(
                fmt::format("{} NUL bytes, which no database text can hold, were removed",
                            counts.conversion.nul_bytes_removed));
        }
        if (counts.expected && *counts.expected != report_.read) {
            report_.outcome = ImportOutcome::incomplete;
            report_.notices.push_back(fmt::format(
                "the CRM counted {} records and sent {}: the position stays, and the next import reads "
                "this stretch again",
                *counts.expected, report_.read));
        } else if (task_.stores_position) {
            TRY(store_position(transaction));
        }
        TRY(note_end(transaction));
        return transaction.commit();
    }

    Result<void> store_position(db::Transaction& transaction) {
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

    const ImportSite& site_;
    ImportOptions options_;
    ReadObserver& observer_;
    const Call& call_;
    const std::int64_t calls_before_ = site_.connector.usage().charged_calls;
    ImportTask task_;
    ImportReport report_;
    StagedImport staged_;
};

}  // namespace

Result<ImportReport> import_object(const ImportSite& site, const ImportOptions& options,
                                   ReadObserver& observer, const Call& call) {
    return Import{site, options, observer, call}.run();
}

}  // namespace koppla
