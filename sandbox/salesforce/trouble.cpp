#include "sandbox/salesforce/trouble.h"

#include "sandbox/faults/page.h"
#include "sandbox/faults/strike.h"
#include "sandbox/salesforce/reply.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::string_view added_column = "Added__c";

bool suits(FaultKind kind, const Field& field) {
    switch (kind) {
        case FaultKind::nul:
            return field.type == "string" || field.type == "textarea";
        case FaultKind::exponent:
            return field.type == "double" || field.type == "currency" || field.type == "percent";
        default:
            return !field.is_id() && field.name != "SystemModstamp" && field.name != "IsDeleted";
    }
}

Suits suits_of(const Object* object) {
    if (object == nullptr) return {};
    return [object](const Fault& fault, std::string_view column) {
        const auto* field = object->find(column);
        return field != nullptr && suits(fault.kind, *field) &&
               (fault.field.empty() || equal_words(fault.field, field->name));
    };
}

bool spoil_page(Services& services, const Fault& fault, const Place& place, Answer& answer) {
    if (!place.is_job) {
        const PageForm form{
            .rows = "records", .added_column = added_column, .suits_of = [&](const Json& row) {
                return suits_of(services.org.find(row.value("/attributes/type"_json_pointer, "")));
            }};
        return spoil_json(form, fault, answer);
    }
    const auto job = services.jobs.find(place.stream);
    const auto suits = suits_of(job ? services.org.find(job->object) : nullptr);
    return suits && spoil_csv(suits, added_column, fault, answer);
}

Answer refuse_session(Services& services, const http::Request& request) {
    if (const auto token = bearer_token(request)) services.sessions.revoke(*token);
    return api_error(401, "INVALID_SESSION_ID", "Session expired or invalid");
}

bool is_ingest(const Path& path) {
    return path.segments.size() > 4 && equal_words(path.segments[4], "ingest");
}

/// Of either kind; without a state it goes.
void end_job(Services& services, const http::Request& request, std::optional<JobState> state) {
    const auto id = place_of(request).stream;
    const auto end = [&](auto& jobs) { state ? jobs.end(id, *state) : jobs.remove(id); };
    if (is_ingest(split_target(request.target)))
        end(services.ingest);
    else
        end(services.jobs);
}

std::optional<Answer> lose_locator(Services& services, const http::Request& request) {
    const auto place = place_of(request);
    if (place.is_job) return api_error(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    services.cursors.forget(place.stream);
    return std::nullopt;
}

}  // namespace

Place place_of(const http::Request& request) {
    const auto path = split_target(request.target);
    const auto& segments = path.segments;
    if (request.method != "GET" || segments.size() < 4 || !equal_words(segments[1], "data")) return {};
    if (equal_words(segments[3], "query") || equal_words(segments[3], "queryAll")) {
        if (segments.size() == 4) return Place{.is_page = true};
        return Place{.is_page = true,
                     .is_following = true,
                     .stream = std::string{segments[4].substr(0, segments[4].rfind('-'))}};
    }
    if (segments.size() < 6 || !equal_words(segments[3], "jobs")) return {};
    if (is_ingest(path)) return Place{.is_job = true, .stream = std::string{segments[5]}};
    if (!equal_words(segments[4], "query")) return {};
    const bool is_page = segments.size() == 7 && equal_words(segments[6], "results");
    return Place{.is_job = true,
                 .is_page = is_page,
                 .is_following = is_page && !http::form_value(path.query, "locator").value_or("").empty(),
                 .stream = std::string{segments[5]}};
}

std::optional<Answer> salesforce_strike_before(Services& services, const Fault& fault,
                                               const http::Request& request) {
    switch (fault.kind) {
        case FaultKind::throttled:
            return later(fault, api_error(429, "REQUEST_LIMIT_EXCEEDED",
                                          "ConcurrentRequests (Concurrent API Requests) Limit exceeded."));
        case FaultKind::unavailable:
            return later(fault, api_error(503, "SERVER_UNAVAILABLE",
                                          "Service temporarily unavailable: try again later"));
        case FaultKind::limit:
            return api_error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
        case FaultKind::unauthorized:
            return refuse_session(services, request);
        case FaultKind::job_failed:
            end_job(services, request, JobState::failed);
            return std::nullopt;
        case FaultKind::job_aborted:
            end_job(services, request, JobState::aborted);
            return std::nullopt;
        case FaultKind::job_gone:
            end_job(services, request, std::nullopt);
            return std::nullopt;
        case FaultKind::locator_gone:
            return lose_locator(services, request);
        default:
            return std::nullopt;
    }
}

bool salesforce_strike_after(Services& services, const Fault& fault, const http::Request& request,
                             Answer& answer) {
    switch (fault.kind) {
        case FaultKind::session_expired:
            if (const auto token = bearer_token(request)) return services.sessions.revoke(*token);
            return false;
        case FaultKind::column_gone:
        case FaultKind::column_added:
        case FaultKind::nul:
        case FaultKind::exponent:
            return spoil_page(services, fault, place_of(request), answer);
        default:
            return true;
    }
}

}  // namespace koppla::sandbox
