#include "transfer/deletions.h"

#include "platform/options.h"
#include "platform/rows.h"
#include "platform/runs.h"
#include "transfer/among.h"
#include "transfer/pump.h"
#include "transfer/recorded_schema.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using model::FieldSchema;

// The CRM's log ends a little before what it is said to keep.
constexpr std::chrono::minutes log_margin{10};
constexpr std::string_view kind = "import-deleted";

std::string deletion_option(std::string_view account, std::string_view object) {
    return fmt::format("LASTDELETED_{}_{}", account, object);
}

struct KeptDeletion {
    std::string id;
    std::optional<Instant> at;
    std::string merged_into;
};

class Keeping final : public DeletionSink {
  public:
    explicit Keeping(TransferObserver& observer) : observer_{observer} {}
    Result<void> put(std::span<const Deletion> deletions) override {
        for (const Deletion& deletion : deletions) {
            kept.push_back({.id = std::string{deletion.id},
                            .at = deletion.at,
                            .merged_into = std::string{deletion.merged_into}});
        }
        observer_.rows(static_cast<std::int64_t>(kept.size()), std::nullopt);
        return {};
    }
    std::vector<KeptDeletion> kept;

  private:
    TransferObserver& observer_;
};

/// Stages the identifiers that a read brings.
class StagingIds final : public PumpConsumer {
  public:
    explicit StagingIds(db::Staging& staging) : staging_{staging} {}
    Result<void> take(const PumpedBatch& batch) override { return staging_.append(batch.batch); }
    Result<void> keep(const PumpState& /*state*/) override { return {}; }

  private:
    db::Staging& staging_;
};

/// Keeps them in memory.
class KnownIds final : public PumpConsumer {
  public:
    Result<void> take(const PumpedBatch& batch) override {
        for (std::size_t row = 0; row < batch.batch.row_count(); ++row)
            ids.emplace(batch.batch.cell(0, row).text());
        return {};
    }
    Result<void> keep(const PumpState& /*state*/) override { return {}; }
    std::set<std::string, std::less<>> ids;
};

class DeletionImport {
  public:
    DeletionImport(const TransferSite& site, const DeletionOptions& options, TransferObserver& observer,
                   const Call& call)
        : site_{site}, options_{options}, observer_{observer}, call_{call} {}

    Result<DeletionReport> run() {
        const auto begun = site_.clock.steady();
        TRY(prepare());
        Result<void> done = options_.source == DeletionSource::log ? by_log() : by_sweep();
        report_.seconds = std::chrono::duration<double>(site_.clock.steady() - begun).count();
        if (done) return report_;
        Error failure = done.error().with_context(report_.object);
        const auto transaction =
            TRY(site_.database.begin(db::Access::write, Call{}.within(std::chrono::seconds{10})));
        TRY(end_run(*transaction, RunOutcome::failed, failure.message));
        TRY(transaction->commit());
        return failure;
    }

  private:
    Result<void> prepare() {
        const auto transaction = TRY(site_.database.begin(db::Access::write, call_));
        schema_ = TRY(recorded_schema(*transaction, site_.account, options_.object));
        report_.object = schema_.name;
        report_.table = schema_.local_table;
        key_ = schema_.find(schema_.key);
        flag_ = schema_.find(schema_.removal_flag);
        if (schema_.removal_flag.empty() || flag_ == nullptr || key_ == nullptr) {
            return error(ErrorKind::unsupported,
                         fmt::format("{} has no field that marks deleted records", schema_.name));
        }
        report_.run = TRY(Runs{*transaction}.start({.kind = std::string{kind},
                                                    .account = site_.account,
                                                    .object = schema_.name,
                                                    .started_at = site_.clock.now()}));
        const auto option = TRY(Options{*transaction}.find(deletion_option(site_.account, schema_.name)));
        if (option && !option->value.empty()) position_ = TRY(parse_instant(option->value));
        return transaction->commit();
    }

