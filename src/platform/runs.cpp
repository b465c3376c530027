#include "platform/runs.h"

#include "platform/rows.h"

#include <array>

#include <fmt/format.h>

namespace koppla {

namespace {

constexpr std::array<std::string_view, 4> outcome_names = {"running", "complete", "incomplete", "failed"};

std::string select(std::string_view rest) {
    return fmt::format(
        "select id, kind, account, object, started_at, ended_at, outcome, rows_read, rows_added, "
        "rows_changed,"
        " rows_unchanged, rows_rejected, crm_rows, calls, message, detail from koppla_run {}",
        rest);
}

Result<RunOutcome> outcome_named(std::string_view text) {
    for (std::size_t i = 0; i < outcome_names.size(); ++i) {
        if (outcome_names[i] == text) return static_cast<RunOutcome>(i);
    }
    return error(ErrorKind::corrupt, fmt::format("the store holds a run with the outcome '{}'", text));
}

Result<Run> run_of(const db::Cursor& row) {
    Run run{
        .id = row.integer(0), .kind = text_at(row, 1), .account = text_at(row, 2), .object = text_at(row, 3)};
    run.started_at = TRY(instant_at(row, 4));
    if (!row.is_null(5)) run.ended_at = TRY(instant_at(row, 5));
    run.outcome = TRY(outcome_named(row.text(6)));
    run.counts = {.read = row.integer(7),
                  .added = row.integer(8),
                  .changed = row.integer(9),
                  .unchanged = row.integer(10),
                  .rejected = row.integer(11),
                  .crm_rows = std::nullopt,
                  .calls = row.integer(13)};
    if (!row.is_null(12)) run.counts.crm_rows = row.integer(12);
    run.message = text_at(row, 14);
    run.detail = text_at(row, 15);
    return run;
}

}  // namespace

std::string_view name(RunOutcome outcome) {
    return outcome_names[static_cast<std::size_t>(outcome)];
}

Result<std::int64_t> Runs::start(const RunStart& start) {
    const std::string started_at = format_instant(start.started_at);
    auto id =
        TRY(read_first(transaction_,
                       "insert into koppla_run (kind, account, object, started_at, outcome, rows_read,"
                       " rows_added, rows_changed, rows_unchanged, rows_rejected, calls, message, detail)"
                       " values ($1, $2, $3, $4, 'running', 0, 0, 0, 0, 0, 0, '', '') returning id",
                       {std::string_view{start.kind}, std::string_view{start.account},
                        std::string_view{start.object}, std::string_view{started_at}},
                       [](const db::Cursor& row) -> Result<std::int64_t> { return row.integer(0); }));
    return id.value_or(0);
}

Result<void> Runs::finish(std::int64_t id, const RunEnd& end) {
    const std::string ended_at = format_instant(end.ended_at);
    const db::Parameter crm_rows =
        end.counts.crm_rows ? db::Parameter{*end.counts.crm_rows} : db::Parameter{};
    const auto changed = TRY(transaction_.execute(
        "update koppla_run set ended_at = $2, outcome = $3, rows_read = $4, rows_added = $5, rows_changed = "
        "$6,"
        " rows_unchanged = $7, rows_rejected = $8, crm_rows = $9, calls = $10, message = $11, detail = $12"
        " where id = $1 and ended_at is null",
        {id, std::string_view{ended_at}, name(end.outcome), end.counts.read, end.counts.added,
         end.counts.changed, end.counts.unchanged, end.counts.rejected, crm_rows, end.counts.calls,
         std::string_view{end.message}, std::string_view{end.detail}}));
    if (changed > 0) return {};
    TRY(find(id));
    return error(ErrorKind::conflict, fmt::format("run {} is over already", id));
}

Result<void> Runs::go_on(std::int64_t id) {
    TRY(transaction_.execute(
        "update koppla_run set ended_at = null, outcome = 'running', message = '' where id = $1", {id}));
    return {};
}

Result<Run> Runs::find(std::int64_t id) {
    auto run = TRY(read_first(transaction_, select("where id = $1"), {id}, run_of));
    if (run) return std::move(*run);
    return error(ErrorKind::not_found,
                 fmt::format("there is no run {}; `koppla run list` shows those there are", id));
}

Result<std::int64_t> Runs::last_complete(const RunStart& of) {
    const auto id =
        TRY(read_first(transaction_,
                       "select coalesce(max(id), 0) from koppla_run"
                       " where outcome = 'complete' and kind = $1 and account = $2 and object = $3",
                       {std::string_view{of.kind}, std::string_view{of.account}, std::string_view{of.object}},
                       [](const db::Cursor& row) -> Result<std::int64_t> { return row.integer(0); }));
    return id.value_or(0);
}

Result<std::vector<Run>> Runs::list(std::int64_t count_max) {
    return read_all(transaction_, select("order by id desc limit $1"), {count_max}, run_of);
}

Result<void> Runs::add_rejects(std::int64_t run, std::span<const Reject> rejects) {
    auto last =
        TRY(read_first(transaction_, "select coalesce(max(position), 0) from koppla_reject where run = $1",
                       {run}, [](const db::Cursor& row) -> Result<std::int64_t> { return row.integer(0); }));
    std::int64_t position = last.value_or(0);
    for (const Reject& reject : rejects) {
        TRY(transaction_.execute(
            "insert into koppla_reject (run, position, object, remote_id, symbol, message, record, fields,"
            " is_undecided) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            {run, ++position, std::string_view{reject.object}, std::string_view{reject.remote_id},
             std::string_view{reject.symbol}, std::string_view{reject.message},
             std::string_view{reject.record}, std::string_view{reject.fields},
             std::int64_t{reject.is_undecided ? 1 : 0}}));
    }
    return {};
}

Result<std::vector<Reject>> Runs::rejects(std::int64_t run, std::int64_t count_max) {
    return read_all(transaction_,
                    "select object, remote_id, symbol, message, record, fields, is_undecided"
                    " from koppla_reject where run = $1"
                    " order by position limit $2",
                    {run, count_max}, [](const db::Cursor& row) -> Result<Reject> {
                        return Reject{.object = text_at(row, 0),
                                      .remote_id = text_at(row, 1),
                                      .symbol = text_at(row, 2),
                                      .message = text_at(row, 3),
                                      .record = text_at(row, 4),
                                      .fields = text_at(row, 5),
                                      .is_undecided = row.integer(6) == 1};
                    });
}

}  // namespace koppla
