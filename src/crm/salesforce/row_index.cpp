#include "crm/salesforce/row_index.h"

#include "crm/salesforce/codec/csv_rows.h"
#include "crm/salesforce/codec/id.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace koppla::salesforce {

namespace {

/// Every bit of the one changes about half of the other. [MurmurHash3, 64-bit finaliser]
std::uint64_t mixed(std::uint64_t word, std::uint64_t first, std::uint64_t second) {
    word ^= word >> 33U;
    word *= first;
    word ^= word >> 29U;
    word *= second;
    return word ^ (word >> 32U);
}

std::string_view like_nothing(std::string_view text) {
    return text == csv_null ? std::string_view{} : text;
}

}  // namespace

void RowMark::add(std::uint64_t word) {
    high_ = mixed(high_ ^ word, 0xff51afd7ed558ccdULL, 0xc4ceb9fe1a85ec53ULL);
    low_ = mixed(std::rotl(low_, 23) + word, 0x87c37b91114253d5ULL, 0x4cf5ad432745937fULL);
}

void RowMark::add(std::string_view text) {
    add(std::uint64_t{text.size()});
    while (!text.empty()) {
        std::uint64_t word = 0;
        const std::size_t count = std::min(text.size(), sizeof word);
        std::memcpy(&word, text.data(), count);
        add(word);
        text.remove_prefix(count);
    }
}

void RowMark::add_id(std::string_view id) {
    const auto longer = long_id(id);
    add(longer ? std::string_view{longer->data(), longer->size()} : id);
}

RowMark mark_of(const WriteForm& form, const model::Batch& batch, std::size_t row) {
    RowMark mark;
    if (form.key) {
        const std::string_view key = batch.cell(*form.key, row).text();
        if (form.is_key_id) {
            mark.add_id(key);
        } else {
            mark.add(key);
        }
        return mark;
    }
    for (std::size_t column = 0; column < form.columns.size(); ++column)
        mark.add(like_nothing(csv_text(batch.cell(column, row))));
    return mark;
}

RowMark mark_of_echo(const WriteForm& form, const model::Batch& results, std::size_t row,
                     std::size_t first_column) {
    RowMark mark;
    for (std::size_t column = first_column; column < results.column_count(); ++column) {
        const model::Cell& cell = results.cell(column, row);
        const std::string_view text = cell.is_text() ? cell.text() : std::string_view{};
        if (form.is_key_id) {
            mark.add_id(text);
        } else {
            mark.add(form.key ? text : like_nothing(text));
        }
    }
    return mark;
}

std::vector<std::string> mark_columns(const WriteForm& form) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < form.columns.size(); ++i)
        if (!form.key || i == *form.key) names.push_back(form.columns[i].header);
    return names;
}

void RowIndex::sort() {
    std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
        if (a.mark != b.mark) return a.mark < b.mark;
        return a.number < b.number;
    });
    ever_met_.assign(entries_.size(), false);
    start_over();
}

std::optional<RowIndex::Met> RowIndex::meet(const RowMark& mark) {
    const auto found = std::ranges::partition_point(entries_, [&](const Entry& each) {
        return each.mark < mark ||
               (each.mark == mark && met_[static_cast<std::size_t>(&each - entries_.data())]);
    });
    if (found == entries_.end() || found->mark != mark) return std::nullopt;
    const auto at = static_cast<std::size_t>(found - entries_.begin());
    const Met met{.number = found->number, .is_first_time = !ever_met_[at]};
    met_[at] = ever_met_[at] = true;
    return met;
}

std::vector<std::int64_t> RowIndex::left() const {
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < entries_.size(); ++i)
        if (!ever_met_[i]) numbers.push_back(entries_[i].number);
    return numbers;
}

}  // namespace koppla::salesforce
