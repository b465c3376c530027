#include "sandbox/salesforce/reply.h"

#include "base/clock.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr int nesting_max = 100;

/// How deep brackets nest outside of strings. A parser of trees is recursive somewhere; text isn't.
int nesting(std::string_view text) {
    int depth = 0;
    int deepest = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            deepest = std::max(deepest, ++depth);
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return deepest;
}

}  // namespace

std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Answer text_answer(int status, std::string body, std::string_view content_type) {
    return Answer{.response = {.status = status,
                               .headers = {{"Content-Type", std::string{content_type}}},
                               .body = std::move(body)}};
}

Answer json_answer(int status, const Json& body) {
    return text_answer(status, dump(body));
}

Answer empty_answer(int status) {
    return Answer{.response = {.status = status}};
}

Answer api_error(int status, std::string_view code, std::string_view message,
                 const std::vector<std::string>& fields) {
    Json one{{"message", message}, {"errorCode", code}};
    if (!fields.empty()) one["fields"] = fields;
    return json_answer(status, Json::array({one}));
}

Answer not_found() {
    return api_error(404, "NOT_FOUND", "The requested resource does not exist");
}

Result<nlohmann::json> parse_object(std::string_view text) {
    if (nesting(text) > nesting_max)
        return error(ErrorKind::invalid, "The JSON body nests too deeply", "JSON_PARSER_ERROR");
    auto value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded())
        return error(ErrorKind::invalid, "Unexpected character or end of input: the body is not JSON",
                     "JSON_PARSER_ERROR");
    if (!value.is_object())
        return error(ErrorKind::invalid,
                     "Cannot deserialize the body: a JSON object is expected at [line:1, column:1]",
                     "JSON_PARSER_ERROR");
    return value;
}

Answer body_error(const Error& error) {
    return api_error(400, error.symbol, error.message);
}

Answer org_error(const Error& error) {
    if (error.symbol.empty()) return api_error(500, "UNKNOWN_EXCEPTION", error.message);
    const bool is_missing = error.symbol == "NOT_FOUND" || error.symbol == "ENTITY_IS_DELETED";
    std::vector<std::string> fields;
    if (error.symbol == "MALFORMED_ID") fields = {"Id"};
    return api_error(is_missing ? 404 : 400, error.symbol, error.message, fields);
}

std::string wire_instant(std::int64_t unix_milliseconds) {
    auto text = format_instant(Instant{std::chrono::milliseconds{unix_milliseconds}});
    if (text.ends_with('Z')) text.pop_back();
    return text + "+0000";
}

}  // namespace koppla::sandbox
