#include "sandbox/org/value.h"

#include "sandbox/org/identifier.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

using nlohmann::json;

Error refusal(const char* status_code, std::string message) {
    return error(ErrorKind::invalid, std::move(message), status_code);
}

std::string shown(const json& value) {
    std::string text = value.is_string() ? value.get<std::string>()
                                         : value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() > 200) text.resize(200);
    return text;
}

std::string_view token_of(const json& value) {
    if (value.is_string()) return "VALUE_STRING";
    if (value.is_boolean()) return value.get<bool>() ? "VALUE_TRUE" : "VALUE_FALSE";
    if (value.is_number_integer()) return "VALUE_NUMBER_INT";
    if (value.is_number()) return "VALUE_NUMBER_FLOAT";
    return value.is_array() ? "START_ARRAY" : "START_OBJECT";
}

std::string_view wanted(const Field& field) {
    switch (field.storage) {
        case Storage::boolean:
            return "boolean";
        case Storage::integer:
            return "int";
        case Storage::real:
            return "double";
        case Storage::date:
            return "date";
        case Storage::datetime:
            return "datetime";
        default:
            return "string";
    }
}

Error wrong_type(const Field& field, const json& value) {
    return refusal(
        "JSON_PARSER_ERROR",
        fmt::format("Cannot deserialize instance of {} from {} value {} or request may be missing a "
                    "required field",
                    wanted(field), token_of(value), shown(value)));
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\f\v";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Result<Value> checked_id(const Field& field, std::string_view text) {
    if (auto id = normal_id(text)) return Value{std::move(*id)};
    return refusal("MALFORMED_ID", fmt::format("{}: id value of incorrect type: {}", field.label, text));
}

const PicklistValue* find_picklist(const Field& field, std::string_view value) {
    const auto found = std::find_if(field.picklist.begin(), field.picklist.end(),
                                    [&](const PicklistValue& entry) { return entry.value == value; });
    return found == field.picklist.end() ? nullptr : &*found;
}

/// The parts in the order of the setup, each once; values that the setup doesn't know follow.
Result<Value> checked_multipicklist(const Field& field, std::string_view text) {
    const auto parts = chosen_values(field, text);
    std::string joined;
    const auto append = [&](std::string_view part) {
        if (!joined.empty()) joined += ';';
        joined += part;
    };
    for (const PicklistValue& entry : field.picklist) {
        if (std::find(parts.begin(), parts.end(), entry.value) != parts.end()) append(entry.value);
    }
    for (const std::string_view part : parts) {
        const PicklistValue* known = find_picklist(field, part);
        if (field.restricted_picklist && (known == nullptr || !known->is_active))
            return bad_picklist(field, part);
        if (known == nullptr) append(part);
    }
    return joined.empty() ? Value{} : Value{std::move(joined)};
}

bool is_email(std::string_view text) {
    const std::size_t at = text.find('@');
    return at != 0 && at != std::string_view::npos && at == text.rfind('@') && at + 1 < text.size() &&
           text.find_first_of(" \t\r\n,") == std::string_view::npos;
}

Result<Value> checked_text(const Field& field, std::string_view raw) {
    if (!is_utf8(raw)) return refusal("JSON_PARSER_ERROR", field.label + ": the text is not UTF-8");
    const std::string_view text = trimmed(raw);
    if (text.empty()) return Value{};
    if (field.is_id()) return checked_id(field, text);
    if (field.type == "time") {
        if (auto time = canonical_time(text)) return Value{std::move(*time)};
        return wrong_type(field, json(text));
    }
    if (field.type == "multipicklist") return checked_multipicklist(field, text);
    if (field.type == "picklist" && field.restricted_picklist) {
        const PicklistValue* known = find_picklist(field, text);
        if (known == nullptr || !known->is_active) return bad_picklist(field, text);
    }
    if (field.type == "email" && !is_email(text)) {
        return refusal("INVALID_EMAIL_ADDRESS",
                       fmt::format("{}: invalid email address: {}", field.label, text));
    }
    if (field.length > 0 && character_count(text) > static_cast<std::size_t>(field.length)) {
        return refusal("STRING_TOO_LONG", fmt::format("{}: data value too large: {} (max length={})",
                                                      field.label, text.substr(0, 255), field.length));
    }
    return Value{std::string{text}};
}

