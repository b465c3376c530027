#pragma once

#include "base/result.h"
#include "db/database.h"
#include "sandbox/odata/pages.h"
#include "sandbox/odata/sql/binder.h"
#include "sandbox/odata/sql/place.h"

#include <cstdint>
#include <memory>
#include <string>

namespace koppla::sandbox::odata {

/// The largest number that $count tells. [Dataverse: Count number of rows]
inline constexpr std::int64_t count_max = 5'000;

/// The query's table under the alias "t".
Place place_of(const Query& query);
/// " WHERE …" of what the query filters by, or nothing.
Result<std::string> where_sql(const Query& query, const Place& place, Binder& binder);
/// " FROM table AS t"
std::string from_sql(const Place& place);

Result<std::unique_ptr<db::Cursor>> run(db::Transaction& transaction, const std::string& sql,
                                        const Binder& binder);
/// Rows that fit, counted up to a bound.
Result<std::int64_t> count_rows(const Query& query, db::Transaction& transaction, std::int64_t bound);

/// {"@odata.context":…, and what comes before the value.
std::string page_head(const Query& query, const std::string& context, std::int64_t count);
/// A token as part of a link.
std::string link_encoded(std::string_view text);

}  // namespace koppla::sandbox::odata
