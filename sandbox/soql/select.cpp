#include "sandbox/soql/select.h"

#include "sandbox/soql/compiler.h"
#include "sandbox/soql/render.h"
#include "sandbox/soql/syntax/parser.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

std::vector<db::Parameter> parameters_of(const Plan& plan) {
    std::vector<db::Parameter> parameters;
    for (const Value& value : plan.bound) parameters.push_back(parameter(value));
    return parameters;
}

/// The state refuses statements that are too deep or too long; for the asker that is the query's fault.
Error too_complicated(Error error) {
    if (error.kind == ErrorKind::invalid && error.symbol.empty()) error.symbol = "QUERY_TOO_COMPLICATED";
    return error;
}

Result<std::unique_ptr<db::Cursor>> run(db::Transaction& transaction, const std::string& sql,
                                        const Plan& plan) {
    auto cursor = transaction.query(sql, parameters_of(plan));
    if (!cursor) return too_complicated(std::move(cursor).error());
    return cursor;
}

std::string rows_sql(std::string_view result, const Plan& plan) {
    return fmt::format("SELECT {} FROM {}{}{}{}{}", result, plan.table, plan.joins, plan.where, plan.order,
                       plan.limit_sql());
}

class StoredSelection final : public Selection {
  public:
    StoredSelection(db::Database& database, Plan plan) : database_{database}, plan_{std::move(plan)} {}

    /// Settles which rows there are, or counts them.
    Result<void> settle() {
        const auto transaction = TRY(database_.begin(db::Access::read, Call{}));
        if (plan_.is_aggregate) return count(*transaction);
        if (plan_.is_count) {
            const std::string sql = fmt::format("SELECT count(*) FROM ({})", rows_sql("1", plan_));
            const auto cursor = TRY(run(*transaction, sql, plan_));
            TRY(cursor->next());
            total_ = cursor->integer(0);
            return {};
        }
        const auto cursor = TRY(run(*transaction, rows_sql("t0.\"_row\"", plan_), plan_));
        while (TRY(cursor->next())) rows_.push_back(cursor->integer(0));
        total_ = static_cast<std::int64_t>(rows_.size());
        return {};
    }

    [[nodiscard]] const std::vector<SelectedColumn>& columns() const override { return plan_.columns; }
    [[nodiscard]] std::int64_t total() const override { return total_; }
    [[nodiscard]] std::int64_t record_count() const override { return plan_.is_count ? 0 : total_; }

    [[nodiscard]] Result<void> append_json(std::string& out, std::int64_t from,
                                           std::int64_t count) const override {
        const std::int64_t end = std::min(record_count(), from + count);
        if (from < 0 || from >= end) return {};
        if (plan_.is_aggregate) {
            out += aggregate_;
            return {};
        }
        std::string ids = "[";
        for (std::int64_t i = from; i < end; ++i) {
            fmt::format_to(std::back_inserter(ids), "{}{}", i == from ? "" : ",",
                           rows_[static_cast<std::size_t>(i)]);
        }
        ids += ']';
        const std::string sql =
            fmt::format("SELECT {} FROM json_each($1) j CROSS JOIN {}{} WHERE t0.\"_row\" = j.value",
                        plan_.result_sql(), plan_.table, plan_.joins);
        const auto transaction = TRY(database_.begin(db::Access::read, Call{}));
        const auto cursor = TRY(transaction->query(sql, {db::Parameter{std::string_view{ids}}}));
        for (bool is_first = true; TRY(cursor->next()); is_first = false) {
            if (!is_first) out += ',';
            append_json_row(out, plan_, *cursor);
        }
        return {};
    }

  private:
    Result<void> count(db::Transaction& transaction) {
        const auto cursor = TRY(run(transaction, rows_sql(plan_.result_sql(), plan_), plan_));
        TRY(cursor->next());
        aggregate_ = R"({"attributes":{"type":"AggregateResult"})";
        for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
            aggregate_ += ',';
            append_json_text(aggregate_, plan_.columns[i].name);
            aggregate_ += fmt::format(":{}", cursor->integer(static_cast<int>(i)));
        }
        aggregate_ += '}';
        total_ = 1;
        return {};
    }

    db::Database& database_;
    Plan plan_;
    std::vector<std::int64_t> rows_;
    std::string aggregate_;
    std::int64_t total_ = 0;
};

class StoredExport final : public Export {
  public:
    StoredExport(Plan plan, const ExportOptions& options)
        : plan_{std::move(plan)}, options_{options}, header_{csv_header(plan_, options_)} {}

    Result<void> begin(db::Database& database) {
        transaction_ = TRY(database.begin(db::Access::read, Call{}));
        cursor_ = TRY(run(*transaction_, rows_sql(plan_.result_sql(), plan_), plan_));
        return {};
    }

    [[nodiscard]] const std::string& object_name() const override { return plan_.object->name(); }
    [[nodiscard]] const std::string& header() const override { return header_; }

    [[nodiscard]] Result<std::int64_t> next(std::string& out, std::int64_t rows_max) override {
        std::int64_t rows = 0;
        while (rows < rows_max && !is_over_) {
            is_over_ = !TRY(cursor_->next());
            if (is_over_) break;
            append_csv_row(out, plan_, *cursor_, options_);
            ++rows;
        }
        return rows;
    }

  private:
    Plan plan_;
    ExportOptions options_;
    std::string header_;
    std::unique_ptr<db::Transaction> transaction_;
    std::unique_ptr<db::Cursor> cursor_;
    bool is_over_ = false;
};

Result<std::unique_ptr<Selection>> selected(const Source& source, const Query& query, std::string_view soql,
                                            const SelectOptions& options) {
    Plan plan = TRY(compile(source.catalog, query,
                            {.soql = soql, .rows = options.rows, .now = source.now, .base = options.base}));
    auto selection = std::make_unique<StoredSelection>(source.database, std::move(plan));
    TRY(selection->settle());
    return selection;
}

}  // namespace

Result<std::unique_ptr<Selection>> select(const Source& source, std::string_view soql,
                                          const SelectOptions& options) {
    return selected(source, TRY(parse(soql)), soql, options);
}

Result<std::unique_ptr<Selection>> select(const Source& source, const Query& query,
                                          const SelectOptions& options) {
    return selected(source, query, {}, options);
}

Result<std::unique_ptr<Export>> export_csv(const Source& source, std::string_view soql,
                                           const ExportOptions& options) {
    const Query query = TRY(parse(soql));
    Plan plan = TRY(
        compile(source.catalog, query, {.soql = soql, .rows = options.rows, .now = source.now, .base = {}}));
    if (plan.is_count || plan.is_aggregate) {
        return error(ErrorKind::unsupported, "Aggregate Relationships not supported in Bulk Query",
                     "FEATURENOTENABLED");
    }
    if (!plan.compound.empty()) {
        return error(ErrorKind::unsupported,
                     fmt::format("Selecting compound data not supported in Bulk Query: {}", plan.compound),
                     "FEATURENOTENABLED");
    }
    auto exported = std::make_unique<StoredExport>(std::move(plan), options);
    TRY(exported->begin(source.database));
    return exported;
}

}  // namespace koppla::sandbox::soql
