#include "crm/odata/errors.h"

#include "http/retrying.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <simdjson.h>

namespace koppla::odata {

namespace {

using simdjson::dom::element;

// Stack traces make error bodies long; a longer one is no error body.
constexpr std::size_t body_bytes_max = std::size_t{1} << 20;

/// A text, or the text that an object of languages holds: {"lang": "en", "value": "…"}, as OData 2 had it.
std::string text(const element& object, std::string_view name) {
    std::string_view value;
    if (object[name].get(value) == simdjson::SUCCESS) return std::string{value};
    if (object[name]["value"].get(value) == simdjson::SUCCESS) return std::string{value};
    std::int64_t number = 0;
    return object[name].get(number) == simdjson::SUCCESS && number != 0 ? std::to_string(number)
                                                                        : std::string{};
}

std::string first_detail(const element& failure) {
    element detail;
    if (failure["details"].at(0).get(detail) == simdjson::SUCCESS) return text(detail, "message");
    if (failure["innererror"].get(detail) == simdjson::SUCCESS) return text(detail, "message");
    return {};
}

}  // namespace

Complaint complaint_of(std::string_view body) {
    simdjson::dom::parser parser;
    element root;
    if (body.size() > body_bytes_max ||
        parser.parse(simdjson::padded_string{body.data(), body.size()}).get(root) != simdjson::SUCCESS) {
        return {};
    }
    element failure;
    if (root["error"].get(failure) != simdjson::SUCCESS) {
        std::string words = text(root, "Message");
        return {.symbol = {}, .text = words.empty() ? text(root, "message") : std::move(words)};
    }
    Complaint complaint{.symbol = text(failure, "code"), .text = text(failure, "message")};
    // "0x0" stands where a service has no code.
    if (complaint.symbol == "0x0" || complaint.symbol == "0") complaint.symbol.clear();
    if (complaint.text.empty()) complaint.text = first_detail(failure);
    return complaint;
}

Error error_of(const http::Response& response, std::string_view attempted) {
    if (is_web_page(response.body) && response.status != 414 && response.status != 431)
        return web_page_error(attempted);
    Meaning meaning = meaning_of_status(response.status);
    // What a delta link leads to is forgotten. [OData Protocol 4.0, 11.3.3]
    if (response.status == 410)
        meaning = {"", ErrorKind::expired, "the service has forgotten it: begin again"};
    Error result = refusal(response.status, complaint_of(response.body), meaning, attempted);
    result.retry_after = http::retry_after(response.headers);
    return result;
}

}  // namespace koppla::odata
