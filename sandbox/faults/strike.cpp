#include "sandbox/faults/strike.h"

#include "http/serve/gzip.h"
#include "sandbox/web/answer.h"

#include <algorithm>
#include <utility>

namespace koppla::sandbox {
namespace {

constexpr std::string_view proxy_page =
    "<!DOCTYPE html><html><head><title>Sign in to the network</title></head>"
    "<body><h1>Your connection is not authorised</h1></body></html>";

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
void wait(const Clock& clock, const Fault& fault) {
    (void)clock.wait(fault.span, Call{.stop = fault.cleared});
}

}  // namespace

Answer later(const Fault& fault, Answer answer) {
    if (fault.retry_after)
        answer.response.headers.add("Retry-After", std::to_string(fault.retry_after->count()));
    return answer;
}

std::optional<Answer> strike_before(Surface& surface, Vendor& vendor, const Fault& fault,
                                    const http::Request& request) {
    switch (fault.kind) {
        case FaultKind::latency:
            wait(surface.clock, fault);
            return std::nullopt;
        case FaultKind::lost:
            return Answer{};
        case FaultKind::html:
            return text_answer(200, std::string{proxy_page}, "text/html; charset=UTF-8");
        default:
            return vendor.strike_before(fault, request);
    }
}

bool strike_after(Vendor& vendor, const Fault& fault, const http::Request& request, Answer& answer) {
    switch (fault.kind) {
        case FaultKind::truncated_gzip:
            if (joined(answer).empty()) return false;
            truncate_gzip(fault, answer);
            return true;
        case FaultKind::column_gone:
        case FaultKind::column_added:
        case FaultKind::nul:
        case FaultKind::exponent:
            return answer.response.status == 200 && vendor.strike_after(fault, request, answer);
        default:
            return vendor.strike_after(fault, request, answer);
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

void deliver_struck(const Clock& clock, const Fault& fault, Answer answer, http::Exchange& exchange) {
    const bool stalls = fault.kind == FaultKind::stall;
    const bool says_nothing = fault.kind == FaultKind::lost || fault.kind == FaultKind::no_answer;
    if (!stalls && !says_nothing && fault.kind != FaultKind::cut) return deliver(std::move(answer), exchange);
    const auto body = std::exchange(joined(answer), {});
    if (says_nothing || (body.empty() && !stalls)) return exchange.cut();
    const auto by_share = static_cast<std::int64_t>(static_cast<double>(body.size()) * fault.share);
    const auto sent = std::min(body.size(), static_cast<std::size_t>(fault.bytes.value_or(by_share)));
    // Not zipped, so that exactly these bytes leave.
    answer.response.headers.set("Content-Encoding", "identity");
    answer.response.headers.set("Content-Length", std::to_string(body.size()));
    exchange.begin(std::move(answer.response));
    if (!exchange.write(std::string_view{body}.substr(0, sent)) || !exchange.flush()) return;
    if (!stalls) return exchange.cut();
    wait(clock, fault);
    if (exchange.write(std::string_view{body}.substr(sent))) exchange.end();
}

}  // namespace koppla::sandbox
