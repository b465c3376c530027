#include "sandbox/dynamics/answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

/// [Dataverse: web service error codes; which status goes with them]
struct Status {
    std::string_view code;
    int status;
};
constexpr std::array statuses{Status{"0x80040217", 404}, Status{"0x80060891", 404}, Status{"0x8006088a", 404},
                              Status{"0x80041102", 404}, Status{"0x80040237", 412}, Status{"0x80060892", 412},
                              Status{"0x80060882", 412}, Status{"0x80060883", 412}, Status{"0x80040333", 412},
                              Status{"0x8006088d", 412}, Status{"0x80040227", 405}, Status{"0x8004023b", 405},
                              Status{"0x80040315", 405}, Status{"0x80072560", 403}, Status{"0x80040220", 403},
                              Status{"0x8004418a", 413}, Status{"0x80040216", 500}};

/// The vendor's own; what a database says isn't.
bool is_code(std::string_view symbol) {
    return symbol.starts_with("0x");
}

}  // namespace

Answer answer(int status, std::string json) {
    return Answer{.response = {.status = status,
                               .headers = {{"Content-Type", "application/json; odata.metadata=minimal"},
                                           {"OData-Version", "4.0"}},
                               .body = std::move(json)}};
}

Answer answer(int status, const Json& json) {
    return answer(status, dump(json));
}

Answer nothing() {
    return Answer{.response = {.status = 204, .headers = {{"OData-Version", "4.0"}}}};
}

Answer failure(int status, std::string_view code, std::string_view message) {
    return answer(status, Json{{"error", {{"code", code}, {"message", message}}}});
}

Answer failure(const Error& error) {
    return failure(http_status(error), is_code(error.symbol) ? error.symbol : std::string{"0x80040216"},
                   error.message);
}

int http_status(const Error& error) {
    const auto* known = std::ranges::find(statuses, std::string_view{error.symbol}, &Status::code);
    if (known != statuses.end()) return known->status;
    return is_code(error.symbol) ? 400 : 500;
}

Error no_segment(std::string_view segment) {
    return error(ErrorKind::not_found, fmt::format("Resource not found for the segment '{}'.", segment),
                 "0x8006088a");
}

Error no_row(std::string_view table, std::string_view id) {
    return error(ErrorKind::not_found, fmt::format("{} With Id = {} Does Not Exist", table, id),
                 "0x80040217");
}

Error no_row_by_key(std::string_view table) {
    return error(ErrorKind::not_found,
                 fmt::format("A record with the specified key values does not exist in {} entity", table),
                 "0x80060891");
}

}  // namespace koppla::sandbox::dynamics
