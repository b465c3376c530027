#pragma once

#include "base/result.h"
#include "sandbox/odata/cookie.h"
#include "sandbox/odata/sql/binder.h"
#include "sandbox/odata/sql/place.h"

#include <string>
#include <vector>

namespace koppla::sandbox::odata {

/// What rows are sorted by, the primary key last, so that each has its own place.
struct SortKey {
    std::string name;
    std::string sql;
    enum class Form : std::uint8_t { text, integer, real } form = Form::text;
    Ordering::Direction direction = Ordering::Direction::ascending;
};

/// Choices sort by their number, lookups by the target's name. [Dataverse: Order rows]
Result<std::vector<SortKey>> sort_keys(const Place& place, const std::vector<Ordering>& order);
std::string order_sql(const std::vector<SortKey>& keys);
/// That a row comes behind the one of the cookie; 0x80041129 for a cookie of another order. Missing values
/// come first.
Result<std::string> behind_sql(const std::vector<SortKey>& keys, const Cookie& cookie, Binder& binder);

}  // namespace koppla::sandbox::odata
