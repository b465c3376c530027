#include "sandbox/salesforce/composite_parts.h"

#include "sandbox/route.h"
#include "sandbox/web/json.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

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

Result<CompositePart> read_part(const nlohmann::json& json) {
    static constexpr std::array methods{"GET", "POST", "PATCH", "PUT", "DELETE"};
    if (!json.is_object()) return malformed("Each subrequest has to be an object");
    CompositePart part;
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
    const auto body = json.find("body");
    part.body = std::make_shared<nlohmann::json>(body == json.end() ? nlohmann::json{} : *body);
    return part;
}

}  // namespace

Result<std::vector<CompositePart>> read_parts(const nlohmann::json& body, std::size_t parts_max) {
    const auto list = body.find("compositeRequest");
    if (list == body.end() || !list->is_array() || list->empty())
        return malformed("The property 'compositeRequest' with an array is required");
    if (list->size() > parts_max)
        return malformed("The limit of " + std::to_string(parts_max) + " subrequests is exceeded");
    std::vector<CompositePart> parts;
    std::set<std::string> references;
    for (const auto& one : *list) {
        parts.push_back(TRY(read_part(one)));
        if (!references.insert(parts.back().reference).second)
            return malformed("The referenceId '" + parts.back().reference + "' is used twice");
    }
    return parts;
}

std::string print_part(const CompositePart& part, const http::Response& response) {
    Json headers = Json::object();
    for (const auto& [name, value] : response.headers)
        if (name == "Location" || name == "Last-Modified" || name == "ETag") headers[name] = value;
    return R"({"body":)" + (response.body.empty() ? std::string{"null"} : response.body) +
           R"(,"httpHeaders":)" + dump(headers) + R"(,"httpStatusCode":)" + std::to_string(response.status) +
           R"(,"referenceId":")" + part.reference + "\"}";
}

}  // namespace koppla::sandbox
