#include "sandbox/dynamics/payload/values.h"

#include "base/clock.h"
#include "sandbox/dynamics/resource.h"
#include "sandbox/web/exact_json.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::string_view payload_code = "0x80048d19";

Error refusal(std::string_view code, std::string message) {
    return error(ErrorKind::invalid, std::move(message), std::string{code});
}

std::string_view edm_type(const Attribute& attribute) {
    switch (attribute.storage()) {
        case Storage::integer:
            if (attribute.type == AttributeType::boolean) return "Edm.Boolean";
            return attribute.type == AttributeType::big_int ? "Edm.Int64" : "Edm.Int32";
        case Storage::scaled:
            return "Edm.Decimal";
        case Storage::real:
            return "Edm.Double";
        case Storage::date:
            return "Edm.Date";
        case Storage::instant:
            return "Edm.DateTimeOffset";
        case Storage::guid:
            return "Edm.Guid";
        default:
            return "Edm.String";
    }
}

Error wrong_type(const Attribute& attribute, std::string_view shown) {
    return refusal(payload_code, fmt::format("Cannot convert a value of '{}' to the expected type '{}': {}",
                                             attribute.name, edm_type(attribute), shown.substr(0, 100)));
}

/// UTF-16 code units.
std::size_t units(std::string_view utf8) {
    std::size_t count = 0;
    for (const char c : utf8) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) != 0x80U) ++count;
        if (byte >= 0xF0U) ++count;
    }
    return count;
}

Result<Value> checked_text(const Table& table, const Attribute& attribute, std::string text) {
    if (text.empty()) return Value{};
    if (!is_utf8(text) || text.find('\0') != std::string::npos)
        return refusal("0x80040278", fmt::format("Invalid character in field '{}'", attribute.name));
    if (attribute.length_max > 0 && units(text) > static_cast<std::size_t>(attribute.length_max))
        return refusal(
            "0x80044331",
            fmt::format("A validation error occurred.  The length of the '{}' attribute of the '{}' "
                        "entity exceeded the maximum allowed length of '{}'.",
                        attribute.name, table.name(), attribute.length_max));
    return Value{std::move(text)};
}

Result<Value> checked_option(const Table& table, const Attribute& attribute, std::int64_t value) {
    if (attribute.options.options.empty() || attribute.options.find(value) != nullptr) return Value{value};
    std::string accepted;
    for (const Option& option : attribute.options.options)
        accepted += (accepted.empty() ? "" : ",") + std::to_string(option.value);
    return refusal(
        "0x8004431a",
        fmt::format("A validation error occurred. The value {} of '{}' on record of type '{}' is outside "
                    "the valid range. Accepted Values: {}",
                    value, attribute.name, table.name(), accepted));
}

Result<Value> checked_options(const Table& table, const Attribute& attribute, std::string_view text) {
    std::set<std::int64_t> values;
    while (!text.empty()) {
        auto one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        std::int64_t value = 0;
        const auto read = std::from_chars(one.data(), one.data() + one.size(), value);
        if (one.empty() || read.ptr != one.data() + one.size()) return wrong_type(attribute, one);
        TRY(checked_option(table, attribute, value));
        values.insert(value);
    }
    if (values.empty()) return Value{};
    return Value{fmt::format("{}", fmt::join(values, ","))};
}

Error out_of_range(const Table& table, const Attribute& attribute, std::string_view digits,
                   std::string_view code) {
    return refusal(code,
                   fmt::format("A validation error occurred.  The value of '{}' on record of type '{}' is "
                               "outside the valid range. Value: {}, Accepted Values: [{}; {}]",
                               attribute.name, table.name(), digits, attribute.minimum, attribute.maximum));
}

bool has_range(const Attribute& attribute) {
    return attribute.minimum != 0 || attribute.maximum != 0;
}

Result<Value> checked_whole(const Table& table, const Attribute& attribute, const std::string& digits) {
    std::int64_t number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool is_wide = attribute.type == AttributeType::big_int;
    const bool fits = read.ec == std::errc{} && read.ptr == digits.data() + digits.size() &&
                      (is_wide || (number >= std::numeric_limits<std::int32_t>::min() &&
                                   number <= std::numeric_limits<std::int32_t>::max()));
    if (!fits) return wrong_type(attribute, digits);
    if (attribute.is_choice()) return checked_option(table, attribute, number);
    if (!is_wide && has_range(attribute) &&
        (static_cast<double>(number) < attribute.minimum || static_cast<double>(number) > attribute.maximum))
        return out_of_range(table, attribute, digits, "0x8004432f");
    return Value{number};
}

Result<Value> checked_scaled(const Table& table, const Attribute& attribute, const std::string& digits) {
    const auto number = scaled_of(digits, attribute.scale);
    const auto bound = [&](double limit) {
        return static_cast<long double>(limit) * static_cast<long double>(*scaled_of("1", attribute.scale));
    };
    const bool fits =
        number && (!has_range(attribute) || (static_cast<long double>(*number) >= bound(attribute.minimum) &&
                                             static_cast<long double>(*number) <= bound(attribute.maximum)));
    if (!fits) return out_of_range(table, attribute, digits, "0x80044330");
    return Value{*number};
}

