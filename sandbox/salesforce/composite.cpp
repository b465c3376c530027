#include "sandbox/face.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/references.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::size_t parts_max = 25;
constexpr std::size_t heavy_parts_max = 5;

/// One subrequest, as it was written.
struct Part {
    std::string method;
    std::string url;
    std::string reference;
    nlohmann::json body;
    http::Headers headers;
};

Error malformed(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "INVALID_INPUT");
}

Result<std::string> text_of(const nlohmann::json& part, const char* name) {
    const auto found = part.find(name);
    if (found == part.end() || !found->is_string())
        return malformed("Each subrequest needs the property '" + std::string{name} + "' as text");
    return found->get<std::string>();
}

Result<http::Headers> headers_of(const nlohmann::json& part) {
    http::Headers headers;
    const auto found = part.find("httpHeaders");
    if (found == part.end() || found->is_null()) return headers;
    if (!found->is_object()) return malformed("httpHeaders has to be an object");
    for (const auto& [name, value] : found->items()) {
        for (const auto forbidden : {"Accept", "Authorization", "Content-Type"})
            if (equal_words(name, forbidden))
                return malformed("The header " + name + " can't be used in a subrequest");
        if (!value.is_string()) return malformed("The header " + name + " has to be text");
        headers.add(name, value.get<std::string>());
    }
    return headers;
}

bool is_reference_id(std::string_view text) {
    return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) != 0 &&
           std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

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

bool is_heavy(const Part& part) {
    const auto name = resource_of(part.url);
    return equal_words(name, "query") || equal_words(name, "queryAll") ||
           equal_words(name, "composite/sobjects");
}

bool is_supported(const Part& part) {
    const auto name = resource_of(part.url);
    return is_heavy(part) || equal_words(name, "sobjects") || equal_words(name, "limits");
}

Result<Part> read_part(const nlohmann::json& json) {
    static constexpr std::array methods{"GET", "POST", "PATCH", "PUT", "DELETE"};
    if (!json.is_object()) return malformed("Each subrequest has to be an object");
    Part part;
    part.method = TRY(text_of(json, "method"));
    if (std::ranges::find(methods, part.method) == methods.end())
        return malformed("'" + part.method +
                         "' is no method for a subrequest: GET, POST, PATCH, PUT, DELETE");
    part.url = TRY(text_of(json, "url"));
    if (!part.url.starts_with("/services/data/v"))
        return malformed("The url of a subrequest has to start with /services/data/vXX.X/");
    part.reference = TRY(text_of(json, "referenceId"));
    if (!is_reference_id(part.reference))
        return malformed("'" + part.reference + "' is no valid referenceId: letters, digits and underscores");
    part.headers = TRY(headers_of(json));
    if (const auto body = json.find("body"); body != json.end()) part.body = *body;
    return part;
}

Result<std::vector<Part>> read_parts(const nlohmann::json& body) {
    const auto list = body.find("compositeRequest");
    if (list == body.end() || !list->is_array() || list->empty())
        return malformed("The property 'compositeRequest' with an array is required");
    if (list->size() > parts_max)
        return malformed("The limit of " + std::to_string(parts_max) + " subrequests is exceeded");
    std::vector<Part> parts;
    std::set<std::string> references;
    for (const auto& one : *list) {
        parts.push_back(TRY(read_part(one)));
        if (!references.insert(parts.back().reference).second)
            return malformed("The referenceId '" + parts.back().reference + "' is used twice");
    }
    if (static_cast<std::size_t>(std::ranges::count_if(parts, is_heavy)) > heavy_parts_max)
        return malformed("At most " + std::to_string(heavy_parts_max) +
                         " subrequests may be queries or collections");
    return parts;
}

/// One subrequest's place in the answer. The body is spliced in as text: describes are long.
std::string print_part(const Part& part, const http::Response& response) {
    Json headers = Json::object();
    for (const auto& [name, value] : response.headers)
        if (name == "Location" || name == "Last-Modified" || name == "ETag") headers[name] = value;
    return R"({"body":)" + (response.body.empty() ? std::string{"null"} : response.body) +
           R"(,"httpHeaders":)" + dump(headers) + R"(,"httpStatusCode":)" + std::to_string(response.status) +
           R"(,"referenceId":")" + part.reference + "\"}";
}

http::Response answer_one(Services& services, const Part& part, References& references) {
    auto url = references.resolve_url(part.url);
    auto body = references.resolve(part.body);
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

bool is_read(const Part& part) {
    return part.method == "GET";
}

std::vector<http::Response> answer_each(Services& services, const std::vector<Part>& parts) {
    std::vector<http::Response> responses;
    responses.reserve(parts.size());
    References references;
    for (const auto& part : parts) responses.push_back(answer_one(services, part, references));
    return responses;
}

/// Stops at the first failure; then every other part says that it was undone. [Salesforce: Composite,
/// allOrNone]
std::vector<http::Response> answer_all_or_none(Services& services, const std::vector<Part>& parts) {
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
    const auto parts = read_parts(*body);
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
