#pragma once

#include "crm/connector.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::salesforce {

/// A request as one statement of SOQL. Pure. `invalid` where a field isn't of the object, or where filter or
/// order would be more than that. Result pages come in the order of the index; a bulk job is only ordered
/// when it is asked for, because an order keeps Salesforce from cutting the work into chunks.
/// [Salesforce: SOQL SELECT; Bulk API 2.0, Understanding Query]
Result<std::string> soql(const ReadRequest& request, ReadPath path);

/// "…/queryAll?q=SELECT+Id,…".
std::string query_path(std::string_view resource, std::string_view statement);

/// A name that can stand in a statement: a letter, then letters, digits and '_'.
bool is_identifier(std::string_view name);

/// Where a read stands. Its text is what travels in Part::position.
struct Position {
    enum class Stage { automatic, pages, page, job_wanted, job, done };
    Stage stage = Stage::automatic;
    bool may_switch = false;  ///< to the other path where this one can't carry the request
    std::string next_path{};  ///< of the page to fetch
    std::string version{};    ///< that the job was made with: another one may not read its results
    std::string job{};
    std::string locator{};        ///< of the result page, empty for the first
    std::int64_t rows_skipped{};  ///< of that page, because they have been handed over

    [[nodiscard]] std::string text() const;
    /// `corrupt` where the text is none of ours, or would lead away from the API.
    static Result<Position> of(std::string_view text);
    bool operator==(const Position&) const = default;
};

/// Whether an answer's link stays on the server and within the API, and an id can stand in a path.
bool is_api_path(std::string_view path);
bool is_job_id(std::string_view text);

}  // namespace koppla::salesforce