Result<Value> checked_real(const Table& table, const Attribute& attribute, const std::string& digits) {
    double number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc{}) return wrong_type(attribute, digits);
    if (has_range(attribute) && (number < attribute.minimum || number > attribute.maximum))
        return out_of_range(table, attribute, digits, "0x80044330");
    return Value{number};
}

bool is_day(std::string_view text) {
    return text.size() == 10 && parse_instant(std::string{text} + "T00:00:00Z").has_value();
}

Result<Value> checked_time(const Attribute& attribute, const std::string& text) {
    constexpr std::string_view first_day = "1753-01-01";
    const auto too_early = [&] {
        return refusal("0x80040239",
                       "DateTime is less than minumum value supported by CrmDateTime. Actual "
                       "value: " +
                           text + ", Minimum value supported: 01/01/1753 00:00:00");
    };
    if (attribute.storage() == Storage::date) {
        if (!is_day(text)) return wrong_type(attribute, text);
        if (text < first_day) return too_early();
        return Value{text};
    }
    const auto instant = parse_instant(is_day(text) ? text + "T00:00:00Z" : text);
    if (!instant || text.size() < 10 || text[4] != '-') return wrong_type(attribute, text);
    auto stamp = format_instant(*instant).substr(0, 19) + "Z";
    if (stamp < first_day) return too_early();
    return Value{std::move(stamp)};
}

}  // namespace

std::optional<std::int64_t> scaled_of(std::string_view digits, int scale) {
    const bool is_negative = digits.starts_with('-');
    if (is_negative || digits.starts_with('+')) digits.remove_prefix(1);
    const auto mark = std::min(digits.find_first_of("eE"), digits.size());
    int exponent = 0;
    if (mark < digits.size()) {
        auto power = digits.substr(mark + 1);
        if (power.starts_with('+')) power.remove_prefix(1);
        const auto read = std::from_chars(power.data(), power.data() + power.size(), exponent);
        if (read.ec != std::errc{} || read.ptr != power.data() + power.size()) return std::nullopt;
    }
    digits = digits.substr(0, mark);
    const auto point = std::min(digits.find('.'), digits.size());
    std::string all{digits.substr(0, point)};
    if (point < digits.size()) all += digits.substr(point + 1);
    if (all.empty() || !std::ranges::all_of(all, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    // How many of the digits stand before the unit's end.
    const auto kept = static_cast<std::int64_t>(point) + exponent + scale;
    std::int64_t number = 0;
    for (std::int64_t i = 0; i < kept; ++i) {
        const bool is_given = i < static_cast<std::int64_t>(all.size());
        if (!is_given && number == 0) break;
        const std::int64_t digit = is_given ? all[static_cast<std::size_t>(i)] - '0' : 0;
        if (number > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return std::nullopt;
        number = number * 10 + digit;
    }
    if (kept >= 0 && kept < static_cast<std::int64_t>(all.size()) &&
        all[static_cast<std::size_t>(kept)] >= '5')
        ++number;
    return is_negative ? -number : number;
}

Result<Value> value_from_json(const Table& table, const Attribute& attribute, const nlohmann::json& json) {
    if (json.is_null()) return Value{};
    const auto digits = digits_of(json);
    if (attribute.type == AttributeType::boolean) {
        if (!json.is_boolean()) return wrong_type(attribute, exact_text(json));
        return Value{std::int64_t{json.get<bool>() ? 1 : 0}};
    }
    const auto storage = attribute.storage();
    if (storage == Storage::integer || storage == Storage::scaled || storage == Storage::real) {
        if (!digits) return wrong_type(attribute, exact_text(json));
        if (storage == Storage::integer) return checked_whole(table, attribute, *digits);
        return storage == Storage::scaled ? checked_scaled(table, attribute, *digits)
                                          : checked_real(table, attribute, *digits);
    }
    if (!json.is_string()) return wrong_type(attribute, exact_text(json));
    auto text = json.get<std::string>();
    if (storage == Storage::date || storage == Storage::instant) return checked_time(attribute, text);
    if (storage == Storage::guid) {
        auto guid = guid_of(text);
        if (guid.empty()) return wrong_type(attribute, text);
        return Value{std::move(guid)};
    }
    if (attribute.type == AttributeType::multi_select) return checked_options(table, attribute, text);
    return checked_text(table, attribute, std::move(text));
}

Result<Value> value_from_literal(const Table& table, const Attribute& attribute, std::string_view literal) {
    if (literal == "null") return Value{};
    if (is_quoted(literal)) return value_from_json(table, attribute, nlohmann::json(unquoted(literal)));
    if (attribute.type == AttributeType::boolean)
        return value_from_json(table, attribute, nlohmann::json(literal == "true"));
    const auto storage = attribute.storage();
    if (storage == Storage::guid || storage == Storage::date || storage == Storage::instant)
        return value_from_json(table, attribute, nlohmann::json(std::string{literal}));
    const auto number = parse_exact(literal);
    if (!number) return wrong_type(attribute, literal);
    return value_from_json(table, attribute, *number);
}

}  // namespace koppla::sandbox::dynamics
