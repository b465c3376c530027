#include "crm/codec/json_member.h"

#include <algorithm>
#include <limits>

namespace koppla::json {

std::string text(const Element& object, std::string_view name) {
    std::string_view value;
    return object[name].get(value) == simdjson::SUCCESS ? std::string{value} : std::string{};
}

bool flag(const Element& object, std::string_view name) {
    bool value = false;
    return object[name].get(value) == simdjson::SUCCESS && value;
}

int number(const Element& object, std::string_view name) {
    std::int64_t value = 0;
    if (object[name].get(value) != simdjson::SUCCESS) return 0;
    return static_cast<int>(std::clamp<std::int64_t>(value, 0, std::numeric_limits<int>::max()));
}

std::optional<double> real(const Element& object, std::string_view name) {
    double value = 0;
    if (object[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
}

std::vector<Element> elements(const Element& object, std::string_view name) {
    std::vector<Element> found;
    simdjson::dom::array values;
    if (object[name].get(values) != simdjson::SUCCESS) return found;
    for (const Element each : values) found.push_back(each);
    return found;
}

std::optional<Element> member(const Element& object, std::string_view name) {
    Element value;
    if (object[name].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
    return value;
}

}  // namespace koppla::json
