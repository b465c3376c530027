#pragma once

#include "base/result.h"
#include "sandbox/dynamics/ask.h"
#include "sandbox/dynamics/org/org.h"
#include "sandbox/odata/options.h"
#include "sandbox/odata/viewer.h"

#include <cstdint>
#include <string>

namespace koppla::sandbox::odata {

/// One query of an entity set. Errors carry the vendor's code.
struct Query {
    dynamics::Org& org;
    const dynamics::Ask& ask;
    const dynamics::Table& table;
    Options options;
    Viewer viewer;
    std::int64_t page_rows_max = 5'000;

    [[nodiscard]] std::int64_t page_rows() const;
    /// "https://…/api/data/v9.2/accounts", which links begin with.
    [[nodiscard]] std::string address() const;
};

/// A page of rows as JSON, with the link to the next; where changes are tracked, the last page has the delta
/// link. [Dataverse: Query data using the Web API; Use change tracking]
Result<std::string> read_page(const Query& query);
/// A page of what changed since the query's delta token.
Result<std::string> read_changes(const Query& query);
/// The result of $apply. [Dataverse: Aggregate data]
Result<std::string> read_groups(const Query& query);
/// How many rows there are, 5,000 at most; behind a delta token, how many changes.
Result<std::int64_t> count(const Query& query);

}  // namespace koppla::sandbox::odata
