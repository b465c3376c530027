#include "sandbox/face.h"

#include "sandbox/control.h"
#include "sandbox/faults/strike.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/salesforce/routes.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// Longest target, and longest target with headers. [Salesforce: Status Codes, 414 and 431]
constexpr std::size_t head_bytes_max = 16'384;

std::string method_of(const http::Request& request, const Path& path) {
    if (request.method != "POST") return request.method;
    auto tunnelled = http::form_value(path.query, "_HttpMethod");
    return tunnelled.value_or(request.method);
}

std::size_t header_bytes(const http::Request& request) {
    return std::accumulate(request.headers.begin(), request.headers.end(), std::size_t{0},
                           [](std::size_t sum, const auto& field) {
                               return sum + field.first.size() + field.second.size() + 4;
                           });
}

bool has_live_session(Services& services, const http::Request& request) {
    const auto token = bearer_token(request);
    return token && services.sessions.use(*token);
}

/// Only JSON is taken in bodies; the type may be absent, and in any case.
bool has_foreign_body(const http::Request& request) {
    const auto type = request.headers.find("Content-Type");
    if (request.body.empty() || !type) return false;
    return !equal_words(type->substr(0, type->find(';')), "application/json");
}

/// The answer for a version segment that can't be served, if so.
std::optional<Answer> version_problem(std::string_view segment) {
    const auto version = parse_version(segment);
    if (!version || *version > newest_version) return not_found();
    if (*version < oldest_version)
        return api_error(410, "GONE",
                         "API version " + std::string{segment.substr(1)} +
                             " is retired and no longer available; use version " +
                             std::to_string(oldest_version) + ".0 or newer");
    return std::nullopt;
}

bool is_versioned(const Path& path) {
    return path.segments.size() >= 3 && equal_words(path.segments[0], "services") &&
           equal_words(path.segments[1], "data");
}

bool is_control(const Path& path) {
    return !path.segments.empty() && path.segments[0] == "sandbox";
}

Answer not_allowed(std::string_view method, const std::vector<std::string_view>& allowed) {
    std::string names;
    for (const auto one : allowed) names += (names.empty() ? "" : ",") + std::string{one};
    auto answer = api_error(405, "METHOD_NOT_ALLOWED",
                            "HTTP Method '" + std::string{method} + "' not allowed. Allowed are " + names);
    answer.response.headers.add("Allow", names);
    return answer;
}

Answer call_route(Services& services, std::span<const Route> routes, const http::Request& request,
                  const Path& path) {
    const auto method = method_of(request, path);
    auto match = find_route(routes, method, path);
    if (match.route == nullptr)
        return match.allowed.empty() ? not_found() : not_allowed(method, match.allowed);
    const auto version = is_versioned(path) ? parse_version(path.segments[2]) : std::nullopt;
    if (version) match.parts.erase(match.parts.begin());
    const Ask ask{.request = request,
                  .method = method,
                  .parts = std::move(match.parts),
                  .query = std::string{path.query},
                  .version = version.value_or(0)};
    return match.route->handle(services, ask);
}

/// A request below /services/data/vNN.0: a session, a call of the day's, then the route.
Answer call_versioned(Services& services, const http::Request& request, const Path& path,
                      JournalEntry& entry) {
    if (auto problem = version_problem(path.segments[2])) return std::move(*problem);
    if (!has_live_session(services, request)) {
        auto answer = api_error(401, "INVALID_SESSION_ID", "Session expired or invalid");
        answer.response.headers.add("WWW-Authenticate", "Token");
        return answer;
    }
    if (!services.allowance.charge()) {
        auto answer = api_error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
        answer.response.headers.add("Sforce-Limit-Info", services.allowance.info());
        return answer;
    }
    entry.cost = JournalEntry::Cost::charged;
    auto answer = has_foreign_body(request) ? api_error(415, "UNSUPPORTED_MEDIA_TYPE",
                                                        "The body's Content-Type must be application/json")
                                            : call_route(services, salesforce_routes(), request, path);
    answer.response.headers.add("Sforce-Limit-Info", services.allowance.info());
    return answer;
}

Answer call(Services& services, Control control, const http::Request& request, JournalEntry& entry) {
    const auto path = split_target(request.target);
    if (is_control(path))
        return control == Control::offered ? call_route(services, control_routes(), request, path)
                                           : not_found();
    if (request.target.size() > head_bytes_max) return text_answer(414, "URI Too Long", "text/plain");
    if (request.target.size() + header_bytes(request) > head_bytes_max)
        return text_answer(431, "Request Header Fields Too Large", "text/plain");
    if (is_versioned(path)) return call_versioned(services, request, path, entry);
    return call_route(services, salesforce_routes(), request, path);
}

/// Carries a request out with the faults that befall it; the one that spoils how the answer is sent.
struct Outcome {
    Answer answer{};
    std::optional<Fault> delivery{};
};
Outcome suffer(Services& services, Control control, const http::Request& request, JournalEntry& entry) {
    const auto faults = services.faults.draw(request);
    std::optional<Answer> given;
    for (const auto& fault : faults)
        if (!given) given = strike_before(services, fault, request);
    Outcome outcome{.answer = given ? std::move(*given) : call(services, control, request, entry)};
    for (const auto& fault : faults) {
        const bool struck = strike_after(services, fault, request, outcome.answer);
        if (struck) outcome.delivery = fault;
        services.faults.record(FaultRecord{.fault = fault,
                                           .time = entry.time,
                                           .method = entry.method,
                                           .target = entry.target,
                                           .struck = struck});
    }
    return outcome;
}

}  // namespace

void Face::answer(const http::Request& request, http::Exchange& exchange) {
    const auto begun = services_.clock.steady();
    JournalEntry entry{.time = services_.clock.now(),
                       .method = request.method,
                       .target = masked_target(request.target),
                       .request_bytes = static_cast<std::int64_t>(request.body.size())};
    const bool is_kept = !is_control(split_target(request.target));
    auto [answer, delivery] = is_kept ? suffer(services_, control_, request, entry)
                                      : Outcome{.answer = call(services_, control_, request, entry)};
    entry.status = answer.response.status;
    entry.response_bytes = static_cast<std::int64_t>(answer.response.body.size() +
                                                     (answer.tail ? answer.tail->bytes.size() : 0));
    entry.subrequests = std::move(answer.subrequests);
    entry.calls = answer.calls;
    entry.microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(services_.clock.steady() - begun).count();
    // Before the answer leaves, so that whoever has the answer finds the entry.
    if (is_kept) services_.journal.add(std::move(entry));
    // The org's time, which need not be this machine's.
    answer.response.headers.add("Date", format_http_date(services_.clock.now()));
    if (delivery)
        deliver_struck(services_, *delivery, std::move(answer), exchange);
    else
        deliver(std::move(answer), exchange);
}

Answer answer_part(Services& services, const http::Request& request) {
    const auto path = split_target(request.target);
    if (!is_versioned(path)) return not_found();
    if (auto problem = version_problem(path.segments[2])) return std::move(*problem);
    return call_route(services, salesforce_routes(), request, path);
}

}  // namespace koppla::sandbox