    Result<void> by_log() {
        if (!site_.connector.abilities().has_deletion_log) {
            return error(ErrorKind::unsupported,
                         schema_.has_feed
                             ? "this CRM keeps no log of deletions that can be asked for a period; they come "
                               "with every import by its feed of changes, and --sweep finds what is missing"
                             : "this CRM keeps no log of deletions; --sweep finds what is missing");
        }
        const Instant now = TRY(site_.connector.now(call_));
        const Instant until = std::min(options_.until.value_or(now), now);
        const Instant earliest = now - options_.kept + log_margin;
        const Instant from = options_.from.value_or(position_.value_or(earliest));
        if (from < now - options_.kept) {
            return error(ErrorKind::expired,
                         fmt::format("the CRM keeps deletions for {} days, so it knows none before {}; for "
                                     "{}, compare identifiers with --sweep",
                                     options_.kept.count() / 24, format_instant(now - options_.kept),
                                     options_.from ? "an earlier period"
                                                   : "what was deleted since " + format_instant(from)));
        }
        // Both ends are included: the same second twice is a period too.
        if (until < from) {
            return error(ErrorKind::invalid, fmt::format("the period ends at {}, before it begins at {}",
                                                         format_instant(until), format_instant(from)));
        }
        observer_.note("asking for the log of deletions");
        Keeping keeping{observer_};
        const Instant covered = TRY(site_.connector.deletions(schema_, from, until, keeping, call_));
        report_.from = from;
        report_.until = std::min(until, covered);
        // Of a period that was named, the next import by position would miss what lies between.
        const bool moves = !options_.from || (position_ && *options_.from <= *position_);
        return store(keeping.kept, moves ? std::optional{std::max(*report_.until, position_.value_or(from))}
                                         : std::nullopt);
    }

    Result<void> by_sweep() {
        const Instant begun = TRY(site_.connector.now(call_));
        const auto staging = TRY(stage_ids());
        std::vector<std::string> missing = TRY(missing_ids(*staging));
        staging->discard();
        TRY(spare_those_there(missing));
        std::vector<KeptDeletion> gone;
        gone.reserve(missing.size());
        for (std::string& id : missing) gone.push_back({.id = std::move(id), .at = {}, .merged_into = {}});
        return store(gone, begun - log_margin);
    }

    [[nodiscard]] ReadRequest ids_request() const { return {.object = &schema_, .fields = {schema_.key}}; }
    [[nodiscard]] PumpOptions pump_options() const { return {.columns = {key_->type}}; }

    /// Records in the recycle bin are read too, where the CRM has one: they are gone all the same.
    Result<std::string> live_condition(std::string_view other) const {
        if (!flag_->is_filterable) return std::string{other};
        const model::Filter live{.form = model::Filter::Form::comparison,
                                 .field = flag_->name,
                                 .op = model::Operator::is,
                                 .values = {{.kind = model::FilterValue::Kind::boolean, .text = "false"}}};
        std::string condition = TRY(site_.connector.condition(live, schema_, site_.clock.now()));
        return other.empty() ? condition : fmt::format("({}) and ({})", condition, other);
    }

    Result<void> read_ids(std::string filter, PumpConsumer& consumer) {
        ReadRequest request = ids_request();
        request.filter = std::move(filter);
        ReadPlan plan = TRY(site_.connector.plan(request, call_));
        PumpOptions options = pump_options();
        options.lanes = std::max(1, plan.lanes_max);
        const PumpCounts counts = TRY(pump(site_.connector, request, {.parts = std::move(plan.parts)},
                                           options, consumer, observer_, site_.clock, call_));
        if (counts.expected && *counts.expected != counts.rows + counts.rejected) {
            return error(ErrorKind::corrupt,
                         fmt::format("the CRM counted {} records and sent {}: nothing was marked",
                                     *counts.expected, counts.rows + counts.rejected));
        }
        return {};
    }

    Result<std::unique_ptr<db::Staging>> stage_ids() {
        observer_.note("reading all identifiers");
        const std::vector<db::LoaderColumn> columns{{.name = key_->column, .type = key_->type}};
        const std::string name = fmt::format("{}_sweep", schema_.local_table);
        TRY(site_.database.discard_staging(name));
        auto staging = TRY(site_.database.begin_staging(name, columns));
        StagingIds consumer{*staging};
        const std::string condition = TRY(live_condition(""));
        TRY(read_ids(condition, consumer));
        TRY(staging->finish());
        return staging;
    }

    [[nodiscard]] std::string quoted(std::string_view name) const {
        return site_.database.dialect().quoted(name);
    }

