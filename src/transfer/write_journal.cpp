#include "transfer/write_journal.h"

#include "platform/rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace koppla {

namespace {

std::string_view name(WriteResult::Outcome outcome) {
    switch (outcome) {
        case WriteResult::Outcome::done:
            return "done";
        case WriteResult::Outcome::refused:
            return "refused";
        case WriteResult::Outcome::postponed:
            break;
    }
    return "postponed";
}

std::vector<db::LoaderColumn> result_columns() {
    using model::Kind;
    const auto column = [](std::string_view name, Kind kind) {
        return db::LoaderColumn{.name = std::string{name}, .type = {.kind = kind}};
    };
    return {column("run", Kind::integer),      column("position", Kind::integer),
            column("shipment", Kind::integer), column("outcome", Kind::text),
            column("remote_id", Kind::text),   column("is_created", Kind::boolean),
            column("attempts", Kind::integer), column("symbol", Kind::text),
            column("message", Kind::text),     column("fields", Kind::text)};
}

model::Cell text_or_null(std::string_view text) {
    return text.empty() ? model::Cell::null() : model::Cell::of(text);
}

db::Parameter parameter(std::string_view text) {
    return text.empty() ? db::Parameter{} : db::Parameter{text};
}

/// The rows of one shipment, a page at a time, by a transaction that ends with the last page.
class JournalRows final : public RowSource {
  public:
    JournalRows(db::Database& database, std::string sql, Stretch stretch, std::vector<bool> clears, Call call)
        : database_{database},
          sql_{std::move(sql)},
          stretch_{stretch},
          clears_{std::move(clears)},
          call_{std::move(call)} {}

    Result<void> rewind() override {
        cursor_.reset();
        transaction_ = TRY(database_.begin(db::Access::read, call_));
        cursor_ = TRY(transaction_->query(sql_, {stretch_.first, stretch_.last}));
        return {};
    }

    Result<std::optional<WriteRows>> next() override {
        batch_.recycle(clears_.size());
        numbers_.clear();
        while (cursor_ && !batch_.is_full()) {
            if (!TRY(cursor_->next())) {
                cursor_.reset();
                transaction_.reset();
                break;
            }
            take();
        }
        if (numbers_.empty()) return std::nullopt;
        return WriteRows{.batch = batch_, .numbers = numbers_};
    }

  private:
    void take() {
        numbers_.push_back(cursor_->integer(0));
        const std::size_t row = batch_.add_row();
        for (std::size_t column = 0; column < clears_.size(); ++column) {
            const int from = static_cast<int>(column) + 1;
            if (!cursor_->is_null(from)) {
                batch_.replace(column, row, cursor_->text(from));
            } else if (clears_[column]) {
                batch_.cell(column, row) = model::Cell::null();
            }
        }
    }

    db::Database& database_;
    const std::string sql_;
    const Stretch stretch_;
    const std::vector<bool> clears_;
    const Call call_;
    std::unique_ptr<db::Transaction> transaction_;
    std::unique_ptr<db::Cursor> cursor_;
    model::Batch batch_;
    std::vector<std::int64_t> numbers_;
};

/// Cuts rows, told one after the other, into stretches and units. A parent whose rows don't fit in anymore
/// begins a stretch of its own where that leaves the one before at least half full: else each parent that a
/// cut goes through would tie two stretches together, and in the end all of them to one lane.
class Cutting {
  public:
    explicit Cutting(const WritePlan& plan) : plan_{plan} {}

    void row(std::int64_t position, std::int64_t bytes, std::optional<std::string_view> parent) {
        const bool is_same_parent = parent && has_parent_ && *parent == parent_;
        if (!is_same_parent) {
            before_parent_ = current_;
            parent_first_ = position;
        }
        if (is_full(bytes)) {
            if (is_same_parent && 2 * before_parent_.stretch.rows >= current_.stretch.rows) cut_out_parent();
            if (is_full(bytes)) end_stretch();
            if (!is_same_parent) end_unit();
        }
        current_.add(position, bytes);
        has_parent_ = parent.has_value();
        if (parent && !is_same_parent) parent_ = *parent;
    }
    std::vector<std::vector<Stretch>> end() {
        end_stretch();
        end_unit();
        return std::move(units_);
    }

