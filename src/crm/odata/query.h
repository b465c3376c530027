#pragma once

#include "crm/connector.h"
#include "crm/odata/dialect.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::odata {

/// What a query says besides its request.
struct QueryOptions {
    Dialect dialect = Dialect::plain;
    std::string condition{};  ///< that has to hold besides the request's own
    /// Whether the stamps of records have whole seconds: then a window begins with the second of its edge.
    enum class StampUnit { milliseconds, seconds };
    StampUnit stamp_unit = StampUnit::milliseconds;
};

/// A request as a query below the service's root: "contacts?$select=…&$filter=…&$orderby=…". Pure. `invalid`
/// where a field isn't of the object, or where filter or order would be more than that. A window is read in
/// the order of its index; all there is in the order of its key, so that a record which changes meanwhile
/// comes once. [OData URL Conventions 4.0, 5.1; Dataverse: Web API, query data]
Result<std::string> query_path(const ReadRequest& request, const QueryOptions& options);

/// The query of a feed: the fields, and nothing that would choose among records.
/// [OData Protocol 4.0, 11.3; Dataverse: change tracking]
Result<std::string> feed_path(const ReadRequest& request, const QueryOptions& options);

/// `invalid` where a condition would close the parentheses that it stands in, or leave a quote open.
Result<void> check_condition(std::string_view condition);

/// A name that can stand in a query: letters, digits and '_', of any language's letters as UTF-8.
bool is_identifier(std::string_view name);

/// A query option's value, percent-encoded but for what a query may hold.
std::string query_encode(std::string_view text);

/// Where a read stands. Its text is what travels in Part::position.
struct Position {
    enum class Stage {
        rows,    ///< at the beginning of the request's query
        window,  ///< at the beginning of those records that were created in a stretch of time
        page,    ///< at a page whose link the service gave
        done
    };
    Stage stage = Stage::rows;
    std::optional<Instant> from{};  ///< of a window, included
    std::optional<Instant> to{};    ///< of a window, not included
    std::string link{};             ///< of the page; of a feed that was read to its end the mark, or empty

    [[nodiscard]] std::string text() const;
    /// `corrupt` where the text is none of ours.
    static Result<Position> of(std::string_view text);
    bool operator==(const Position&) const = default;
};

}  // namespace koppla::odata
