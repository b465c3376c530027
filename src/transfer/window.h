#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// How far an object has been imported, and by which question: kept in an option, in the transaction of the
/// data that it proves.
struct ImportPosition {
    Instant at{};
    std::string object;
    std::string index_field;
    std::vector<std::string> fields;
    std::string filter;
    std::string server{};       ///< where the account led; empty in positions of before this was kept
    std::string conversions{};  ///< "Email=hash, Name=trim"; empty where all are standard
    std::string feed_mark{};    ///< of the object's feed of changes, where it was read by that; or empty
};

/// `LASTIMPORT_<account>_<object>`.
std::string position_option(std::string_view account, std::string_view object);
bool is_position_option(std::string_view name);

/// What the option holds besides the instant, as JSON.
std::string scope_json(const ImportPosition& position);
Result<ImportPosition> position_from(std::string_view value, std::string_view scope);

/// In which ways the position was reached by another question than `wanted`: words for a person, or empty.
std::string difference(const ImportPosition& saved, const ImportPosition& wanted);

/// What an incremental import reads, both edges included, and the position that it stores.
struct ImportWindow {
    std::optional<Instant> from;
    std::optional<Instant> until;  ///< of an incremental import; a first one reads all there is
    Instant next;
};

/// Stamps are given when a transaction starts and seen when it commits: so the position stays behind the
/// CRM's now by the safety lag, or at what the CRM says it has covered, whichever is earlier; and never goes
/// back. What is read twice is dropped by its version.
ImportWindow next_window(std::optional<Instant> position, Instant crm_now,
                         std::chrono::milliseconds safety_lag, std::optional<Instant> latest_date_covered);

}  // namespace koppla
