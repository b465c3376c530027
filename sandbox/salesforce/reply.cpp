#include "sandbox/salesforce/reply.h"

#include "base/clock.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
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
    auto value = parse_json(text);
    if (!value) return error(value.error().kind, value.error().message, "JSON_PARSER_ERROR");
    if (!value->is_object())
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
