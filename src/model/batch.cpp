#include "model/batch.h"

#include <algorithm>
#include <cstring>

namespace koppla::model {

namespace {
constexpr std::size_t block_bytes = std::size_t{64} << 10;
}

void Page::reserve(std::size_t capacity_min) {
    if (!bytes) size = capacity = 0;  // moved from: the measures stayed behind
    if (capacity_min <= capacity) return;
    const std::size_t grown = std::max(capacity_min, capacity + capacity / 2);
    auto fresh = std::make_unique_for_overwrite<char[]>(grown);
    if (size != 0) std::memcpy(fresh.get(), bytes.get(), size);
    bytes = std::move(fresh);
    capacity = grown;
}

void Batch::recycle(std::size_t column_count) {
    cells_.clear();
    column_count_ = column_count;
    block_ = 0;
    block_used_ = 0;
    page.size = 0;
    if (!page.bytes) page.capacity = 0;
}

std::size_t Batch::add_row() {
    cells_.resize(cells_.size() + column_count_);
    return row_count() - 1;
}

void Batch::remove_row(std::size_t row) {
    const auto width = static_cast<std::ptrdiff_t>(column_count_);
    const auto target = cells_.begin() + static_cast<std::ptrdiff_t>(row) * width;
    const auto last = cells_.end() - width;
    if (target != last) std::copy(last, cells_.end(), target);
    cells_.erase(last, cells_.end());
}

void Batch::replace(std::size_t column, std::size_t row, std::string_view text) {
    cell(column, row) = Cell::of(keep(text));
}

std::string_view Batch::keep(std::string_view text) {
    if (text.empty()) return "";
    if (blocks_.empty()) {
        block_ = 0;
        block_used_ = 0;
    }
    if (block_ == blocks_.size() || blocks_[block_].capacity - block_used_ < text.size()) {
        if (block_ < blocks_.size()) ++block_;
        if (block_ == blocks_.size() || blocks_[block_].capacity < text.size()) {
            const std::size_t capacity = std::max(block_bytes, text.size());
            blocks_.insert(
                blocks_.begin() + static_cast<std::ptrdiff_t>(block_),
                Block{.bytes = std::make_unique_for_overwrite<char[]>(capacity), .capacity = capacity});
        }
        block_used_ = 0;
    }
    char* const place = blocks_[block_].bytes.get() + block_used_;
    std::memcpy(place, text.data(), text.size());
    block_used_ += text.size();
    return {place, text.size()};
}

std::size_t Batch::weight() const {
    std::size_t bytes = page.size + cells_.size() * sizeof(Cell) + block_used_;
    for (std::size_t i = 0; i < std::min(block_, blocks_.size()); ++i) bytes += blocks_[i].capacity;
    return bytes;
}

bool Batch::is_full() const {
    constexpr std::size_t rows_max = 1000;
    constexpr std::size_t bytes_max = std::size_t{1} << 20;
    return row_count() >= rows_max || weight() >= bytes_max;
}

}  // namespace koppla::model
