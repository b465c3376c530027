#include "sandbox/dynamics/metadata/shape.h"

#include "sandbox/odata/failure.h"
#include "sandbox/odata/syntax/parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

using odata::bad_query;
using odata::Condition;

/// Cuts at separators outside of quotes and parentheses.
std::vector<std::string_view> cut(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    int depth = 0;
    bool is_quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\'') is_quoted = !is_quoted;
        if (is_quoted) continue;
        if (c == '(') ++depth;
        if (c == ')') --depth;
        if (c != separator || depth != 0) continue;
        pieces.push_back(text.substr(begin, i - begin));
        begin = i + 1;
    }
    if (begin < text.size()) pieces.push_back(text.substr(begin));
    return pieces;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

/// "Microsoft.Dynamics.CRM.AttributeTypeCode'Picklist'" as 'Picklist': enumerations compare as text.
std::string plain(std::string_view filter) {
    constexpr std::string_view space = "Microsoft.Dynamics.CRM.";
    std::string text;
    bool is_quoted = false;
    for (std::size_t i = 0; i < filter.size(); ++i) {
        if (!is_quoted && filter.substr(i).starts_with(space)) {
            const auto quote = filter.find('\'', i);
            const auto blank = filter.find_first_of(" ()", i);
            if (quote < blank) i = quote;
        }
        if (filter[i] == '\'') is_quoted = !is_quoted;
        text += filter[i];
    }
    return text;
}

Result<void> read_option(Shape& shape, std::string_view name, std::string_view value) {
    if (name == "$select") {
        for (const auto one : cut(value, ',')) shape.select.emplace_back(trimmed(one));
        return {};
    }
    if (name == "$filter") {
        shape.filter = TRY(odata::parse_filter(plain(value), {}));
        return {};
    }
    if (name != "$expand") return bad_query(fmt::format("The query parameter {} is not supported", name));
    for (const auto raw : cut(value, ',')) {
        const auto one = trimmed(raw);
        const auto open = one.find('(');
        const bool has_options = open != std::string_view::npos && one.ends_with(')');
        auto inner =
            has_options ? TRY(Shape::of_options(one.substr(open + 1, one.size() - open - 2))) : Shape{};
        shape.expand.emplace_back(trimmed(one.substr(0, open)), std::move(inner));
    }
    return {};
}

const Json* find(const Json& object, const odata::Path& path) {
    const Json* at = &object;
    for (const auto& segment : path.segments) {
        if (!at->is_object()) return nullptr;
        const auto member = at->find(segment);
        if (member == at->end()) return nullptr;
        at = &*member;
    }
    return at;
}

std::string text_of(const Json& value) {
    if (value.is_null()) return "null";
    return value.is_string() ? value.get<std::string>() : value.dump();
}

bool compare(odata::Operator op, const Json& value, const odata::Literal& literal) {
    const auto shown = text_of(value);
    int order = 0;
    if (value.is_number()) {
        double other = 0;
        std::from_chars(literal.text.data(), literal.text.data() + literal.text.size(), other);
        const auto number = value.get<double>();
        order = number < other ? -1 : number > other ? 1 : 0;
    } else {
        const auto other = literal.kind == odata::Literal::Kind::null ? std::string{"null"} : literal.text;
        order = shown.compare(other);
    }
    switch (op) {
        case odata::Operator::eq:
            return order == 0;
        case odata::Operator::ne:
            return order != 0;
        case odata::Operator::gt:
            return order > 0;
        case odata::Operator::ge:
            return order >= 0;
        case odata::Operator::lt:
            return order < 0;
        default:
            return order <= 0;
    }
}

/// Holds one object against conditions.
struct Judge {
    const Json& object;
    std::string_view type;

    [[nodiscard]] Result<const Json*> value(const odata::Path& path) const {
        const auto* found = find(object, path);
        if (found == nullptr) return odata::unknown_property(path.text(), type);
        return found;
    }

    Result<bool> operator()(const odata::Junction& junction) const {
        const bool is_all = junction.kind == odata::Junction::Kind::all;
        for (const auto& part : junction.parts)
            if (TRY(fits(part, object, type)) != is_all) return !is_all;
        return is_all;
    }
    Result<bool> operator()(const odata::Negation& negation) const {
        return !TRY(fits(negation.inner.front(), object, type));
    }
    Result<bool> operator()(const odata::Comparison& comparison) const {
        const auto* left = TRY(value(comparison.path));
        if (const auto* literal = std::get_if<odata::Literal>(&comparison.other))
            return compare(comparison.op, *left, *literal);
        return bad_query("Properties of metadata can't be compared with each other.");
    }
    Result<bool> operator()(const odata::Membership& membership) const {
        const auto* left = TRY(value(membership.path));
        return std::ranges::any_of(membership.values, [&](const auto& literal) {
            return compare(odata::Operator::eq, *left, literal);
        });
    }
    Result<bool> operator()(const odata::TextMatch& match) const {
        const auto text = text_of(*TRY(value(match.path)));
        switch (match.kind) {
            case odata::TextMatch::Kind::contains:
                return text.find(match.text) != std::string::npos;
            case odata::TextMatch::Kind::starts_with:
                return text.starts_with(match.text);
            default:
                return text.ends_with(match.text);
        }
    }
    Result<bool> operator()(const odata::Flag& flag) const {
        return text_of(*TRY(value(flag.path))) == "true";
    }
    Result<bool> operator()(const odata::QueryFunction&) const {
        return bad_query("Query functions are not supported for metadata.");
    }
    Result<bool> operator()(const odata::Lambda&) const {
        return bad_query("Lambda operators are not supported for metadata.");
    }
};

}  // namespace

Result<Shape> Shape::of_options(std::string_view options) {
    Shape shape;
    for (const auto option : cut(options, ';')) {
        const auto equals = std::min(option.find('='), option.size());
        TRY(read_option(shape, trimmed(option.substr(0, equals)),
                        option.substr(std::min(equals + 1, option.size()))));
    }
    return shape;
}

Result<Shape> Shape::of(const Ask& ask) {
    Shape shape;
    std::string_view rest = ask.query;
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        const auto name = http::percent_decode(pair.substr(0, equals));
        if (!name.starts_with('$')) continue;
        TRY(read_option(shape, name, http::percent_decode(pair.substr(std::min(equals + 1, pair.size())))));
    }
    return shape;
}

const Shape* Shape::expansion(std::string_view name) const {
    const auto found = std::ranges::find_if(expand, [&](const auto& one) { return one.first == name; });
    return found == expand.end() ? nullptr : &found->second;
}

Result<bool> fits(const Condition& condition, const Json& object, std::string_view type) {
    return std::visit(Judge{.object = object, .type = type}, condition.is);
}

Result<Json> shaped(const Json& object, const Shape& shape, std::string_view type,
                    const std::function<bool(std::string_view)>& is_selectable) {
    for (const auto& name : shape.select)
        if (!is_selectable(name)) return odata::unknown_property(name, type);
    Json kept = Json::object();
    for (const auto& [name, value] : object.items()) {
        const bool is_kept = name.starts_with('@') || name == "MetadataId" || shape.select.empty() ||
                             std::ranges::find(shape.select, name) != shape.select.end();
        if (is_kept && (name.starts_with('@') || is_selectable(name))) kept[name] = value;
    }
    return kept;
}

}  // namespace koppla::sandbox::dynamics