  private:
    struct Piece {
        Stretch stretch;
        std::size_t bytes = 0;
        void add(std::int64_t position, std::int64_t more) {
            if (stretch.rows == 0) stretch.first = position;
            stretch.last = position;
            ++stretch.rows;
            bytes += static_cast<std::size_t>(more);
        }
    };

    [[nodiscard]] bool is_full(std::int64_t bytes) const {
        const std::int64_t rows = current_.stretch.rows;
        return rows >= plan_.rows_max ||
               (rows > 0 && current_.bytes + static_cast<std::size_t>(bytes) > plan_.bytes_max);
    }
    /// What came before the parent that the stretch ends with is a unit's end.
    void cut_out_parent() {
        const Piece whole = std::exchange(current_, before_parent_);
        const Stretch rest{.first = parent_first_,
                           .last = whole.stretch.last,
                           .rows = whole.stretch.rows - current_.stretch.rows};
        const std::size_t bytes = whole.bytes - current_.bytes;
        end_stretch();
        end_unit();
        current_ = {.stretch = rest, .bytes = bytes};
    }
    void end_stretch() {
        if (current_.stretch.rows > 0) unit_.push_back(current_.stretch);
        current_ = before_parent_ = {};
    }
    void end_unit() {
        if (!unit_.empty()) units_.push_back(std::exchange(unit_, {}));
    }

    const WritePlan& plan_;
    Piece current_;
    Piece before_parent_;  ///< what the stretch held when the latest parent began; nothing: it began earlier
    std::int64_t parent_first_ = 0;
    bool has_parent_ = false;
    std::string parent_;
    std::vector<Stretch> unit_;
    std::vector<std::vector<Stretch>> units_;
};

}  // namespace

WriteJournal::WriteJournal(db::Database& database, std::int64_t run, std::size_t columns)
    : database_{database}, run_{run}, columns_{columns}, table_{table_of(run)} {}

std::string WriteJournal::table_of(std::int64_t run) {
    return fmt::format("koppla_rows_{}", run);
}

std::string WriteJournal::column_of(std::size_t column) {
    return fmt::format("c{}", column);
}

std::string WriteJournal::is_settled() const {
    return fmt::format(
        "exists (select 1 from koppla_result r where r.run = {} and r.position = w.position"
        " and r.outcome <> 'postponed')",
        run_);
}

Result<std::vector<NamedShipment>> WriteJournal::open(const Call& call) {
    const auto transaction = TRY(database_.begin(db::Access::read, call));
    const auto last = TRY(
        read_first(*transaction,
                   "select max(number), (select count(*) from koppla_result where run = $1 and outcome = "
                   "'postponed') from"
                   " (select coalesce(max(number), 0) as number from koppla_shipment where run = $1"
                   " union all select coalesce(max(shipment), 0) from koppla_result where run = $1) numbers",
                   {run_}, [](const db::Cursor& row) -> Result<std::pair<std::int64_t, std::int64_t>> {
                       return std::pair{row.integer(0), row.integer(1)};
                   }));
    auto shipments = TRY(read_all(
        *transaction,
        "select number, first_row, last_row, reference from koppla_shipment where run = $1 and not is_over"
        " order by number",
        {run_}, [](const db::Cursor& row) -> Result<NamedShipment> {
            return NamedShipment{.number = row.integer(0),
                                 .rows = {.first = row.integer(1), .last = row.integer(2)},
                                 .reference = text_at(row, 3)};
        }));
    const std::scoped_lock lock{mutex_};
    last_number_ = last ? last->first : 0;
    has_postponed_ = last && last->second > 0;
    return shipments;
}

Result<std::vector<std::vector<Stretch>>> WriteJournal::units(const WritePlan& plan,
                                                              std::optional<std::size_t> parent,
                                                              const Call& call) {
    const auto transaction = TRY(database_.begin(db::Access::read, call));
    const auto cursor = TRY(transaction->query(
        fmt::format("select w.position, w.bytes, {} from {} w where not {} order by w.position",
                    parent ? column_of(*parent) : "null", table_, is_settled())));
    Cutting cutting{plan};
    while (TRY(cursor->next())) {
        cutting.row(cursor->integer(0), cursor->integer(1),
                    cursor->is_null(2) ? std::nullopt : std::optional{cursor->text(2)});
    }
    return cutting.end();
}

