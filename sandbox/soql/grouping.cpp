#include "sandbox/soql/grouping.h"

#include "sandbox/soql/filter.h"
#include "sandbox/soql/syntax/lexer.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

Error ungrouped(std::string_view soql, const Path& path) {
    return malformed(soql, path.at, fmt::format("Field must be grouped or aggregated: {}", path.text()));
}

Error Grouping::refused(std::string_view what) const {
    return malformed(scope_.soql(), 0, what);
}

Result<void> Grouping::select(Plan& plan) {
    const SelectItem& first = query_.items.front();
    const bool is_plain_count = first.field.function == "COUNT" && first.field.names.empty();
    if (is_plain_count && query_.items.size() == 1 && first.alias.empty() && query_.groups.empty()) {
        plan.is_count = true;
        plan.columns.push_back(SelectedColumn{.name = "count()", .is_aggregate = true});
        return {};
    }
    plan.is_aggregate = true;
    if (query_.groups.empty() && (query_.limit || !query_.order.empty())) {
        return refused(
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT or ORDER BY");
    }
    for (const Path& path : query_.groups) TRY(group_by(path));
    for (const SelectItem& item : query_.items) TRY(select_item(plan, item));
    return {};
}

Result<void> Grouping::check(const Path& path, const Resolved& resolved) const {
    if (resolved.use == Resolved::Use::aggregate) return {};
    if (std::find(groups_.begin(), groups_.end(), resolved.sql()) == groups_.end())
        return ungrouped(scope_.soql(), path);
    return {};
}

Result<std::string> Grouping::sql(std::chrono::sys_days today) {
    std::string sql;
    for (const std::string& group : groups_) sql += (sql.empty() ? " GROUP BY " : ", ") + group;
    if (!query_.having) return sql;
    TRY(check_having(*query_.having));
    return sql + " HAVING " + TRY(having_sql(scope_, *query_.having, today));
}

Result<void> Grouping::check_having(
    const Condition& condition) {  // NOLINT(misc-no-recursion): the parser bounds it
    for (const Condition& part : condition.parts) TRY(check_having(part));
    if (condition.kind != Condition::Kind::comparison) return {};
    return check(condition.field, TRY(scope_.resolve(condition.field)));
}

Result<void> Grouping::group_by(const Path& path) {
    const Resolved resolved = TRY(scope_.resolve(path));
    if (!resolved.field->groupable || resolved.field->is_compound() ||
        resolved.use == Resolved::Use::aggregate || resolved.use == Resolved::Use::label) {
        return located(scope_.soql(), path.at,
                       fmt::format("field '{}' can not be grouped in a query call", resolved.field->name),
                       "MALFORMED_QUERY");
    }
    groups_.push_back(resolved.sql());
    return {};
}

Result<void> Grouping::select_item(Plan& plan, const SelectItem& item) {
    if (item.kind != SelectItem::Kind::field)
        return refused("a grouped query holds neither sub-queries nor TYPEOF");
    if (item.field.names.empty()) return refused("COUNT() stands alone in its query");
    const Resolved resolved = TRY(scope_.resolve(item.field));
    TRY(check(item.field, resolved));
    const bool is_field = resolved.use == Resolved::Use::plain || resolved.use == Resolved::Use::label;
    const std::string name = !item.alias.empty() ? item.alias
                             : is_field          ? resolved.field->name
                                                 : fmt::format("expr{}", unnamed_++);
    if (!names_.insert(name).second)
        return malformed(scope_.soql(), item.field.at, fmt::format("duplicate alias: {}", name));
    plan.columns.push_back(SelectedColumn{.name = name, .is_aggregate = true});
    plan.steps.push_back(Step{.kind = Step::Kind::value,
                              .lead = fmt::format(",\"{}\":", name),
                              .storage = resolved.field->storage,
                              .column = static_cast<int>(plan.result.size()),
                              .labels = resolved.use == Resolved::Use::label ? resolved.field : nullptr});
    plan.result.push_back(resolved.sql());
    return {};
}

}  // namespace koppla::sandbox::soql
