#include "sandbox/faults/strike.h"

#include "http/serve/gzip.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <utility>

namespace koppla::sandbox {
namespace {

constexpr std::string_view proxy_page =
    "<!DOCTYPE html><html><head><title>Sign in to the network</title></head>"
    "<body><h1>Your connection is not authorised</h1></body></html>";

Answer later(const Fault& fault, Answer answer) {
    if (fault.retry_after)
        answer.response.headers.add("Retry-After", std::to_string(fault.retry_after->count()));
    return answer;
}

Answer refuse_session(Services& services, const http::Request& request) {
    if (const auto token = bearer_token(request)) services.sessions.revoke(*token);
    return api_error(401, "INVALID_SESSION_ID", "Session expired or invalid");
}

std::optional<Answer> lose_locator(Services& services, const http::Request& request) {
    const auto place = place_of(request);
    if (place.is_job) return api_error(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    services.cursors.forget(place.stream);
    return std::nullopt;
}

/// The whole body in one piece.
std::string& joined(Answer& answer) {
    if (answer.tail) answer.response.body += answer.tail->bytes;
    answer.tail.reset();
    return answer.response.body;
}

void truncate_gzip(const Fault& fault, Answer& answer) {
    auto& body = joined(answer);
    http::Gzip gzip;
    auto zipped = gzip.put(body);
    zipped += gzip.finish();
    const auto kept = static_cast<std::size_t>(static_cast<double>(zipped.size()) * fault.share);
    zipped.resize(std::clamp<std::size_t>(kept, 1, zipped.size() - 1));
    body = std::move(zipped);
    answer.response.headers.set("Content-Encoding", "gzip");
}

/// Cut short when the faults are cleared; then the answer goes on at once.
void wait(const Services& services, const Fault& fault) {
    (void)services.clock.wait(fault.span, Call{.stop = fault.cleared});
}

}  // namespace

std::optional<Answer> strike_before(Services& services, const Fault& fault, const http::Request& request) {
    switch (fault.kind) {
        case FaultKind::latency:
            wait(services, fault);
            return std::nullopt;
        case FaultKind::throttled:
            return later(fault, api_error(429, "REQUEST_LIMIT_EXCEEDED",
                                          "ConcurrentRequests (Concurrent API Requests) Limit exceeded."));
        case FaultKind::unavailable:
            return later(fault, api_error(503, "SERVER_UNAVAILABLE",
                                          "Service temporarily unavailable: try again later"));
        case FaultKind::limit:
            return api_error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
        case FaultKind::html:
            return text_answer(200, std::string{proxy_page}, "text/html; charset=UTF-8");
        case FaultKind::unauthorized:
            return refuse_session(services, request);
        case FaultKind::job_failed:
            services.jobs.end(place_of(request).stream, JobState::failed);
            return std::nullopt;
        case FaultKind::job_aborted:
            services.jobs.end(place_of(request).stream, JobState::aborted);
            return std::nullopt;
        case FaultKind::job_gone:
            services.jobs.remove(place_of(request).stream);
            return std::nullopt;
        case FaultKind::locator_gone:
            return lose_locator(services, request);
        default:
            return std::nullopt;
    }
}

bool strike_after(Services& services, const Fault& fault, const http::Request& request, Answer& answer) {
    switch (fault.kind) {
        case FaultKind::session_expired:
            if (const auto token = bearer_token(request)) return services.sessions.revoke(*token);
            return false;
        case FaultKind::truncated_gzip:
            if (joined(answer).empty()) return false;
            truncate_gzip(fault, answer);
            return true;
        case FaultKind::column_gone:
        case FaultKind::column_added:
        case FaultKind::nul:
        case FaultKind::exponent:
            return answer.response.status == 200 && spoil_page(services, fault, place_of(request), answer);
        default:
            return true;
    }
}

void deliver(Answer answer, http::Exchange& exchange) {
    if (!answer.tail) {
        exchange.reply(std::move(answer.response));
        return;
    }
    const auto head = std::exchange(answer.response.body, {});
    answer.response.headers.add("Content-Length", std::to_string(head.size() + answer.tail->bytes.size()));
    exchange.begin(std::move(answer.response));
    if (exchange.write(head) && exchange.write(answer.tail->bytes)) exchange.end();
}

void deliver_struck(Services& services, const Fault& fault, Answer answer, http::Exchange& exchange) {
    const bool stalls = fault.kind == FaultKind::stall;
    if (!stalls && fault.kind != FaultKind::cut && fault.kind != FaultKind::no_answer)
        return deliver(std::move(answer), exchange);
    const auto body = std::exchange(joined(answer), {});
    if (fault.kind == FaultKind::no_answer || (body.empty() && !stalls)) return exchange.cut();
    const auto by_share = static_cast<std::int64_t>(static_cast<double>(body.size()) * fault.share);
    const auto sent = std::min(body.size(), static_cast<std::size_t>(fault.bytes.value_or(by_share)));
    // Not zipped, so that exactly these bytes leave.
    answer.response.headers.set("Content-Encoding", "identity");
    answer.response.headers.set("Content-Length", std::to_string(body.size()));
    exchange.begin(std::move(answer.response));
    if (!exchange.write(std::string_view{body}.substr(0, sent)) || !exchange.flush()) return;
    if (!stalls) return exchange.cut();
    wait(services, fault);
    if (exchange.write(std::string_view{body}.substr(sent))) exchange.end();
}

}  // namespace koppla::sandbox
