#include "sandbox/odata/rows/format.h"

#include "sandbox/odata/rows/render.h"
#include "sandbox/web/json_text.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

/// "-1234567.5" with commas between thousands.
std::string grouped(std::string_view number) {
    const bool is_negative = number.starts_with('-');
    if (is_negative) number.remove_prefix(1);
    const auto whole = std::min(number.find('.'), number.size());
    std::string text = is_negative ? "-" : "";
    for (std::size_t i = 0; i < whole; ++i) {
        if (i != 0 && (whole - i) % 3 == 0) text += ',';
        text += number[i];
    }
    return text + std::string{number.substr(whole)};
}

/// Rounded half up to fewer digits.
std::string scaled_text(std::int64_t value, int scale, int precision) {
    for (; scale > precision; --scale) value = (value + (value < 0 ? -5 : 5)) / 10;
    std::string text;
    append_scaled(text, value, scale);
    return grouped(text);
}

std::string number_text(const Step& step, const db::Cursor& row) {
    if (step.kind == Step::Kind::real)
        return grouped(fmt::format("{:.{}f}", row.real(step.column), std::max(step.precision, 0)));
    if (step.kind == Step::Kind::scaled)
        return scaled_text(row.integer(step.column), step.scale, step.precision);
    return grouped(std::to_string(row.integer(step.column)));
}

int digits(std::string_view text, std::size_t begin, std::size_t size) {
    int value = 0;
    if (begin + size <= text.size()) std::from_chars(text.data() + begin, text.data() + begin + size, value);
    return value;
}

std::string date_text(std::string_view stored) {
    return fmt::format("{}/{}/{}", digits(stored, 5, 2), digits(stored, 8, 2), digits(stored, 0, 4));
}

std::string time_text(std::string_view stored) {
    const auto hour = digits(stored, 11, 2);
    const auto hour_of_half = hour % 12 == 0 ? 12 : hour % 12;
    return fmt::format("{} {}:{:02} {}", date_text(stored), hour_of_half, digits(stored, 14, 2),
                       hour < 12 ? "AM" : "PM");
}

std::string labels_text(const Step& step, std::string_view values) {
    std::string text;
    while (!values.empty()) {
        const auto value = values.substr(0, values.find(','));
        values.remove_prefix(std::min(value.size() + 1, values.size()));
        const auto label = step.labels.find(digits(value, 0, value.size()));
        text +=
            (text.empty() ? "" : "; ") + (label == step.labels.end() ? std::string{value} : label->second);
    }
    return text;
}

}  // namespace

bool append_formatted(std::string& out, const Step& step, const db::Cursor& row) {
    switch (step.format) {
        case Step::Format::label: {
            const auto label = step.labels.find(row.integer(step.column));
            if (label == step.labels.end()) return false;
            out += label->second;
            return true;
        }
        case Step::Format::labels:
            append_json_text(out, labels_text(step, row.text(step.column)));
            return true;
        case Step::Format::money:
            append_json_text(out, std::string{row.text(step.format_column)} + number_text(step, row));
            return true;
        case Step::Format::number:
            append_json_text(out, number_text(step, row));
            return true;
        case Step::Format::date:
            append_json_text(out, date_text(row.text(step.column)));
            return true;
        case Step::Format::time:
            append_json_text(out, time_text(row.text(step.column)));
            return true;
        case Step::Format::name:
            if (row.is_null(step.format_column)) return false;
            append_json_text(out, row.text(step.format_column));
            return true;
        default:
            return false;
    }
}

}  // namespace koppla::sandbox::odata
