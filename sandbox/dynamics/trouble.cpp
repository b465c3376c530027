#include "sandbox/dynamics/trouble.h"

#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/resource.h"
#include "sandbox/faults/page.h"
#include "sandbox/faults/strike.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::string_view added_column = "new_added";

bool suits_column(FaultKind kind, const Attribute& attribute) {
    switch (kind) {
        case FaultKind::nul:
            return attribute.type == AttributeType::string || attribute.type == AttributeType::memo;
        case FaultKind::exponent:
            return attribute.storage() == Storage::scaled || attribute.storage() == Storage::real;
        default:
            return attribute.storage() != Storage::guid && attribute.name != version_column &&
                   attribute.name != "modifiedon";
    }
}

/// The set that a request reads.
std::string set_of(const http::Request& request) {
    const auto path = split_target(request.target);
    return path.segments.size() == 4 ? std::string{path.segments[3]} : std::string{};
}

bool spoil_page(Services& services, const Fault& fault, const http::Request& request, Answer& answer) {
    const auto catalog = services.org.catalog();
    const auto* table = catalog->find_set(set_of(request));
    if (table == nullptr) return false;
    const PageForm form{
        .rows = "value", .added_column = added_column, .suits_of = [table](const Json&) -> Suits {
            return [table](const Fault& spoiling, std::string_view column) {
                const auto* attribute = table->find_property(column);
                return attribute != nullptr && suits_column(spoiling.kind, *attribute) &&
                       (spoiling.field.empty() || equal_words(spoiling.field, attribute->name));
            };
        }};
    return spoil_json(form, fault, answer);
}

Answer unauthorized() {
    auto refused = failure(401, "0x80041d52", "The token has expired.");
    refused.response.headers.add("WWW-Authenticate", "Bearer error=invalid_token");
    return refused;
}

/// As if the walk's place were lost: of a feed the token, of a query the cookie.
Answer lost_place(const http::Request& request) {
    if (request.target.find("deltatoken") != std::string::npos)
        return failure(
            error(ErrorKind::expired,
                  "Version stamp associated with the client has expired. Please perform a full sync.",
                  "0x80044352"));
    return failure(error(ErrorKind::invalid, "The paging cookie is invalid.", "0x8004112a"));
}

}  // namespace

Place place_of(const http::Request& request) {
    const auto set = set_of(request);
    if (request.method != "GET" || set.empty() || set.find('(') != std::string::npos || set.starts_with('$'))
        return {};
    const bool is_following = request.target.find("skiptoken") != std::string::npos ||
                              request.target.find("deltatoken") != std::string::npos;
    return Place{.is_page = true, .is_following = is_following, .stream = set};
}

std::optional<Answer> strike_before(Services& services, const Fault& fault, const http::Request& request) {
    switch (fault.kind) {
        case FaultKind::throttled:
        case FaultKind::limit:
            return later(fault,
                         failure(429, "0x80072322",
                                 "Number of requests exceeded the limit of 6000 over time window of 300 "
                                 "seconds."));
        case FaultKind::unavailable:
            return later(fault, failure(503, "0x8004a001",
                                        "The server is busy and the request was not completed. "
                                        "Try again later."));
        case FaultKind::unauthorized:
            (void)services.authority.grants.expire_tokens();
            return unauthorized();
        case FaultKind::locator_gone:
            return lost_place(request);
        default:
            return std::nullopt;
    }
}

bool strike_after(Services& services, const Fault& fault, const http::Request& request, Answer& answer) {
    switch (fault.kind) {
        case FaultKind::session_expired:
            return services.authority.grants.expire_tokens() > 0;
        case FaultKind::column_gone:
        case FaultKind::column_added:
        case FaultKind::nul:
        case FaultKind::exponent:
            return spoil_page(services, fault, request, answer);
        default:
            return true;
    }
}

}  // namespace koppla::sandbox::dynamics
