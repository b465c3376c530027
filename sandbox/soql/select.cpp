#include "sandbox/soql/select.h"

#include "sandbox/soql/compiler.h"
#include "sandbox/soql/render.h"
#include "sandbox/soql/syntax/parser.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

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
    return fmt::format("SELECT {} FROM {}{}{}{}{}{}", result, plan.table, plan.joins, plan.where, plan.group,
                       plan.order, plan.limit_sql());
}

Result<std::vector<ChildRecords>> children_of(db::Transaction& transaction, const Plan& plan,
                                              const std::string& ids);

/// The records below these ones (a JSON array of ids), printed; LIMIT and OFFSET count for each parent.
Result<ChildRecords> records_below(db::Transaction& transaction,
                                   const Plan& plan,  // NOLINT(misc-no-recursion)
                                   const std::string& ids) {
    auto parameters = parameters_of(plan);
    parameters.emplace_back(std::string_view{ids});
    const std::string sql =
        fmt::format("SELECT {} FROM {}{}{} {} {} IN (SELECT value FROM json_each(${})){}", plan.result_sql(),
                    plan.table, plan.joins, plan.where, plan.where.empty() ? "WHERE" : "AND",
                    plan.result[static_cast<std::size_t>(plan.link_column)], parameters.size(), plan.order);
    std::vector<ChildRecords> grandchildren;
    if (!plan.children.empty()) {
        nlohmann::json own = nlohmann::json::array();
        const auto cursor = TRY(transaction.query(sql, parameters));
        while (TRY(cursor->next())) own.push_back(std::string{cursor->text(0)});
        grandchildren = TRY(children_of(transaction, plan, own.dump()));
    }
    ChildRecords records;
    std::unordered_map<std::string, std::int64_t> seen;
    const auto cursor = TRY(transaction.query(sql, parameters));
    while (TRY(cursor->next())) {
        const std::string parent{cursor->text(plan.link_column)};
        const std::int64_t place = seen[parent]++ - plan.offset;
        if (place < 0 || (plan.limit && place >= *plan.limit)) continue;
        std::string record;
        append_json_row(record, plan, *cursor, grandchildren);
        records[parent].push_back(std::move(record));
    }
    return records;
}

Result<std::vector<ChildRecords>> children_of(db::Transaction& transaction,  // NOLINT(misc-no-recursion)
                                              const Plan& plan, const std::string& ids) {
    std::vector<ChildRecords> children;
    for (const Plan& child : plan.children) children.push_back(TRY(records_below(transaction, child, ids)));
    return children;
}

class StoredSelection final : public Selection {
  public:
    StoredSelection(db::Database& database, Plan plan) : database_{database}, plan_{std::move(plan)} {}

    /// Settles which rows there are, or counts them.
    Result<void> settle() {
        const auto transaction = TRY(database_.begin(db::Access::read, Call{}));
        if (plan_.is_aggregate) return aggregate(*transaction);
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
            for (std::int64_t i = from; i < end; ++i) {
                if (i != from) out += ',';
                out += aggregates_[static_cast<std::size_t>(i)];
            }
            return {};
        }
        std::string rows = "[";
        for (std::int64_t i = from; i < end; ++i) {
            fmt::format_to(std::back_inserter(rows), "{}{}", i == from ? "" : ",",
                           rows_[static_cast<std::size_t>(i)]);
        }
        rows += ']';
        const auto transaction = TRY(database_.begin(db::Access::read, Call{}));
        std::vector<ChildRecords> children;
        if (!plan_.children.empty()) {
            const std::string parents = TRY(ids(*transaction, rows));
            children = TRY(children_of(*transaction, plan_, parents));
        }
        const auto cursor =
            TRY(transaction->query(page_sql(plan_.result_sql()), {db::Parameter{std::string_view{rows}}}));
        for (bool is_first = true; TRY(cursor->next()); is_first = false) {
            if (!is_first) out += ',';
            append_json_row(out, plan_, *cursor, children);
        }
        return {};
    }

  private:
    [[nodiscard]] std::string page_sql(std::string_view result) const {
        return fmt::format("SELECT {} FROM json_each($1) j CROSS JOIN {}{} WHERE t0.\"_row\" = j.value",
                           result, plan_.table, plan_.joins);
    }

    /// The Ids of a page's rows, as a JSON array.
    [[nodiscard]] Result<std::string> ids(db::Transaction& transaction, const std::string& rows) const {
        nlohmann::json ids = nlohmann::json::array();
        const auto cursor =
            TRY(transaction.query(page_sql("t0.\"Id\""), {db::Parameter{std::string_view{rows}}}));
        while (TRY(cursor->next())) ids.push_back(std::string{cursor->text(0)});
        return ids.dump();
    }

    Result<void> aggregate(db::Transaction& transaction) {
        const auto cursor = TRY(run(transaction, rows_sql(plan_.result_sql(), plan_), plan_));
        while (TRY(cursor->next())) append_json_aggregate(aggregates_.emplace_back(), plan_, *cursor);
        total_ = static_cast<std::int64_t>(aggregates_.size());
        return {};
    }

    db::Database& database_;
    Plan plan_;
    std::vector<std::int64_t> rows_;
    std::vector<std::string> aggregates_;  ///< printed
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
    const auto content = std::find_if(plan.cells.begin(), plan.cells.end(), [](const Step& step) {
        return step.kind == Step::Kind::value && !step.parts.empty();
    });
    if (content != plan.cells.end()) {
        return error(ErrorKind::unsupported,
                     fmt::format("Binary fields are not supported in Bulk Query: {}",
                                 content->parts.front().lead.substr(1)),
                     "FEATURENOTENABLED");
    }
    const bool has_types = std::any_of(plan.steps.begin(), plan.steps.end(),
                                       [](const Step& step) { return step.kind == Step::Kind::type_of; });
    if (plan.offset != 0 || has_types) {
        return error(ErrorKind::unsupported,
                     fmt::format("{} not supported in Bulk Query", has_types ? "TYPEOF" : "OFFSET"),
                     "FEATURENOTENABLED");
    }
    if (plan.is_count || plan.is_aggregate || !plan.children.empty()) {
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
