#include "sandbox/dynamics/face.h"

#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/control.h"
#include "sandbox/dynamics/handlers.h"
#include "sandbox/dynamics/trouble.h"
#include "sandbox/entra/registration.h"

#include <utility>

namespace koppla::sandbox::dynamics {
namespace {

/// Longest request line. [Dataverse: URL length]
constexpr std::size_t target_bytes_max = 32'768;

bool is_of_the_api(std::string_view target) {
    while (target.starts_with("//")) target.remove_prefix(1);
    return target.starts_with("/api/data/");
}

/// Whoever may come in is counted, and answered with what the service protection says of them.
Answer call_api(Services& services, const http::Request& request, JournalEntry& entry) {
    auto admission = entra::admit(services.authority, request);
    if (admission.refusal) return Answer{.response = std::move(*admission.refusal)};
    const auto& user = admission.principal->object_id;
    auto entered = services.protection.enter(user);
    if (entered.refusal) return Answer{.response = std::move(*entered.refusal)};
    entry.cost = JournalEntry::Cost::charged;
    const auto ask = asked(services, request);
    auto answered = ask ? dispatch(services, *ask) : failure(ask.error());
    entry.in_flight = entered.passage->in_flight();
    // Each operation of a batch counts as a request.
    if (answered.subrequests.size() > 1) {
        answered.calls = static_cast<std::int64_t>(answered.subrequests.size());
        entered.passage->add(answered.calls - 1);
    }
    auto& headers = answered.response.headers;
    const auto id = entra::new_guid();
    headers.add("REQ_ID", id);
    headers.add("x-ms-service-request-id", id + "," + entra::new_guid());
    services.protection.add_headers(user, headers);
    return answered;
}

}  // namespace

Answer Face::Api::call(const http::Request& request, JournalEntry& entry) {
    if (request.target.size() > target_bytes_max)
        return failure(414, "0x80060888", "The request URI is too long.");
    if (auto answered = entra::answer(services_.authority, request))
        return Answer{.response = std::move(*answered)};
    if (!is_of_the_api(request.target)) return not_found();
    return call_api(services_, request, entry);
}

Answer Face::Api::control(const http::Request& request, const Path& path) {
    auto match = find_route(control_routes(), request.method, path);
    if (match.route == nullptr) return not_found();
    return match.route->handle(services_, sandbox::Ask{.request = request,
                                                       .method = request.method,
                                                       .parts = std::move(match.parts),
                                                       .query = std::string{path.query}});
}

Answer Face::Api::not_found() const {
    return failure(404, "0x8006088a", "Resource not found.");
}

Place Face::Api::place_of(const http::Request& request) const {
    return dynamics::place_of(request);
}

std::optional<Answer> Face::Api::strike_before(const Fault& fault, const http::Request& request) {
    return dynamics::strike_before(services_, fault, request);
}

bool Face::Api::strike_after(const Fault& fault, const http::Request& request, Answer& answer) {
    return dynamics::strike_after(services_, fault, request, answer);
}

}  // namespace koppla::sandbox::dynamics
