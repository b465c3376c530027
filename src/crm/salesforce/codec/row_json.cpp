#include "crm/salesforce/codec/row_json.h"

#include "base/ascii.h"

namespace koppla::salesforce {

namespace {

bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escaped(std::string& json, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    switch (c) {
        case '"':
            json += "\\\"";
            return;
        case '\\':
            json += "\\\\";
            return;
        case '\n':
            json += "\\n";
            return;
        case '\r':
            json += "\\r";
            return;
        case '\t':
            json += "\\t";
            return;
        default:
            break;
    }
    const auto byte = static_cast<unsigned char>(c);
    json += "\\u00";
    json += digits[byte >> 4U];
    json += digits[byte & 15U];
}

/// Takes digits off the front; whether there were any.
bool take_digits(std::string_view& text) {
    const std::size_t before = text.size();
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    return text.size() < before;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

void append_json_text(std::string& json, std::string_view text) {
    json += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!needs_escape(text[i])) continue;
        json += text.substr(plain, i - plain);
        append_escaped(json, text[i]);
        plain = i + 1;
    }
    json += text.substr(plain);
    json += '"';
}

bool is_json_number(std::string_view text) {
    take(text, "-");
    const bool begins_with_zero = text.starts_with('0');
    const std::size_t before = text.size();
    if (!take_digits(text) || (begins_with_zero && before - text.size() > 1)) return false;
    if (take(text, ".") && !take_digits(text)) return false;
    if (take(text, "eE")) {
        take(text, "+-");
        if (!take_digits(text)) return false;
    }
    return text.empty();
}

void append_record(std::string& json, const WriteForm& form, const model::Batch& batch, std::size_t row) {
    json += R"({"attributes":{"type":")";
    json += form.request.object->name;
    json += "\"}";
    for (std::size_t i = 0; i < form.columns.size(); ++i) {
        const WireColumn& column = form.columns[i];
        const model::Cell& cell = batch.cell(i, row);
        if (cell.state == model::Cell::State::absent) continue;
        json += ',';
        if (!cell.is_text()) {
            json += column.json_null;
            continue;
        }
        json += column.json_open;
        if (column.form == WireColumn::Form::text) {
            append_json_text(json, cell.text());
        } else {
            json += cell.text();
        }
        json += column.json_close;
    }
    json += '}';
}

}  // namespace koppla::salesforce
