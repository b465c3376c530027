#include "sandbox/attend.h"

#include "sandbox/faults/strike.h"
#include "sandbox/switches/every_face.h"

#include <optional>
#include <utility>

namespace koppla::sandbox {
namespace {

bool is_control(const Path& path) {
    return !path.segments.empty() && path.segments[0] == "sandbox";
}

Answer switched(Surface& surface, Vendor& vendor, Control control, const http::Request& request) {
    if (control == Control::hidden) return vendor.not_found();
    const auto path = split_target(request.target);
    const auto match = find_route(switches_of_every_face(), request.method, path);
    if (match.route == nullptr) return vendor.control(request, path);
    return match.route->handle(
        surface,
        Ask{.request = request, .method = request.method, .parts = {}, .query = std::string{path.query}});
}

/// Carries a request out with the faults that befall it; the one that spoils how the answer is sent.
struct Outcome {
    Answer answer{};
    std::optional<Fault> delivery{};
};
Outcome suffer(Surface& surface, Vendor& vendor, const http::Request& request, JournalEntry& entry) {
    const auto faults = surface.faults.draw(request, vendor.place_of(request));
    std::optional<Answer> given;
    for (const auto& fault : faults)
        if (!given) given = strike_before(surface, vendor, fault, request);
    Outcome outcome{.answer = given ? std::move(*given) : vendor.call(request, entry)};
    for (const auto& fault : faults) {
        const bool struck = strike_after(vendor, fault, request, outcome.answer);
        if (struck) outcome.delivery = fault;
        surface.faults.record(FaultRecord{.fault = fault,
                                          .time = entry.time,
                                          .method = entry.method,
                                          .target = entry.target,
                                          .struck = struck});
    }
    return outcome;
}

}  // namespace

void attend(Surface& surface, Vendor& vendor, Control control, const http::Request& request,
            http::Exchange& exchange) {
    const auto begun = surface.clock.steady();
    JournalEntry entry{.time = surface.clock.now(),
                       .method = request.method,
                       .target = masked_target(request.target),
                       .request_bytes = static_cast<std::int64_t>(body_bytes(request))};
    const bool is_kept = !is_control(split_target(request.target));
    auto [answer, delivery] = is_kept ? suffer(surface, vendor, request, entry)
                                      : Outcome{.answer = switched(surface, vendor, control, request)};
    entry.status = answer.response.status;
    entry.response_bytes = static_cast<std::int64_t>(answer.response.body.size() +
                                                     (answer.tail ? answer.tail->bytes.size() : 0));
    entry.subrequests = std::move(answer.subrequests);
    entry.calls = answer.calls;
    entry.microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(surface.clock.steady() - begun).count();
    // Before the answer leaves, so that whoever has the answer finds the entry.
    if (is_kept) surface.journal.add(std::move(entry));
    // The org's time, which need not be this machine's.
    answer.response.headers.add("Date", format_http_date(surface.clock.now()));
    if (delivery)
        deliver_struck(surface.clock, *delivery, std::move(answer), exchange);
    else
        deliver(std::move(answer), exchange);
}

}  // namespace koppla::sandbox