Result<std::vector<Stretch>> WriteJournal::halves(const Stretch& stretch, const Call& call) {
    const auto transaction = TRY(database_.begin(db::Access::read, call));
    const auto positions =
        TRY(read_all(*transaction,
                     fmt::format("select w.position from {} w where w.position between $1 and $2 and not {}"
                                 " order by w.position",
                                 table_, is_settled()),
                     {stretch.first, stretch.last},
                     [](const db::Cursor& row) -> Result<std::int64_t> { return row.integer(0); }));
    std::vector<Stretch> halves;
    const std::size_t middle = positions.size() / 2;
    for (const auto& [from, to] : {std::pair{std::size_t{0}, middle}, std::pair{middle, positions.size()}}) {
        if (from == to) continue;
        halves.push_back({.first = positions[from],
                          .last = positions[to - 1],
                          .rows = static_cast<std::int64_t>(to - from)});
    }
    return halves;
}

std::int64_t WriteJournal::next_number() {
    const std::scoped_lock lock{mutex_};
    return ++last_number_;
}

Result<void> WriteJournal::named(const NamedShipment& shipment, const Call& call) {
    const std::scoped_lock lock{mutex_};
    const auto transaction = TRY(database_.begin(db::Access::write_own, call));
    TRY(transaction->execute(
        "insert into koppla_shipment (run, number, first_row, last_row, reference, is_over)"
        " values ($1, $2, $3, $4, $5, false)"
        " on conflict (run, number) do update set reference = excluded.reference",
        {run_, shipment.number, shipment.rows.first, shipment.rows.last,
         std::string_view{shipment.reference}}));
    return transaction->commit();
}

Result<void> WriteJournal::over(std::int64_t shipment, const Call& call) {
    const std::scoped_lock lock{mutex_};
    const auto transaction = TRY(database_.begin(db::Access::write_own, call));
    TRY(transaction->execute("update koppla_shipment set is_over = true where run = $1 and number = $2",
                             {run_, shipment}));
    return transaction->commit();
}

Result<void> WriteJournal::settle(std::int64_t shipment, std::span<const WriteResult> results,
                                  Telling telling, const Call& call) {
    if (results.empty()) return {};
    const std::scoped_lock lock{mutex_};
    const auto transaction = TRY(database_.begin(db::Access::write_own, call));
    const bool replaces = telling == Telling::again || has_postponed_;
    TRY(replaces ? replace(*transaction, shipment, results) : load(*transaction, shipment, results));
    TRY(transaction->commit());
    has_postponed_ = has_postponed_ || std::ranges::any_of(results, [](const WriteResult& result) {
                         return result.outcome == WriteResult::Outcome::postponed;
                     });
    return {};
}

Result<void> WriteJournal::load(db::Transaction& transaction, std::int64_t shipment,
                                std::span<const WriteResult> results) {
    const auto loader = TRY(transaction.loader("koppla_result", result_columns()));
    model::Batch batch;
    batch.recycle(result_columns().size());
    std::array<char, 20> digits{};
    const auto number = [&](std::int64_t value) {
        const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        batch.push(
            model::Cell::of(batch.keep({digits.data(), static_cast<std::size_t>(end - digits.data())})));
    };
    // Results come in any order; by position neighbours share the pages of the index.
    std::vector<const WriteResult*> ordered;
    ordered.reserve(results.size());
    for (const WriteResult& result : results) ordered.push_back(&result);
    std::ranges::sort(ordered, {}, [](const WriteResult* result) { return result->row; });
    for (const WriteResult* each : ordered) {
        const WriteResult& result = *each;
        number(run_);
        number(result.row);
        number(shipment);
        batch.push(model::Cell::of(name(result.outcome)));
        batch.push(text_or_null(result.id));
        batch.push(model::Cell::of(result.is_created ? "true" : "false"));
        number(1);
        batch.push(text_or_null(result.symbol));
        batch.push(text_or_null(result.message));
        batch.push(text_or_null(result.fields));
    }
    TRY(loader->append(batch));
    TRY(loader->finish());
    return {};
}

