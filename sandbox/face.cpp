#include "sandbox/face.h"

#include "sandbox/control.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/salesforce/routes.h"
#include "sandbox/salesforce/trouble.h"

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

/// Only JSON is taken in bodies, but for the data of bulk jobs; the type may be absent, and in any case.
bool has_foreign_body(const http::Request& request, const Path& path) {
    const auto type = request.headers.find("Content-Type");
    if (request.body.empty() || !type) return false;
    if (path.segments.size() > 4 && equal_words(path.segments[3], "jobs") &&
        equal_words(path.segments[4], "ingest"))
        return false;
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
    auto answer =
        has_foreign_body(request, path)
            ? api_error(415, "UNSUPPORTED_MEDIA_TYPE", "The body's Content-Type must be application/json")
            : call_route(services, salesforce_routes(), request, path);
    answer.response.headers.add("Sforce-Limit-Info", services.allowance.info());
    return answer;
}

}  // namespace

bool Face::reads_as_it_comes(const http::Request& head) const {
    const auto match = find_route(salesforce_routes(), head.method, split_target(head.target));
    return match.route != nullptr && match.route->handle == upload_ingest_data;
}

Answer Face::Api::call(const http::Request& request, JournalEntry& entry) {
    const auto path = split_target(request.target);
    if (request.target.size() > head_bytes_max) return text_answer(414, "URI Too Long", "text/plain");
    if (request.target.size() + header_bytes(request) > head_bytes_max)
        return text_answer(431, "Request Header Fields Too Large", "text/plain");
    if (is_versioned(path)) return call_versioned(services_, request, path, entry);
    return call_route(services_, salesforce_routes(), request, path);
}

Answer Face::Api::control(const http::Request& request, const Path& path) {
    return call_route(services_, control_routes(), request, path);
}

Answer Face::Api::not_found() const {
    return sandbox::not_found();
}

Place Face::Api::place_of(const http::Request& request) const {
    return sandbox::place_of(request);
}

std::optional<Answer> Face::Api::strike_before(const Fault& fault, const http::Request& request) {
    return salesforce_strike_before(services_, fault, request);
}

bool Face::Api::strike_after(const Fault& fault, const http::Request& request, Answer& answer) {
    return salesforce_strike_after(services_, fault, request, answer);
}

Answer answer_part(Services& services, const http::Request& request) {
    const auto path = split_target(request.target);
    if (!is_versioned(path)) return not_found();
    if (auto problem = version_problem(path.segments[2])) return std::move(*problem);
    return call_route(services, salesforce_routes(), request, path);
}

}  // namespace koppla::sandbox