Error out_of_range(const Field& field, const json& value) {
    return refusal(
        "NUMBER_OUTSIDE_VALID_RANGE",
        fmt::format("{}: value outside of valid range on numeric field: {}", field.label, shown(value)));
}

/// Decimals beyond the scale are cut off, not rounded.
double cut(double number, int scale) {
    std::array<char, 400> buffer{};
    const auto written =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
    std::string_view text{buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data())};
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos) return number;
    text = text.substr(0, std::min(text.size(), point + 1 + static_cast<std::size_t>(scale)));
    double result = number;
    std::from_chars(text.data(), text.data() + text.size(), result);
    return result;
}

Result<Value> checked_number(const Field& field, const json& value) {
    const double number = value.get<double>();
    if (!std::isfinite(number)) return out_of_range(field, value);
    if (field.storage == Storage::integer) {
        const double limit = std::pow(10.0, field.digits > 0 ? field.digits : 9);
        if (number != std::trunc(number)) return wrong_type(field, value);
        if (std::abs(number) >= limit) return out_of_range(field, value);
        return Value{static_cast<std::int64_t>(number)};
    }
    const int whole_digits = field.precision > 0 ? field.precision - field.scale : 18;
    if (std::abs(number) >= std::pow(10.0, whole_digits)) return out_of_range(field, value);
    return Value{cut(number, field.scale)};
}

/// "10000": a number in quotes is taken as one, and empty text as none. [seen in recorded sessions]
Result<Value> number_from_text(const Field& field, const json& value) {
    const std::string_view text = trimmed(value.get_ref<const std::string&>());
    if (text.empty()) return Value{};
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return wrong_type(field, value);
    return checked_number(field, json(number));
}

bool is_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int number(std::string_view text) {
    int result = 0;
    std::from_chars(text.data(), text.data() + text.size(), result);
    return result;
}

}  // namespace

std::vector<std::string_view> chosen_values(const Field& field, std::string_view text) {
    if (field.type != "multipicklist") return {text};
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(';');
        const std::string_view part = trimmed(text.substr(0, end));
        if (!part.empty() && std::find(parts.begin(), parts.end(), part) == parts.end())
            parts.push_back(part);
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

Error bad_picklist(const Field& field, std::string_view value) {
    return refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                   fmt::format("{}: bad value for restricted picklist field: {}", field.label, value));
}

Result<Value> value_from_json(const Field& field, const json& value) {
    if (value.is_null()) return Value{};
    switch (field.storage) {
        case Storage::boolean:
            if (value.is_boolean()) return Value{std::int64_t{value.get<bool>() ? 1 : 0}};
            return wrong_type(field, value);
        case Storage::integer:
        case Storage::real:
            if (value.is_number()) return checked_number(field, value);
            if (value.is_string()) return number_from_text(field, value);
            return wrong_type(field, value);
        case Storage::date:
        case Storage::datetime: {
            if (!value.is_string()) return wrong_type(field, value);
            const auto& text = value.get_ref<const std::string&>();
            if (text.empty()) return Value{};
            auto canonical = field.storage == Storage::date ? canonical_date(text) : canonical_datetime(text);
            if (!canonical) return wrong_type(field, value);
            return Value{std::move(*canonical)};
        }
        case Storage::text:
            if (value.is_string()) return checked_text(field, value.get_ref<const std::string&>());
            return wrong_type(field, value);
        case Storage::compound:
            break;
    }
    return refusal(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        fmt::format("Unable to create/update fields: {}. Please check the security settings of this "
                    "field and verify that it is read/write for your profile or permission set.",
                    field.name));
}