Result<void> WriteJournal::replace(db::Transaction& transaction, std::int64_t shipment,
                                   std::span<const WriteResult> results) {
    for (const WriteResult& result : results) {
        TRY(transaction.execute(
            "insert into koppla_result (run, position, shipment, outcome, remote_id, is_created, attempts,"
            " symbol, message, fields) values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)"
            " on conflict (run, position) do update set shipment = excluded.shipment,"
            " outcome = excluded.outcome, remote_id = excluded.remote_id, is_created = excluded.is_created,"
            " attempts = koppla_result.attempts + 1, symbol = excluded.symbol, message = excluded.message,"
            " fields = excluded.fields where koppla_result.outcome = 'postponed'",
            {run_, result.row, shipment, name(result.outcome), parameter(result.id),
             std::int64_t{result.is_created ? 1 : 0}, parameter(result.symbol), parameter(result.message),
             parameter(result.fields)}));
    }
    return {};
}

Result<std::int64_t> WriteJournal::undecided(std::int64_t shipment, const Stretch& stretch,
                                             std::string_view message, const Call& call) {
    const std::scoped_lock lock{mutex_};
    const auto transaction = TRY(database_.begin(db::Access::write_own, call));
    const std::int64_t rows = TRY(transaction->execute(
        fmt::format(
            "insert into koppla_result (run, position, shipment, outcome, is_created, attempts,"
            " message) select {}, w.position, {}, 'undecided', false, 1, cast($1 as text) from {} w"
            " where w.position between $2 and $3 and not {} and not exists (select 1 from koppla_result r"
            " where r.run = {} and r.position = w.position and r.shipment = {})"
            " on conflict (run, position) do update set outcome = excluded.outcome,"
            " attempts = koppla_result.attempts + 1, message = excluded.message",
            run_, shipment, table_, is_settled(), run_, shipment),
        {message, stretch.first, stretch.last}));
    TRY(transaction->commit());
    return rows;
}

Result<void> WriteJournal::give_up_postponed(const Call& call) {
    const std::scoped_lock lock{mutex_};
    const auto transaction = TRY(database_.begin(db::Access::write_own, call));
    TRY(transaction->execute(
        "update koppla_result set outcome = 'refused' where run = $1 and outcome = 'postponed'", {run_}));
    return transaction->commit();
}

Result<WriteCounts> WriteJournal::counts(const Call& call) {
    const auto transaction = TRY(database_.begin(db::Access::read, call));
    const auto cursor = TRY(transaction->query(
        "select outcome, is_created, count(*) from koppla_result where run = $1 group by outcome, is_created",
        {run_}));
    WriteCounts counts;
    while (TRY(cursor->next())) {
        const std::string_view outcome = cursor->text(0);
        const std::int64_t rows = cursor->integer(2);
        std::int64_t& count = outcome == "refused"      ? counts.refused
                              : outcome == "postponed"  ? counts.postponed
                              : outcome == "undecided"  ? counts.undecided
                              : cursor->integer(1) == 1 ? counts.created
                                                        : counts.done;
        count += rows;
    }
    return counts;
}

std::unique_ptr<RowSource> WriteJournal::rows(const Stretch& stretch, std::int64_t shipment,
                                              std::vector<bool> clears, const Call& call) const {
    std::string columns;
    for (std::size_t i = 0; i < columns_; ++i) columns += ", w." + column_of(i);
    std::string sql = fmt::format(
        "select w.position{} from {} w where w.position between $1 and $2 and not exists"
        " (select 1 from koppla_result r where r.run = {} and r.position = w.position"
        " and r.outcome <> 'postponed' and r.shipment <> {}) order by w.position",
        columns, table_, run_, shipment);
    return std::make_unique<JournalRows>(database_, std::move(sql), stretch, std::move(clears), call);
}

}  // namespace koppla
