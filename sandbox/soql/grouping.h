#pragma once

#include "sandbox/soql/plan.h"
#include "sandbox/soql/scope.h"
#include "sandbox/soql/syntax/ast.h"

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::soql {

/// The groups and aggregates of a query: what it then selects, and what may stand beside them. Over the
/// query's scope.
class Grouping {
  public:
    Grouping(Scope& scope, const Query& query) : scope_{scope}, query_{query} {}

    /// Puts the columns of a grouped query, or of one with aggregates, into its plan.
    Result<void> select(Plan& plan);
    /// MALFORMED_QUERY for what is neither grouped nor an aggregate.
    [[nodiscard]] Result<void> check(const Path& path, const Resolved& resolved) const;
    /// " GROUP BY … HAVING …"; empty where there is none.
    Result<std::string> sql(std::chrono::sys_days today);

  private:
    Result<void> group_by(const Path& path);
    Result<void> select_item(Plan& plan, const SelectItem& item);
    Result<void> check_having(const Condition& condition);
    [[nodiscard]] Error refused(std::string_view what) const;

    Scope& scope_;
    const Query& query_;
    std::vector<std::string> groups_{};  ///< SQL
    std::set<std::string> names_{};
    std::size_t unnamed_ = 0;
};

Error ungrouped(std::string_view soql, const Path& path);

}  // namespace koppla::sandbox::soql
