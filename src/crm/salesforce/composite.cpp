#include "crm/salesforce/errors.h"
#include "crm/salesforce/metadata.h"
#include "crm/salesforce/query.h"

#include <charconv>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>

namespace koppla::salesforce {

namespace {

namespace ondemand = simdjson::ondemand;

/// One answer within the answer; `body` and `headers` as they were sent.
struct SubAnswer {
    int status = 0;
    std::string_view body, headers, reference;
};

constexpr std::string_view reference_prefix = "describe";

/// The text of a value, from its first character to its last.
simdjson::simdjson_result<std::string_view> raw(ondemand::value value) {
    const std::string_view token = value.raw_json_token();
    if (token.starts_with('{')) {
        ondemand::object object;
        if (const auto failure = value.get(object)) return failure;
        return object.raw_json();
    }
    if (token.starts_with('[')) {
        ondemand::array array;
        if (const auto failure = value.get(array)) return failure;
        return array.raw_json();
    }
    return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

simdjson::error_code read(ondemand::object object, SubAnswer& answer) {
    for (auto each : object) {
        ondemand::field field;
        if (const auto failure = std::move(each).get(field)) return failure;
        simdjson::error_code failure = simdjson::SUCCESS;
        if (field.key() == "body") {
            failure = raw(field.value()).get(answer.body);
        } else if (field.key() == "httpHeaders") {
            failure = raw(field.value()).get(answer.headers);
        } else if (field.key() == "referenceId") {
            failure = field.value().get(answer.reference);
        } else if (field.key() == "httpStatusCode") {
            std::int64_t status = 0;
            failure = field.value().get(status);
            answer.status = status >= 100 && status <= 999 ? static_cast<int>(status) : 0;
        }
        if (failure != simdjson::SUCCESS) return failure;
    }
    return simdjson::SUCCESS;
}

std::string last_modified(std::string_view headers) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view value;
    if (parser.parse(simdjson::padded_string{headers.data(), headers.size()}).get(root) !=
            simdjson::SUCCESS ||
        root.at_key_case_insensitive("Last-Modified").get(value) != simdjson::SUCCESS) {
        return {};
    }
    return std::string{value};
}

Result<Described> described_one(const SubAnswer& answer, const DescribeRequest& request) {
    const std::string attempted = fmt::format("describing {}", request.object);
    if (answer.status == 304 && !request.known_version.empty()) {
        return Described{.schema = {}, .version = request.known_version, .source = {}, .is_unchanged = true};
    }
    if (answer.status != 200) return error_of(answer.status, answer.body, attempted);
    auto schema = object_schema(answer.body);
    if (!schema) return schema.error().with_context(attempted);
    return Described{.schema = std::move(*schema),
                     .version = last_modified(answer.headers),
                     .source = std::string{answer.body},
                     .is_unchanged = false};
}

}  // namespace

std::string describe_body(std::span<const DescribeRequest> requests, std::string_view data_path) {
    nlohmann::json subrequests = nlohmann::json::array();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        nlohmann::json each = {{"method", "GET"},
                               {"url", fmt::format("{}/sobjects/{}/describe", data_path, requests[i].object)},
                               {"referenceId", fmt::format("{}{}", reference_prefix, i)}};
        if (!requests[i].known_version.empty()) {
            each["httpHeaders"] = {{"If-Modified-Since", requests[i].known_version}};
        }
        subrequests.push_back(std::move(each));
    }
    return nlohmann::json{{"allOrNone", false}, {"compositeRequest", std::move(subrequests)}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::vector<Result<Described>>> described(std::string_view answer,
                                                 std::span<const DescribeRequest> requests) {
    const auto refuse = [](std::string_view what) {
        return error(ErrorKind::corrupt, fmt::format("describing objects failed: the answer {}", what));
    };
    simdjson::padded_string padded{answer};
    ondemand::parser parser;
    ondemand::document document;
    ondemand::array answers;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
        document["compositeResponse"].get(answers) != simdjson::SUCCESS) {
        return refuse("holds no 'compositeResponse'");
    }
    std::map<std::string, Result<Described>, std::less<>> by_reference;
    for (auto each : answers) {
        ondemand::object object;
        SubAnswer sub;
        if (each.get(object) != simdjson::SUCCESS || read(object, sub) != simdjson::SUCCESS) {
            return refuse("is cut, or no JSON");
        }
        std::size_t index = 0;
        const std::string_view reference = sub.reference;
        if (!reference.starts_with(reference_prefix)) continue;
        const char* const end = reference.data() + reference.size();
        const auto number = std::from_chars(reference.data() + reference_prefix.size(), end, index);
        if (number.ec != std::errc{} || number.ptr != end || index >= requests.size()) continue;
        by_reference.emplace(std::string{reference}, described_one(sub, requests[index]));
    }
    std::vector<Result<Described>> results;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto found = by_reference.find(fmt::format("{}{}", reference_prefix, i));
        results.push_back(
            found != by_reference.end()
                ? std::move(found->second)
                : Result<Described>{error(ErrorKind::corrupt, fmt::format("describing {} failed: the answer "
                                                                          "leaves it out",
                                                                          requests[i].object))});
    }
    return results;
}

}  // namespace koppla::salesforce
