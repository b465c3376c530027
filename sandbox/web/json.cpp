#include "sandbox/web/json.h"

#include <algorithm>

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

Result<nlohmann::json> parse_json(std::string_view text) {
    if (nesting(text) > nesting_max) return error(ErrorKind::invalid, "The JSON body nests too deeply");
    auto value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded())
        return error(ErrorKind::invalid, "Unexpected character or end of input: the body is not JSON");
    return value;
}

}  // namespace koppla::sandbox