Result<Value> value_from_csv(const Field& field, std::string_view cell) {
    if (cell.empty()) return Value{};
    const auto misfit = [&](std::string_view why) {
        return error(ErrorKind::corrupt, fmt::format("'{}' {}", cell.substr(0, 60), why));
    };
    switch (field.storage) {
        case Storage::boolean:
            if (cell == "true" || cell == "false") return Value{std::int64_t{cell == "true" ? 1 : 0}};
            return misfit("is neither true nor false");
        case Storage::integer: {
            std::int64_t integer = 0;
            const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), integer);
            if (read.ec == std::errc{} && read.ptr == cell.data() + cell.size()) return Value{integer};
            return misfit("is no whole number");
        }
        case Storage::real: {
            double real = 0;
            const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), real);
            if (read.ec == std::errc{} && read.ptr == cell.data() + cell.size() && std::isfinite(real)) {
                return Value{real};
            }
            return misfit("is no number");
        }
        case Storage::date:
            if (auto date = canonical_date(cell)) return Value{std::move(*date)};
            return misfit("is no date");
        case Storage::datetime:
            if (auto datetime = canonical_datetime(cell)) return Value{std::move(*datetime)};
            return misfit("is no datetime");
        case Storage::compound:
            return misfit("is in a compound field, whose parts hold the values");
        case Storage::text:
            break;
    }
    if (!is_utf8(cell)) return misfit("is not UTF-8");
    if (field.type == "time") {
        if (auto time = canonical_time(cell)) return Value{std::move(*time)};
        return misfit("is no time of day");
    }
    if (field.is_id()) {
        if (auto id = normal_id(cell)) return Value{std::move(*id)};
        return misfit("is no id");
    }
    if (field.length > 0 && character_count(cell) > static_cast<std::size_t>(field.length)) {
        return misfit(fmt::format("is longer than {} characters", field.length));
    }
    return Value{std::string{cell}};
}

std::optional<std::string> canonical_datetime(std::string_view text) {
    if (text.size() == 10) {
        auto date = canonical_date(text);
        if (date) *date += "T00:00:00.000Z";
        return date;
    }
    if (text.size() < 20 || text.size() > 40 || text[10] != 'T' || !canonical_date(text.substr(0, 10))) {
        return std::nullopt;
    }
    const auto instant = parse_instant(text);
    if (!instant) return std::nullopt;
    return format_instant(std::chrono::floor<std::chrono::seconds>(*instant));
}

std::optional<std::string> canonical_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !is_digits(text.substr(0, 4)) ||
        !is_digits(text.substr(5, 2)) || !is_digits(text.substr(8, 2))) {
        return std::nullopt;
    }
    const int year = number(text.substr(0, 4));
    const std::chrono::year_month_day day{
        std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(number(text.substr(5, 2)))},
        std::chrono::day{static_cast<unsigned>(number(text.substr(8, 2)))}};
    if (!day.ok() || year < 1700 || year > 4000) return std::nullopt;
    return std::string{text};
}

std::optional<std::string> canonical_time(std::string_view text) {
    if (text.ends_with('Z')) text.remove_suffix(1);
    const bool is_short = text.size() == 5;
    if (text.find('T') != std::string_view::npos || text.find('Z') != std::string_view::npos)
        return std::nullopt;
    // Unlike a datetime, a time of day has milliseconds.
    const auto instant = parse_instant(fmt::format("1970-01-01T{}{}Z", text, is_short ? ":00" : ""));
    if (!instant) return std::nullopt;
    const std::string canonical = format_instant(*instant);
    return canonical.starts_with("1970-01-01T") ? std::optional{canonical.substr(11)} : std::nullopt;
}

std::string stamp(const Clock& clock) {
    return format_instant(std::chrono::floor<std::chrono::seconds>(clock.now()));
}

}  // namespace koppla::sandbox
