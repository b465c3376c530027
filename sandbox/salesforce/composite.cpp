#include "sandbox/face.h"
#include "sandbox/salesforce/composite_parts.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/references.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::size_t parts_max = 25;
constexpr std::size_t heavy_parts_max = 5;

/// "sobjects", "query", "composite/sobjects" …: what the path begins with after the version.
std::string resource_of(std::string_view url) {
    const auto path = split_target(url);
    if (path.segments.size() < 4 || !equal_words(path.segments[0], "services") ||
        !equal_words(path.segments[1], "data"))
        return {};
    std::string name{path.segments[3]};
    if (equal_words(name, "composite") && path.segments.size() > 4)
        name += "/" + std::string{path.segments[4]};
    return name;
}

bool is_heavy(const CompositePart& part) {
    const auto name = resource_of(part.url);
    return equal_words(name, "query") || equal_words(name, "queryAll") ||
           equal_words(name, "composite/sobjects");
}

bool is_supported(const CompositePart& part) {
    const auto name = resource_of(part.url);
    return is_heavy(part) || equal_words(name, "sobjects") || equal_words(name, "limits");
}

Result<std::vector<CompositePart>> read_request(const nlohmann::json& body) {
    auto parts = TRY(read_parts(body, parts_max));
    if (static_cast<std::size_t>(std::ranges::count_if(parts, is_heavy)) > heavy_parts_max)
        return error(
            ErrorKind::invalid,
            "At most " + std::to_string(heavy_parts_max) + " subrequests may be queries or collections",
            "INVALID_INPUT");
    return parts;
}

http::Response answer_one(Services& services, const CompositePart& part, References& references) {
    auto url = references.resolve_url(part.url);
    auto body = references.resolve(*part.body);
    if (!url || !body) {
        const auto& failure = !url ? url.error() : body.error();
        return api_error(400, "PROCESSING_HALTED", failure.message).response;
    }
    if (!is_supported(part))
        return api_error(400, "INVALID_INPUT", "This resource can't be used in a subrequest: " + part.url)
            .response;
    const http::Request request{.method = part.method,
                                .target = std::move(*url),
                                .headers = part.headers,
                                .body = body->is_null() ? std::string{} : body->dump()};
    auto response = answer_part(services, request).response;
    if (response.status < 400) references.add(part.reference, response.body);
    return response;
}

bool is_read(const CompositePart& part) {
    return part.method == "GET";
}

std::vector<http::Response> answer_each(Services& services, const std::vector<CompositePart>& parts) {
    std::vector<http::Response> responses;
    responses.reserve(parts.size());
    References references;
    for (const auto& part : parts) responses.push_back(answer_one(services, part, references));
    return responses;
}

/// Stops at the first failure; then every other part says that it was undone. [Salesforce: Composite,
/// allOrNone]
std::vector<http::Response> answer_all_or_none(Services& services, const std::vector<CompositePart>& parts) {
    std::vector<http::Response> responses;
    References references;
    for (const auto& part : parts) {
        responses.push_back(answer_one(services, part, references));
        if (responses.back().status < 400) continue;
        const auto undone = api_error(400, "PROCESSING_HALTED",
                                      "The transaction was rolled back since another operation in the same "
                                      "transaction failed.")
                                .response;
        auto failure = std::move(responses.back());
        std::vector<http::Response> halted(parts.size(), undone);
        halted[responses.size() - 1] = std::move(failure);
        return halted;
    }
    return responses;
}

}  // namespace

Answer composite(Services& services, const Ask& ask) {
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    const auto parts = read_request(*body);
    if (!parts) return body_error(parts.error());
    const auto all = body->find("allOrNone");
    const bool is_atomic = all != body->end() && all->is_boolean() && all->get<bool>();

    // The org saves request by request: what can't be undone afterwards has to come last.
    if (is_atomic && !std::all_of(parts->begin(), parts->end() - 1, is_read))
        return api_error(
            400, "UNSUPPORTED",
            "This sandbox can't undo a write: with allOrNone only the last subrequest may be one. Send "
            "several rows to composite/sobjects, which can be the last one");
    const auto responses = is_atomic ? answer_all_or_none(services, *parts) : answer_each(services, *parts);

    Answer answer;
    std::string text = R"({"compositeResponse":[)";
    for (std::size_t i = 0; i < parts->size(); ++i) {
        const auto& part = (*parts)[i];
        if (i > 0) text += ',';
        text += print_part(part, responses[i]);
        answer.subrequests.push_back(part.method + " " + masked_target(part.url) + " " +
                                     std::to_string(responses[i].status));
    }
    answer.response = text_answer(200, text + "]}").response;
    return answer;
}

}  // namespace koppla::sandbox
