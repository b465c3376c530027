#include "sandbox/salesforce/references.h"

#include "http/message.h"

#include <charconv>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

std::string plain(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

/// One step of a path: "name", "[3]".
const json* step(const json& value, std::string_view& path) {
    if (path.starts_with('[')) {
        const auto close = path.find(']');
        if (close == std::string_view::npos || !value.is_array()) return nullptr;
        std::size_t index = 0;
        const auto [end, failure] = std::from_chars(path.data() + 1, path.data() + close, index);
        if (failure != std::errc{} || end != path.data() + close || index >= value.size()) return nullptr;
        path.remove_prefix(close + 1);
        return &value[index];
    }
    if (path.starts_with('.')) path.remove_prefix(1);
    const auto end = std::min(path.find_first_of(".["), path.size());
    const auto name = std::string{path.substr(0, end)};
    path.remove_prefix(end);
    const auto member = value.is_object() ? value.find(name) : value.end();
    return value.is_object() && member != value.end() ? &*member : nullptr;
}

/// The next "@{…}" of a text: where it begins, its inside, where it ends.
struct Found {
    std::size_t begin;
    std::string_view expression;
    std::size_t end;
};
std::optional<Found> find_reference(std::string_view text, std::size_t from) {
    const auto begin = text.find("@{", from);
    if (begin == std::string_view::npos) return std::nullopt;
    const auto close = text.find('}', begin);
    if (close == std::string_view::npos) return std::nullopt;
    return Found{.begin = begin, .expression = text.substr(begin + 2, close - begin - 2), .end = close + 1};
}

}  // namespace

Result<json> References::value_of(std::string_view expression) const {
    const auto failure = error(ErrorKind::invalid, "Invalid reference specified. No value for " +
                                                       std::string{expression} + " found");
    auto path = expression;
    const auto end = std::min(path.find_first_of(".["), path.size());
    const auto answer = answers_.find(path.substr(0, end));
    if (answer == answers_.end()) return failure;
    path.remove_prefix(end);
    const auto document = json::parse(answer->second, nullptr, false);
    const json* value = document.is_discarded() ? nullptr : &document;
    while (value != nullptr && !path.empty()) value = step(*value, path);
    if (value == nullptr || value->is_null()) return failure;
    return *value;
}

Result<std::string> References::resolve_url(std::string_view url) const {
    std::string text;
    std::size_t at = 0;
    while (const auto found = find_reference(url, at)) {
        text += url.substr(at, found->begin - at);
        text += http::percent_encode(plain(TRY(value_of(found->expression))));
        at = found->end;
    }
    return text + std::string{url.substr(at)};
}

Result<json> References::resolve_text(const std::string& text) const {
    const auto first = find_reference(text, 0);
    if (!first) return json(text);
    if (first->begin == 0 && first->end == text.size()) return value_of(first->expression);
    std::string whole;
    std::size_t at = 0;
    while (const auto found = find_reference(text, at)) {
        whole += text.substr(at, found->begin - at);
        whole += plain(TRY(value_of(found->expression)));
        at = found->end;
    }
    return json(whole + text.substr(at));
}

Result<json> References::resolve(const json& value) const {
    if (value.is_string()) return resolve_text(value.get_ref<const std::string&>());
    if (!value.is_structured()) return value;
    auto resolved = value;
    for (auto& item : resolved) item = TRY(resolve(item));
    return resolved;
}

}  // namespace koppla::sandbox