    Result<std::vector<std::string>> missing_ids(const db::Staging& staging) {
        // What is staged is shown to writers alone.
        const auto transaction = TRY(site_.database.begin(db::Access::write_own, call_));
        const std::string table = quoted(schema_.local_table);
        const std::string key = quoted(key_->column);
        const std::string flag = quoted(flag_->column);
        const auto text = [](const db::Cursor& row) -> Result<std::string> { return text_at(row, 0); };
        auto missing = TRY(read_all(
            *transaction,
            fmt::format("select t.{1} from {0} t left join {3} s on s.{1} = t.{1} where t.{2} is not true"
                        " and s.{1} is null",
                        table, key, flag, staging.name()),
            {}, text));
        const auto live = TRY(
            read_first(*transaction, fmt::format("select count(*) from {} where {} is not true", table, flag),
                       {}, [](const db::Cursor& row) -> Result<std::int64_t> { return row.integer(0); }));
        const double share =
            static_cast<double>(missing.size()) / static_cast<double>(std::max<std::int64_t>(1, *live));
        if (share <= options_.share_max) return missing;
        return error(
            ErrorKind::conflict,
            fmt::format("{} of {} rows ({:.1f} %) aren't in the CRM, more than the {:.1f} % that "
                        "--share allows: nothing was marked. It may be a lost permission (see: koppla "
                        "doctor); if they are really gone, give a greater --share",
                        missing.size(), *live, 100 * share, 100 * options_.share_max));
    }

    /// What was made and imported while the identifiers were read isn't missing.
    Result<void> spare_those_there(std::vector<std::string>& missing) {
        KnownIds there;
        for (const model::Filter& some : among(schema_.key, missing)) {
            const std::string ids = TRY(site_.connector.condition(some, schema_, site_.clock.now()));
            const std::string condition = TRY(live_condition(ids));
            TRY(read_ids(condition, there));
        }
        std::erase_if(missing, [&](const std::string& id) { return there.ids.contains(id); });
        return {};
    }

    Result<void> store(const std::vector<KeptDeletion>& deletions, std::optional<Instant> position) {
        observer_.note("marking");
        const auto transaction = TRY(site_.database.begin(db::Access::write, call_));
        TRY(transaction->execute(
            "delete from koppla_deletion where run in (select id from koppla_run where kind = $1"
            " and account = $2 and object = $3)",
            {kind, std::string_view{site_.account}, std::string_view{schema_.name}}));
        for (const KeptDeletion& deletion : deletions) {
            const std::string at = deletion.at ? format_instant(*deletion.at) : std::string{};
            TRY(transaction->execute(
                "insert into koppla_deletion (run, remote_id, deleted_at, merged_into)"
                " values ($1, $2, $3, $4) on conflict (run, remote_id) do nothing",
                {report_.run, std::string_view{deletion.id},
                 deletion.at ? db::Parameter{std::string_view{at}} : db::Parameter{},
                 deletion.merged_into.empty() ? db::Parameter{}
                                              : db::Parameter{std::string_view{deletion.merged_into}}}));
            report_.merged += deletion.merged_into.empty() ? 0 : 1;
        }
        report_.found = static_cast<std::int64_t>(deletions.size());
        report_.marked = TRY(transaction->execute(
            fmt::format("update {0} set {1} = true where {1} is not true and {2} in"
                        " (select remote_id from koppla_deletion where run = $1)",
                        quoted(schema_.local_table), quoted(flag_->column), quoted(key_->column)),
            {report_.run}));
        if (position) {
            TRY(Options{*transaction}.set({.name = deletion_option(site_.account, schema_.name),
                                           .value = format_instant(*position),
                                           .comment = fmt::format("Last import of deletions of {} from {}",
                                                                  schema_.name, site_.account),
                                           .updated_at = site_.clock.now(),
                                           .updated_by = site_.user}));
        }
        TRY(end_run(*transaction, RunOutcome::complete, ""));
        return transaction->commit();
    }

    Result<void> end_run(db::Transaction& transaction, RunOutcome outcome, std::string message) {
        report_.charged_calls = site_.connector.usage().charged_calls - calls_before_;
        return Runs{transaction}.finish(
            report_.run,
            {.ended_at = site_.clock.now(),
             .outcome = outcome,
             .counts = {.read = report_.found, .changed = report_.marked, .calls = report_.charged_calls},
             .message = std::move(message)});
    }

    const TransferSite& site_;
    const DeletionOptions& options_;
    TransferObserver& observer_;
    const Call& call_;
    const std::int64_t calls_before_ = site_.connector.usage().charged_calls;
    model::ObjectSchema schema_;
    const FieldSchema* key_ = nullptr;
    const FieldSchema* flag_ = nullptr;
    std::optional<Instant> position_;
    DeletionReport report_;
};

}  // namespace

Result<DeletionReport> import_deletions(const TransferSite& site, const DeletionOptions& options,
                                        TransferObserver& observer, const Call& call) {
    return DeletionImport{site, options, observer, call}.run();
}

}  // namespace koppla
