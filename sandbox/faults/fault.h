#pragma once

#include "base/result.h"
#include "http/message.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// What can go wrong with one request.
enum class FaultKind : std::uint8_t {
    latency,          ///< the answer comes `span` later
    throttled,        ///< 429, with Retry-After where `retry_after` is given
    unavailable,      ///< 503, the same
    limit,            ///< 403 REQUEST_LIMIT_EXCEEDED, or what the vendor has in its place
    html,             ///< 200 with a page of HTML, as a proxy answers
    lost,             ///< the connection is cut before the request is carried out
    no_answer,        ///< the request is carried out, then the connection is cut
    cut,              ///< the connection is cut after `bytes` of the body
    stall,            ///< after `bytes` of the body nothing comes for `span`, then the rest
    truncated_gzip,   ///< a whole answer whose gzip ends early; only where the request accepts gzip
    unauthorized,     ///< 401; the token is void from now on
    session_expired,  ///< answered, but the token is void from the next request on
    job_failed,       ///< the bulk job asked about ends as Failed
    job_aborted,      ///< … as Aborted
    job_gone,         ///< … is deleted
    locator_gone,     ///< a query's, or a bulk result's: the place can't be gone on from
    column_gone,      ///< `field` is missing from this page on
    column_added,     ///< `field` is there from this page on
    nul,              ///< a NUL byte in one cell of `field`
    exponent,         ///< decimal numbers as 1.5E7
};

/// One kind of trouble, and which requests it befalls: those of `method` whose path fits `match`, but for
/// the first `skip` of them, `times` times.
struct Fault {
    FaultKind kind = FaultKind::latency;
    std::string method{};  ///< empty: any
    /// '*' stands for any characters; without '?' in it the path alone has to fit.
    std::string match{};
    std::int64_t skip = 0;
    std::int64_t times = 1;
    std::chrono::milliseconds span{1'000};
    std::optional<std::chrono::seconds> retry_after{};
    std::optional<std::int64_t> bytes{};  ///< nothing: `share` of the body
    double share = 0.5;
    std::string field{};        ///< empty: one that suits
    std::stop_token cleared{};  ///< of one that was drawn: ends its waits when the faults are cleared
};

std::string_view fault_name(FaultKind kind);
/// `invalid` names what is wrong with it. Where it doesn't say what it befalls, it is `usual_match`.
Result<Fault> read_fault(const nlohmann::json& json, std::string_view usual_match);
nlohmann::ordered_json fault_json(const Fault& fault);

/// Where in a download a request asks.
struct Place {
    bool is_job = false;        ///< about one bulk job
    bool is_page = false;       ///< a page of rows, by query or by job
    bool is_following = false;  ///< a page behind the first
    std::string stream{};       ///< the job's or the cursor's id, where one is named
};

/// Whether the fault's pattern fits, and its kind can befall such a request at all.
bool can_strike(const Fault& fault, const http::Request& request, const Place& place);

}  // namespace koppla::sandbox
