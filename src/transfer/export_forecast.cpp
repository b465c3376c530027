#include "transfer/export_forecast.h"

#include "model/conversion.h"
#include "platform/runs.h"
#include "transfer/among.h"
#include "transfer/export_rows.h"

#include <algorithm>
#include <deque>
#include <map>

#include <fmt/format.h>

namespace koppla {

namespace {

constexpr int rows_sampled = 10;

using Texts = std::vector<std::optional<std::string>>;

/// Keeps the few rows that were looked up, by their first column.
class Lookup final : public BatchSink {
  public:
    explicit Lookup(std::vector<model::Type> types) : types_{std::move(types)} {}
    model::Batch fresh() override { return {}; }
    Result<void> put(model::Batch batch, const Part& /*resume*/) override {
        model::ConversionCounts counts;
        model::convert(batch, types_, 0, counts);
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            Texts texts;
            for (std::size_t column = 0; column < batch.column_count(); ++column) {
                const model::Cell& cell = batch.cell(column, row);
                texts.push_back(cell.is_text() ? std::optional{std::string{cell.text()}} : std::nullopt);
            }
            if (texts.front()) found[*texts.front()] = std::move(texts);
        }
        return {};
    }
    void expect(std::int64_t /*rows*/) override {}
    void note(std::string_view /*text*/) override {}

    std::map<std::string, Texts, std::less<>> found;

  private:
    std::vector<model::Type> types_;
};

class Forecast {
  public:
    Forecast(const TransferSite& site, const Call& call) : site_{site}, call_{call} {}

    Result<ExportForecast> make(const ExportOptions& options) {
        prepared_ = TRY(prepare_export(site_, options, call_));
        request_ = TRY(request_of(prepared_.definition, prepared_.schema));
        TRY(try_freezing(options.query));
        const std::int64_t sent = forecast_.rows - forecast_.refused;
        const auto writer = TRY(site_.connector.writer(request_, sent, call_));
        const WritePlan& plan = writer->plan();
        forecast_.object = prepared_.definition.object;
        forecast_.operation = prepared_.definition.operation;
        forecast_.key = prepared_.definition.makes_ids ? "" : prepared_.definition.key;
        for (const MappedColumn& column : prepared_.definition.columns) {
            if (!column.source.empty()) forecast_.fields.push_back(column.field);
        }
        const std::int64_t shipments = (sent + plan.rows_max - 1) / std::max<std::int64_t>(1, plan.rows_max);
        forecast_.charged_calls = shipments * plan.calls_a_shipment;
        forecast_.why = plan.why;
        if (!forecast_.key.empty()) TRY(compare());
        return std::move(forecast_);
    }

  private:
    /// As an export would, in a transaction that is given up.
    Result<void> try_freezing(const std::string& query) {
        const auto reading = TRY(site_.database.begin(db::Access::read, call_));
        const auto rows = TRY(open_rows(site_, *reading, prepared_, query));
        const auto transaction = TRY(site_.database.begin(db::Access::write, call_));
        const std::int64_t run =
            TRY(Runs{*transaction}.start({.kind = std::string{prepared_.definition.kind()},
                                          .account = site_.account,
                                          .object = prepared_.definition.object,
                                          .started_at = site_.clock.now()}));
        FrozenRows frozen = TRY(freeze_rows(site_, *transaction, run, prepared_, *rows, call_));
        forecast_.rows = frozen.rows;
        forecast_.refused = frozen.refused;
        forecast_.refusals = std::move(frozen.refusals);
        forecast_.notices = std::move(frozen.notices);
        std::string columns;
        for (std::size_t i = 0; i < prepared_.definition.columns.size(); ++i)
            columns += fmt::format("{}{}", i == 0 ? "" : ", ", WriteJournal::column_of(i));
        const auto sample =
            TRY(transaction->query(fmt::format("select {} from {} order by position limit {}", columns,
                                               WriteJournal::table_of(run), rows_sampled)));
        while (TRY(sample->next())) {
            Texts row;
            for (int i = 0; i < sample->column_count(); ++i)
                row.push_back(sample->is_null(i) ? std::nullopt
                                                 : std::optional{std::string{sample->text(i)}});
            sample_.push_back(std::move(row));
        }
        return {};
    }

    /// What the CRM has now beside what would be written.
    Result<void> compare() {
        const std::size_t key = request_.key_column().value_or(0);
        std::vector<std::size_t> compared;
        ReadRequest read{.object = &prepared_.schema, .fields = {prepared_.definition.key}};
        std::vector<model::Type> types{request_.columns[key].field->type};
        for (std::size_t i = 0; i < request_.columns.size(); ++i) {
            // What names a parent by another key can't be compared with its identifier.
            if (i == key || !request_.columns[i].target_key.empty()) continue;
            compared.push_back(i);
            read.fields.push_back(request_.columns[i].field->name);
            types.push_back(request_.columns[i].field->type);
        }
        std::vector<std::string> keys;
        for (const Texts& row : sample_) keys.push_back(row[key].value_or(""));
        if (keys.empty()) return {};
        const Instant now = TRY(site_.connector.now(call_));
        read.filter = TRY(
            site_.connector.condition(among(prepared_.definition.key, keys).front(), prepared_.schema, now));
        Lookup lookup{std::move(types)};
        TRY(look_up(read, lookup));
        for (const Texts& row : sample_) tell(row, key, compared, lookup);
        return {};
    }

    Result<void> look_up(const ReadRequest& read, Lookup& lookup) {
        const ReadPlan plan = TRY(site_.connector.plan(read, call_));
        std::deque<Part> parts{plan.parts.begin(), plan.parts.end()};
        while (!parts.empty()) {
            const PartEnd end = TRY(site_.connector.read(read, parts.front(), lookup, call_));
            parts.pop_front();
            parts.insert(parts.end(), end.next.begin(), end.next.end());
        }
        return {};
    }

    void tell(const Texts& row, std::size_t key, const std::vector<std::size_t>& compared,
              const Lookup& lookup) {
        ++forecast_.sampled;
        const std::string& name = row[key].value_or("");
        const auto found = lookup.found.find(name);
        if (found == lookup.found.end()) {
            ++forecast_.missing;
            return;
        }
        for (std::size_t i = 0; i < compared.size(); ++i) {
            const std::optional<std::string>& now = found->second.at(i + 1);
            const std::optional<std::string>& then = row[compared[i]];
            const bool stays =
                !then && prepared_.definition.columns[compared[i]].empty == EmptyCell::is_left_out;
            if (stays || now == then) continue;
            forecast_.changes.push_back({.key = name,
                                         .field = prepared_.definition.columns[compared[i]].field,
                                         .from = now.value_or(""),
                                         .to = then.value_or("")});
        }
    }

    const TransferSite& site_;
    const Call& call_;
    PreparedExport prepared_;
    WriteRequest request_;
    std::vector<Texts> sample_;
    ExportForecast forecast_;
};

}  // namespace

Result<ExportForecast> forecast_export(const TransferSite& site, const ExportOptions& options,
                                       const Call& call) {
    return Forecast{site, call}.make(options);
}

}  // namespace koppla
