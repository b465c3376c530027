#include "transfer/export.h"

#include "platform/rows.h"
#include "platform/runs.h"
#include "transfer/export_rows.h"
#include "transfer/recorded_schema.h"
#include "transfer/sending.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::ordered_json;

std::string lock_name(std::int64_t run) {
    return fmt::format("run/{}", run);
}

constexpr std::string_view undecided_symbol = "UNDECIDED";
constexpr std::int64_t rejects_max = 10'000'000;
constexpr std::size_t rejects_of_a_step = 1'000;

/// How long another program's writing is waited for before the rows are frozen.
constexpr std::chrono::minutes freeze_wait_max{10};

/// One run, from where it stands.
class Export {
  public:
    Export(const TransferSite& site, TransferObserver& observer, const Call& call)
        : site_{site}, observer_{observer}, call_{call} {}

    Result<ExportReport> begin(const ExportOptions& options) {
        PreparedExport prepared = TRY(prepare_export(site_, options, call_));
        schema_ = prepared.schema;
        // What no row could be right with is told before anything is stored.
        const WriteRequest request = TRY(request_of(prepared.definition, schema_));
        TRY(site_.connector.writer(request, 1, call_));
        observer_.note("freezing the rows that are to be sent");
        const auto reading = TRY(site_.database.begin(db::Access::read, call_));
        const auto rows = TRY(open_rows(site_, *reading, prepared, options.query));
        TRY(freeze(prepared, *rows));
        return send();
    }

    Result<ExportReport> replay(std::int64_t run, const TextTable& table, bool again) {
        PreparedExport prepared;
        {
            const auto transaction = TRY(site_.database.begin(db::Access::read, call_));
            prepared.definition = TRY(Exports{*transaction}.find(run));
            schema_ = TRY(recorded_schema(*transaction, site_.account, prepared.definition.object));
        }
        if (const std::int64_t later = prepared.definition.replayed_by; later != 0 && !again) {
            return error(
                ErrorKind::conflict,
                fmt::format("run {0} sent again already what run {1} had refused; what it had refused "
                            "in turn: koppla run replay {0}; to send rows of run {1} once more: --again",
                            later, run));
        }
        prepared.schema = schema_;
        prepared.definition.server = site_.server;
        prepared.definition.row_name.clear();
        prepared.definition.replayed_by = 0;
        for (MappedColumn& column : prepared.definition.columns) {
            column.trims = false;
            column.treatment = model::Treatment::standard;
        }
        replayed_ = run;
        TextRows rows{table};
        TRY(freeze(prepared, rows));
        report_.notices.push_back(fmt::format("sends again what run {} had refused", run));
        return send();
    }

    Result<ExportReport> resume(std::int64_t run) {
        report_.run = run;
        lock_ = TRY(lock(run));
        const auto transaction = TRY(site_.database.begin(db::Access::write, call_));
        definition_ = TRY(Exports{*transaction}.find(run));
        if (TRY(Exports{*transaction}.is_over(run)))
            return error(ErrorKind::conflict, fmt::format("run {} is over: nothing is left to send", run));
        if (!definition_.server.empty() && definition_.server != site_.server) {
            return error(ErrorKind::conflict,
                         fmt::format("run {} was to be sent to {}, and the account {} leads to {} now", run,
                                     definition_.server, site_.account, site_.server));
        }
        schema_ = TRY(recorded_schema(*transaction, site_.account, definition_.object));
        TRY(request_of(definition_, schema_));
        TRY(Runs{*transaction}.go_on(run));
        TRY(transaction->commit());
        report_.notices.emplace_back("goes on where it stopped");
        return send();
    }

  private:
    Result<std::unique_ptr<db::Lock>> lock(std::int64_t run) const {
        auto lock = site_.database.lock(lock_name(run));
        if (!lock && lock.error().kind == ErrorKind::conflict)
            return error(ErrorKind::conflict, fmt::format("run {} is going on in another process", run));
        return lock;
    }

    /// Run, definition and rows become durable together.
    Result<void> freeze(const PreparedExport& prepared, db::Cursor& rows) {
        definition_ = prepared.definition;
        const auto transaction = TRY(site_.database.begin(db::Access::write, call_.within(freeze_wait_max)));
        TRY(refuse_beside_unfinished(*transaction));
        report_.run = TRY(Runs{*transaction}.start({.kind = std::string{definition_.kind()},
                                                    .account = site_.account,
                                                    .object = definition_.object,
                                                    .started_at = site_.clock.now()}));
        FrozenRows frozen = TRY(freeze_rows(site_, *transaction, report_.run, prepared, rows, call_));
        definition_.rows = frozen.rows;
        definition_.refused = frozen.refused;
        Exports exports{*transaction};
        TRY(exports.add(report_.run, definition_));
        if (replayed_ != 0) {
            ExportDefinition earlier = TRY(exports.find(replayed_));
            earlier.replayed_by = report_.run;
            TRY(exports.change(replayed_, earlier));
        }
        // Before anybody can see the run, and go on with it.
        lock_ = TRY(lock(report_.run));
        TRY(transaction->commit());
        report_.notices = std::move(frozen.notices);
        return {};
    }

