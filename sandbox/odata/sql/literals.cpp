#include "sandbox/odata/sql/literals.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "sandbox/odata/failure.h"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

using dynamics::Attribute;
using dynamics::AttributeType;
using dynamics::Storage;

std::string_view edm_name(const Attribute& attribute) {
    switch (attribute.storage()) {
        case Storage::guid:
            return "Edm.Guid";
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
        default:
            return "Edm.String";
    }
}

std::string_view edm_name(const Literal& literal) {
    switch (literal.kind) {
        case Literal::Kind::boolean:
            return "Edm.Boolean";
        case Literal::Kind::number:
            return literal.text.find('.') == std::string::npos ? "Edm.Int32" : "Edm.Double";
        case Literal::Kind::guid:
            return "Edm.Guid";
        case Literal::Kind::date:
            return "Edm.Date";
        case Literal::Kind::instant:
            return "Edm.DateTimeOffset";
        default:
            return "Edm.String";
    }
}

/// A decimal number as an integer of 10^-scale, rounded down; nothing for other text or beyond 64 bits.
std::optional<Bound> scaled(std::string_view text, int scale) {
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    int behind = -1;
    bool is_cut = false;
    bool has_digit = false;
    for (const char c : text) {
        if (c == '.' && behind < 0) {
            behind = 0;
            continue;
        }
        if (!is_digit(c)) return std::nullopt;
        has_digit = true;
        if (behind >= scale) {
            is_cut = is_cut || c != '0';
            continue;
        }
        if (behind >= 0) ++behind;
        if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
            __builtin_add_overflow(value, std::int64_t{c - '0'}, &value))
            return std::nullopt;
    }
    if (!has_digit) return std::nullopt;
    for (int i = std::max(behind, 0); i < scale; ++i)
        if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return std::nullopt;
    if (is_negative) value = is_cut ? -value - 1 : -value;
    return Bound{.value = value, .fit = is_cut ? Bound::Fit::above : Bound::Fit::exact};
}

std::optional<Bound> real(std::string_view text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return Bound{.value = value};
}

/// "2026-11-23T09:15:00Z"
std::optional<Bound> instant(const std::string& text) {
    const auto read = parse_instant(text.size() == 10 ? text + "T00:00:00Z" : text);
    if (!read) return std::nullopt;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*read);
    auto stored = format_instant(seconds);
    stored.replace(19, std::string::npos, "Z");
    return Bound{.value = std::move(stored), .fit = *read == seconds ? Bound::Fit::exact : Bound::Fit::above};
}

std::optional<Bound> stored(const Attribute& attribute, const Literal& literal) {
    using Kind = Literal::Kind;
    switch (attribute.storage()) {
        case Storage::text:
            return literal.kind == Kind::text ? std::optional{Bound{.value = literal.text}} : std::nullopt;
        case Storage::guid:
            return literal.kind == Kind::guid || literal.kind == Kind::text
                       ? std::optional{Bound{.value = lower(literal.text)}}
                       : std::nullopt;
        case Storage::integer:
            if (attribute.type == AttributeType::boolean && literal.kind == Kind::boolean)
                return Bound{.value = std::int64_t{literal.text == "true"}};
            return literal.kind == Kind::number ? scaled(literal.text, 0) : std::nullopt;
        case Storage::scaled:
            return literal.kind == Kind::number ? scaled(literal.text, attribute.scale) : std::nullopt;
        case Storage::real:
            return literal.kind == Kind::number ? real(literal.text) : std::nullopt;
        case Storage::date:
            return literal.kind == Kind::date ? std::optional{Bound{.value = literal.text}} : std::nullopt;
        case Storage::instant:
            return literal.kind == Kind::instant || literal.kind == Kind::date ? instant(literal.text)
                                                                               : std::nullopt;
        default:
            return std::nullopt;
    }
}

/// The kind of literal that a text would be for this column.
Literal::Kind kind_for(const Attribute& attribute, const std::string& text) {
    switch (attribute.storage()) {
        case Storage::guid:
            return Literal::Kind::guid;
        case Storage::integer:
            return text == "true" || text == "false" ? Literal::Kind::boolean : Literal::Kind::number;
        case Storage::scaled:
        case Storage::real:
            return Literal::Kind::number;
        case Storage::date:
            return Literal::Kind::date;
        case Storage::instant:
            return Literal::Kind::instant;
        default:
            return Literal::Kind::text;
    }
}

}  // namespace

Result<Bound> bound(const Attribute& attribute, const Literal& literal, std::string_view operation) {
    auto found = stored(attribute, literal);
    if (!found)
        return bad_query(
            fmt::format("A binary operator with incompatible types was detected. Found operand "
                        "types '{}' and '{}' for operator kind '{}'.",
                        edm_name(attribute), edm_name(literal), operation));
    return std::move(*found);
}

Result<Bound> bound_text(const Attribute& attribute, const std::string& text) {
    const bool is_time = attribute.storage() == Storage::date && text.size() > 10;
    auto found = stored(
        attribute, Literal{.kind = kind_for(attribute, text), .text = is_time ? text.substr(0, 10) : text});
    if (!found)
        return error(
            ErrorKind::invalid,
            fmt::format("Condition for attribute '{}': expected argument(s) of a different type from "
                        "those passed: '{}'",
                        attribute.name, text),
            "0x80040203");
    return std::move(*found);
}

}  // namespace koppla::sandbox::odata
