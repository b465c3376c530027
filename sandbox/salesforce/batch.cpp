#include "sandbox/face.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::size_t parts_max = 25;

struct Part {
    std::string method;
    std::string target;  ///< from /services/data on
    std::string body;
};

Error malformed(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "INVALID_BATCH_REQUEST");
}

/// "v68.0/limits", or the whole path.
std::string whole_target(std::string url) {
    while (url.starts_with('/')) url.erase(0, 1);
    return equal_words(url.substr(0, 9), "services/") ? "/" + url : "/services/data/" + url;
}

Result<Part> read_part(const nlohmann::json& json) {
    static constexpr std::array methods{"GET", "POST", "PATCH", "PUT", "DELETE"};
    const auto method = json.is_object() ? json.value("method", nlohmann::json{}) : nlohmann::json{};
    const auto url = json.is_object() ? json.value("url", nlohmann::json{}) : nlohmann::json{};
    if (!method.is_string() || !url.is_string())
        return malformed("Each of batchRequests needs 'method' and 'url' as text");
    if (std::ranges::find(methods, method.get<std::string>()) == methods.end())
        return malformed("'" + method.get<std::string>() + "' is no method of a subrequest");
    const auto input = json.value("richInput", nlohmann::json{});
    return Part{.method = method.get<std::string>(),
                .target = whole_target(url.get<std::string>()),
                .body = input.is_null() ? std::string{} : input.dump()};
}

Result<std::vector<Part>> read_parts(const nlohmann::json& body) {
    const auto list = body.find("batchRequests");
    if (list == body.end() || !list->is_array() || list->empty())
        return malformed("The property 'batchRequests' with an array is required");
    if (list->size() > parts_max)
        return malformed("The limit of " + std::to_string(parts_max) + " subrequests is exceeded");
    std::vector<Part> parts;
    for (const auto& one : *list) parts.push_back(TRY(read_part(one)));
    return parts;
}

/// Resources that may stand in a batch, and no newer version than the batch's own.
std::optional<Answer> unsuitable(const Part& part, int version) {
    static constexpr std::array resources{"sobjects", "query", "queryAll", "limits", "tooling"};
    const auto path = split_target(part.target);
    const auto asked = path.segments.size() > 3 ? parse_version(path.segments[2]) : std::nullopt;
    const bool is_known = asked && std::ranges::any_of(resources, [&](std::string_view name) {
                              return equal_words(path.segments[3], name);
                          });
    if (!is_known) return api_error(400, "INVALID_BATCH_REQUEST", "This resource can't be in a batch");
    if (*asked > version)
        return api_error(400, "INVALID_BATCH_REQUEST",
                         "A subrequest's version can't be newer than the batch's");
    return std::nullopt;
}

/// Each part is a call of the day's; the batch itself stands for the first.
Answer answer_one(Services& services, const Part& part, int version, bool is_first, std::int64_t& calls) {
    if (!is_first) {
        if (!services.allowance.charge())
            return api_error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
        ++calls;
    }
    if (auto problem = unsuitable(part, version)) return std::move(*problem);
    return answer_part(services,
                       http::Request{.method = part.method, .target = part.target, .body = part.body});
}

}  // namespace

Answer batch(Services& services, const Ask& ask) {
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    const auto parts = read_parts(*body);
    if (!parts) return body_error(parts.error());
    const bool halts = body->value("haltOnError", nlohmann::json(false)) == true;

    Answer answer;
    bool has_errors = false;
    std::string results;
    for (std::size_t i = 0; i < parts->size(); ++i) {
        const auto& part = (*parts)[i];
        const auto one = halts && has_errors ? api_error(412, "BATCH_PROCESSING_HALTED",
                                                         "Batch processing halted per request")
                                             : answer_one(services, part, ask.version, i == 0, answer.calls);
        const auto status = one.response.status;
        has_errors = has_errors || status >= 400;
        results += (i > 0 ? "," : "") + std::string{R"({"statusCode":)"} + std::to_string(status) +
                   R"(,"result":)" + (one.response.body.empty() ? "null" : one.response.body) + "}";
        answer.subrequests.push_back(part.method + " " + masked_target(part.target) + " " +
                                     std::to_string(status));
    }
    answer.response = text_answer(200, std::string{R"({"hasErrors":)"} + (has_errors ? "true" : "false") +
                                           R"(,"results":[)" + results + "]}")
                          .response;
    return answer;
}

}  // namespace koppla::sandbox
