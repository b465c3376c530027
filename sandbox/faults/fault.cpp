#include "sandbox/faults/fault.h"

#include "http/serve/gzip.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::array kinds{std::pair{FaultKind::latency, "latency"},
                           std::pair{FaultKind::throttled, "429"},
                           std::pair{FaultKind::unavailable, "503"},
                           std::pair{FaultKind::limit, "REQUEST_LIMIT_EXCEEDED"},
                           std::pair{FaultKind::html, "html"},
                           std::pair{FaultKind::lost, "lost"},
                           std::pair{FaultKind::no_answer, "no-answer"},
                           std::pair{FaultKind::cut, "cut"},
                           std::pair{FaultKind::stall, "stall"},
                           std::pair{FaultKind::truncated_gzip, "truncated-gzip"},
                           std::pair{FaultKind::unauthorized, "401"},
                           std::pair{FaultKind::session_expired, "session-expired"},
                           std::pair{FaultKind::job_failed, "job-failed"},
                           std::pair{FaultKind::job_aborted, "job-aborted"},
                           std::pair{FaultKind::job_gone, "job-gone"},
                           std::pair{FaultKind::locator_gone, "locator-gone"},
                           std::pair{FaultKind::column_gone, "column-gone"},
                           std::pair{FaultKind::column_added, "column-added"},
                           std::pair{FaultKind::nul, "nul"},
                           std::pair{FaultKind::exponent, "exponent"}};

Error wrong(std::string message) {
    return error(ErrorKind::invalid, "A fault can't be set: " + std::move(message));
}

Result<FaultKind> read_kind(const nlohmann::json& json) {
    const auto found = json.find("kind");
    const auto name = found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
    const auto known = std::ranges::find_if(kinds, [&](const auto& kind) { return name == kind.second; });
    if (known != kinds.end()) return known->first;
    std::string names;
    for (const auto& kind : kinds) names += (names.empty() ? "" : ", ") + std::string{kind.second};
    return wrong("its kind '" + name + "' is none of " + names);
}

Result<std::int64_t> read_count(const nlohmann::json& value, const std::string& name) {
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0) return value.get<std::int64_t>();
    return wrong("'" + name + "' has to be a whole number, 0 or more");
}

/// '*' fits any run of characters. Goes back to the last star only, so it takes no more than n·m steps.
bool fits(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool fits_target(std::string_view pattern, std::string_view target) {
    while (target.starts_with("//")) target.remove_prefix(1);
    if (pattern.find('?') == std::string_view::npos) target = target.substr(0, target.find('?'));
    return fits(pattern, target);
}

bool accepts_gzip(const http::Request& request) {
    const auto header = request.headers.find("Accept-Encoding");
    return header && http::accepts_gzip(*header);
}

}  // namespace

std::string_view fault_name(FaultKind kind) {
    const auto* known = std::ranges::find_if(kinds, [&](const auto& one) { return one.first == kind; });
    return known == kinds.end() ? "" : known->second;
}

Result<Fault> read_fault(const nlohmann::json& json, std::string_view usual_match) {
    if (!json.is_object()) return wrong("it has to be an object with a 'kind'");
    Fault fault{.kind = TRY(read_kind(json)), .match = std::string{usual_match}};
    for (const auto& [name, value] : json.items()) {
        if (name == "kind") continue;
        if (name == "method" || name == "match" || name == "field") {
            if (!value.is_string()) return wrong("'" + name + "' has to be text");
            (name == "method"  ? fault.method
             : name == "match" ? fault.match
                               : fault.field) = value.get<std::string>();
        } else if (name == "skip") {
            fault.skip = TRY(read_count(value, name));
        } else if (name == "times") {
            fault.times = TRY(read_count(value, name));
            if (fault.times == 0) return wrong("'times' has to be 1 or more");
        } else if (name == "ms") {
            fault.span = std::chrono::milliseconds{TRY(read_count(value, name))};
        } else if (name == "retry_after") {
            fault.retry_after = std::chrono::seconds{TRY(read_count(value, name))};
        } else if (name == "bytes") {
            fault.bytes = TRY(read_count(value, name));
        } else {
            return wrong("it knows no '" + name +
                         "': kind, method, match, skip, times, ms, retry_after, bytes, field");
        }
    }
    return fault;
}

nlohmann::ordered_json fault_json(const Fault& fault) {
    nlohmann::ordered_json json{{"kind", fault_name(fault.kind)}, {"method", fault.method},
                                {"match", fault.match},           {"skip", fault.skip},
                                {"times", fault.times},           {"ms", fault.span.count()}};
    if (fault.retry_after) json["retry_after"] = fault.retry_after->count();
    if (fault.bytes) json["bytes"] = *fault.bytes;
    if (!fault.field.empty()) json["field"] = fault.field;
    return json;
}

bool can_strike(const Fault& fault, const http::Request& request, const Place& place) {
    if (!fault.method.empty() && fault.method != request.method) return false;
    if (!fits_target(fault.match, request.target)) return false;
    switch (fault.kind) {
        case FaultKind::truncated_gzip:
            return accepts_gzip(request);
        case FaultKind::job_failed:
        case FaultKind::job_aborted:
        case FaultKind::job_gone:
            return place.is_job;
        case FaultKind::locator_gone:
        case FaultKind::column_gone:
        case FaultKind::column_added:
            return place.is_following;
        case FaultKind::nul:
        case FaultKind::exponent:
            return place.is_page;
        default:
            return true;
    }
}

}  // namespace koppla::sandbox
