#include "crm/salesforce/codec/csv_rows.h"

#include <array>

namespace koppla::salesforce {

namespace {

constexpr std::array<bool, 256> special_bytes = [] {
    std::array<bool, 256> special{};
    for (const char c : {',', '"', '\n', '\r'}) special[static_cast<unsigned char>(c)] = true;
    return special;
}();

bool is_special(char c) {
    return special_bytes[static_cast<unsigned char>(c)];
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return false;
    if (is_blank(text.front()) || is_blank(text.back())) return true;
    for (const char c : text)
        if (is_special(c)) return true;
    return false;
}

}  // namespace

void append_csv_cell(std::string& csv, std::string_view text) {
    if (!needs_quotes(text)) {
        csv += text;
        return;
    }
    csv += '"';
    while (true) {
        const auto quote = text.find('"');
        csv += text.substr(0, quote);
        if (quote == std::string_view::npos) break;
        csv += "\"\"";
        text.remove_prefix(quote + 1);
    }
    csv += '"';
}

void append_csv_row(std::string& csv, const model::Batch& batch, std::size_t row) {
    const std::size_t columns = batch.column_count();
    const std::size_t begin = csv.size();
    for (std::size_t column = 0; column < columns; ++column) {
        if (column > 0) csv += ',';
        append_csv_cell(csv, csv_text(batch.cell(column, row)));
    }
    // An empty line is no row to most readers.
    if (csv.size() == begin) csv += "\"\"";
    csv += '\n';
}

}  // namespace koppla::salesforce
