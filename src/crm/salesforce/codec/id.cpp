#include "crm/salesforce/codec/id.h"

#include "base/ascii.h"

#include <algorithm>

namespace koppla::salesforce {

namespace {

bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_letter_or_digit(char c) {
    return is_letter(c) || is_digit(c);
}

}  // namespace

std::optional<LongId> long_id(std::string_view short_id) {
    if (short_id.size() != 15 || !std::ranges::all_of(short_id, is_letter_or_digit)) return std::nullopt;
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    LongId id{};
    std::ranges::copy(short_id, id.begin());
    for (std::size_t group = 0; group < 3; ++group) {
        std::size_t capitals = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            if (is_capital(short_id[group * 5 + i])) capitals |= std::size_t{1} << i;
        }
        id[15 + group] = digits[capitals];
    }
    return id;
}

bool is_id(std::string_view text) {
    if (text.size() == 15) return std::ranges::all_of(text, is_letter_or_digit);
    if (text.size() != 18) return false;
    const auto id = long_id(text.substr(0, 15));
    return id && std::ranges::equal(*id, text);
}

bool is_like_id(std::string_view text) {
    return (text.size() == 15 || text.size() == 18) && std::ranges::all_of(text, is_letter_or_digit);
}

void lengthen_ids(model::Batch& batch, std::span<const std::size_t> columns) {
    const std::size_t rows = batch.row_count();
    for (const std::size_t column : columns) {
        for (std::size_t row = 0; row < rows; ++row) {
            const model::Cell& cell = batch.cell(column, row);
            if (!cell.is_text() || cell.size != 15) continue;
            if (const auto id = long_id(cell.text())) batch.replace(column, row, {id->data(), id->size()});
        }
    }
}

}  // namespace koppla::salesforce