    /// What was sent once must not be sent again because somebody gave the command twice.
    Result<void> refuse_beside_unfinished(db::Transaction& transaction) const {
        const auto run =
            TRY(Exports{transaction}.unfinished(definition_.kind(), site_.account, definition_.object));
        if (!run) return {};
        return error(ErrorKind::conflict,
                     fmt::format("run {0}, an earlier {1} of {2}, hasn't sent all its rows; go on with it: "
                                 "koppla run resume {0}, or drop what is left: koppla run forget {0}",
                                 *run, definition_.kind(), definition_.object));
    }

    Result<ExportReport> send() {
        report_.object = definition_.object;
        report_.operation = definition_.operation;
        report_.rows = definition_.rows;
        const auto begun = site_.clock.steady();
        WriteJournal journal{site_.database, report_.run, definition_.columns.size()};
        const WriteRequest request = TRY(request_of(definition_, schema_));
        Sending sending{site_, definition_, request, journal, observer_, call_};
        Result<void> done = sending.run();
        report_.why = sending.why();
        report_.seconds = std::chrono::duration<double>(site_.clock.steady() - begun).count();
        report_.charged_calls = site_.connector.usage().charged_calls - calls_before_;
        if (done) done = finish(journal);
        if (done) return report_;
        if (const auto noted = interrupt(journal, done.error()); !noted)
            return noted.error().with_context(done.error().message);
        return report_;
    }

    /// A run that was stopped still has to be told as such, so the caller's stop doesn't count here.
    [[nodiscard]] static Call last_word() { return Call{}.within(std::chrono::seconds{30}); }

    Result<void> finish(WriteJournal& journal) {
        observer_.note("counting what became of the rows");
        const Call call = last_word();
        const auto transaction = TRY(site_.database.begin(db::Access::write, call));
        TRY(name_rows(*transaction));
        TRY(keep_rejects(*transaction));
        TRY(count(journal));
        TRY(transaction->execute(fmt::format("drop table {}", WriteJournal::table_of(report_.run))));
        Exports exports{*transaction};
        TRY(exports.end(report_.run));
        TRY(exports.forget_before(report_.run, definition_.kind(), site_.account, definition_.object));
        if (report_.written.undecided > 0) {
            report_.notices.push_back(fmt::format(
                "of {} rows nobody knows whether the CRM took them; look at them with: koppla run show {}",
                report_.written.undecided, report_.run));
        }
        TRY(end_run(*transaction,
                    report_.written.undecided == 0 ? RunOutcome::complete : RunOutcome::incomplete,
                    fmt::format("{}", fmt::join(report_.notices, "; "))));
        return transaction->commit();
    }

    Result<void> count(WriteJournal& journal) {
        report_.written = TRY(journal.counts(last_word()));
        report_.written.refused += definition_.refused;
        return {};
    }

    Result<void> name_rows(db::Transaction& transaction) const {
        if (definition_.row_name.empty()) return {};
        TRY(
            transaction.execute(fmt::format("update koppla_result set row_name = (select w.row_name from {} w"
                                            " where w.position = koppla_result.position) where run = {}",
                                            WriteJournal::table_of(report_.run), report_.run)));
        return {};
    }

    Result<void> keep_rejects(db::Transaction& transaction) {
        std::string columns;
        for (std::size_t i = 0; i < definition_.columns.size(); ++i)
            columns += fmt::format(", w.{}", WriteJournal::column_of(i));
        const auto rows = TRY(transaction.query(
            fmt::format("select r.outcome, r.remote_id, r.symbol, r.message, r.fields{} from koppla_result r"
                        " join {} w on w.position = r.position"
                        " where r.run = {} and r.outcome in ('refused', 'undecided')"
                        " order by r.position",
                        columns, WriteJournal::table_of(report_.run), report_.run)));
        std::vector<Reject> rejects;
        while (TRY(rows->next())) {
            rejects.push_back(reject_of(*rows));
            if (rejects.size() < rejects_of_a_step) continue;
            TRY(Runs{transaction}.add_rejects(report_.run, rejects));
            rejects.clear();
        }
        return Runs{transaction}.add_rejects(report_.run, rejects);
    }

    [[nodiscard]] Reject reject_of(const db::Cursor& row) const {
        return {.object = definition_.object,
                .remote_id = text_at(row, 1),
                .symbol = text_at(row, 2),
                .message = text_at(row, 3),
                .record = record_of(definition_, row, 5),
                .fields = text_at(row, 4),
                .is_undecided = row.text(0) == "undecided"};
    }

    Result<void> end_run(db::Transaction& transaction, RunOutcome outcome, std::string message) const {
        const WriteCounts& written = report_.written;
        return Runs{transaction}.finish(report_.run, {.ended_at = site_.clock.now(),
                                                      .outcome = outcome,
                                                      .counts = {.read = report_.rows,
                                                                 .added = written.created,
                                                                 .changed = written.done,
                                                                 .rejected = written.refused,
                                                                 .calls = report_.charged_calls},
                                                      .message = std::move(message)});
    }

