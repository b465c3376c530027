#include "model/filter/filter.h"
#include "model/filter/filter_value.h"
#include "model/plain_number.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::model {

namespace {

using nlohmann::json;

Error fault(const std::string& where, std::string_view what) {
    return error(ErrorKind::invalid, fmt::format("filter, at {}: {}", where.empty() ? "/" : where, what));
}

Result<FilterValue> value_of(const json& node, const std::string& where) {
    using Kind = FilterValue::Kind;
    if (node.is_string()) return FilterValue{.kind = Kind::text, .text = node.get<std::string>()};
    if (node.is_boolean())
        return FilterValue{.kind = Kind::boolean, .text = node.get<bool>() ? "true" : "false"};
    if (node.is_number()) {
        if (auto plain = plain_number(node.dump())) return FilterValue{.kind = Kind::number, .text = *plain};
    }
    return fault(where,
                 "a value is a text, a number, true or false; for an empty field use the op \"is empty\"");
}

Result<Operator> operator_of(const json& node, const std::string& where) {
    if (node.is_string()) {
        for (int i = 0; i <= static_cast<int>(Operator::is_not_empty); ++i) {
            const auto op = static_cast<Operator>(i);
            if (node.get_ref<const std::string&>() == name(op)) return op;
        }
    }
    return fault(where + "/op", fmt::format("{} is no op; there is: is, is not, <, <=, >, >=, in, not in, "
                                            "contains, starts with, is empty, is not empty",
                                            node.dump()));
}

Result<Filter> comparison_of(const json& node, const std::string& where) {
    Filter filter{.form = Filter::Form::comparison};
    for (const auto& [key, value] : node.items()) {
        if (key != "field" && key != "op" && key != "value" && key != "values")
            return fault(where, fmt::format("'{}' means nothing here", key));
    }
    if (!node.contains("field") || !node["field"].is_string()) return fault(where, "it has no field");
    filter.field = node["field"].get<std::string>();
    if (!is_field_name(filter.field)) return fault(where, fmt::format("'{}' is no field", filter.field));
    filter.op = TRY(operator_of(node.value("op", json{}), where));
    const bool takes_many = filter.op == Operator::in || filter.op == Operator::not_in;
    const bool takes_none = filter.op == Operator::is_empty || filter.op == Operator::is_not_empty;
    if (takes_none) {
        if (node.contains("value") || node.contains("values"))
            return fault(where, fmt::format("'{}' takes no value", name(filter.op)));
        return filter;
    }
    if (!takes_many) {
        if (!node.contains("value")) return fault(where, fmt::format("'{}' takes a value", name(filter.op)));
        filter.values.push_back(TRY(value_of(node["value"], where + "/value")));
        return filter;
    }
    if (!node.contains("values") || !node["values"].is_array() || node["values"].empty())
        return fault(where, fmt::format("'{}' takes values, an array that isn't empty", name(filter.op)));
    for (const json& value : node["values"]) filter.values.push_back(TRY(value_of(value, where + "/values")));
    return filter;
}

// NOLINTNEXTLINE(misc-no-recursion): depth_max ends it
Result<Filter> filter_of(const json& node, const std::string& where, int depth) {
    if (!node.is_object()) return fault(where, "a condition is an object: all, any, not, or field and op");
    if (depth > Filter::depth_max)
        return fault(where, fmt::format("it is nested more than {} deep", Filter::depth_max));
    constexpr std::array<std::pair<std::string_view, Filter::Form>, 3> forms = {
        {{"all", Filter::Form::all}, {"any", Filter::Form::any}, {"not", Filter::Form::negation}}};
    for (const auto& [key, form] : forms) {
        if (!node.contains(key)) continue;
        if (node.size() > 1) return fault(where, fmt::format("'{}' stands alone in its object", key));
        const json& inner = node[std::string{key}];
        const std::string inside = fmt::format("{}/{}", where, key);
        Filter filter{.form = form};
        if (form == Filter::Form::negation) {
            filter.parts.push_back(TRY(filter_of(inner, inside, depth + 1)));
            return filter;
        }
        if (!inner.is_array() || inner.empty()) return fault(inside, "it is an array that isn't empty");
        for (const json& part : inner) {
            filter.parts.push_back(
                TRY(filter_of(part, fmt::format("{}/{}", inside, filter.parts.size()), depth + 1)));
        }
        return filter.parts.size() == 1 ? std::move(filter.parts.front()) : std::move(filter);
    }
    return comparison_of(node, where);
}

/// Brackets that open before any closes: what would take the reader's stack.
bool is_too_deep(std::string_view text) {
    int depth = 0;
    int deepest = 0;
    for (const char c : text) {
        if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
        if (c == '}' || c == ']') --depth;
    }
    return deepest > 4 * Filter::depth_max;
}

}  // namespace

Result<Filter> parse_filter_json(std::string_view text) {
    if (is_too_deep(text)) return fault("", fmt::format("it is nested more than {} deep", Filter::depth_max));
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) return fault("", "it begins with '{' but is no JSON document");
    return filter_of(document, "", 0);
}

}  // namespace koppla::model