    Result<void> interrupt(WriteJournal& journal, const Error& why) {
        report_.outcome = ExportOutcome::interrupted;
        TRY(count(journal));
        report_.interruption = why.with_context(definition_.object);
        report_.interruption->message += fmt::format(
            "; {} of {} rows are settled, the others are kept: koppla run resume {} goes on there",
            report_.written.settled(), report_.rows, report_.run);
        const auto transaction = TRY(site_.database.begin(db::Access::write, last_word()));
        TRY(end_run(*transaction, RunOutcome::incomplete, report_.interruption->message));
        return transaction->commit();
    }

    const TransferSite& site_;
    TransferObserver& observer_;
    const Call& call_;
    const std::int64_t calls_before_ = site_.connector.usage().charged_calls;
    model::ObjectSchema schema_;
    ExportDefinition definition_;
    std::int64_t replayed_ = 0;  ///< the run whose refused rows these are; or 0
    std::unique_ptr<db::Lock> lock_;
    ExportReport report_;
};

}  // namespace

Result<ExportReport> export_rows(const TransferSite& site, const ExportOptions& options,
                                 TransferObserver& observer, const Call& call) {
    return Export{site, observer, call}.begin(options);
}

Result<ExportReport> resume_export(const TransferSite& site, std::int64_t run, TransferObserver& observer,
                                   const Call& call) {
    return Export{site, observer, call}.resume(run);
}

Result<ExportReport> replay_export(const TransferSite& site, std::int64_t run,
                                   const std::optional<TextTable>& mended, bool again,
                                   TransferObserver& observer, const Call& call) {
    TextTable table = mended ? *mended : TRY(rejects_of(site.database, run, call));
    // What may be there already is sent again by nobody but a person who has looked.
    std::size_t undecided = 0;
    if (!mended) {
        undecided =
            std::erase_if(table.rows, [](const auto& row) { return row.front() == undecided_symbol; });
    }
    if (table.rows.empty() && mended) return error(ErrorKind::invalid, "the file has no rows to send");
    if (table.rows.empty()) {
        return error(
            ErrorKind::not_found,
            fmt::format("run {0} has no refused rows to send again{1}", run,
                        undecided == 0 ? ""
                                       : "; undecided ones go by a file alone, after a look at the CRM: "
                                         "koppla run rejects --csv, koppla run replay --csv"));
    }
    return Export{site, observer, call}.replay(run, table, again);
}

Result<TextTable> rejects_of(db::Database& database, std::int64_t run, const Call& call) {
    const auto transaction = TRY(database.begin(db::Access::read, call));
    TRY(Runs{*transaction}.find(run));
    TextTable table{.columns = {"error_symbol", "error_message", "error_fields", "error_record_id"},
                    .rows = {}};
    const std::size_t own = table.columns.size();
    for (const Reject& reject : TRY(Runs{*transaction}.rejects(run, rejects_max))) {
        const ordered_json record = ordered_json::parse(reject.record, nullptr, false);
        std::vector<std::optional<std::string>> row{
            reject.is_undecided ? std::string{undecided_symbol} : reject.symbol, reject.message,
            reject.fields, reject.remote_id};
        // What an import refused is kept as it arrived, without names.
        if (!record.is_object()) {
            table.columns.resize(own + 1, "record");
            row.emplace_back(reject.record);
            table.rows.push_back(std::move(row));
            continue;
        }
        if (table.rows.empty()) {
            for (const auto& [column, value] : record.items()) table.columns.push_back(column);
        }
        row.resize(table.columns.size());
        for (std::size_t i = own; i < row.size(); ++i) {
            const auto value = record.find(table.columns[i]);
            if (value != record.end() && value->is_string()) row[i] = value->get<std::string>();
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Result<void> forget_export(db::Database& database, const Clock& clock, std::int64_t run, const Call& call) {
    const auto lock = database.lock(lock_name(run));
    if (!lock) return error(ErrorKind::conflict, fmt::format("run {} is going on in another process", run));
    const auto transaction = TRY(database.begin(db::Access::write, call));
    Exports exports{*transaction};
    TRY(exports.find(run));
    if (TRY(exports.is_over(run)))
        return error(ErrorKind::conflict, fmt::format("run {} is over: nothing is left to drop", run));
    TRY(transaction->execute(fmt::format("drop table {}", WriteJournal::table_of(run))));
    Runs runs{*transaction};
    const Run left = TRY(runs.find(run));
    TRY(runs.go_on(run));
    TRY(runs.finish(run, {.ended_at = clock.now(),
                          .outcome = RunOutcome::failed,
                          .counts = left.counts,
                          .message = "what was left to send was dropped on request"}));
    TRY(exports.forget(run));
    return transaction->commit();
}

}  // namespace koppla
