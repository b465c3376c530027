#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace koppla::model {

/// A cell as it travels. `absent`: not sent, leave alone; `null`: sent as empty. 16 bytes, owns nothing.
struct Cell {
    enum class State : std::uint8_t { absent, null, text };

    const char* data = nullptr;
    std::uint32_t size = 0;
    State state = State::absent;

    static Cell null() { return Cell{.data = nullptr, .size = 0, .state = State::null}; }
    static Cell of(std::string_view text) {
        return Cell{
            .data = text.data(), .size = static_cast<std::uint32_t>(text.size()), .state = State::text};
    }
    [[nodiscard]] std::string_view text() const { return {data, size}; }
    [[nodiscard]] bool is_text() const { return state == State::text; }
};

/// A buffer that records arrive in; grows, never shrinks. Move-only, because cells point into it.
struct Page {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    std::size_t capacity = 0;

    /// Room for `capacity_min` bytes in all; the first `size` are kept. Cells into the page die with a move
    /// of its bytes, so grow before they are cut.
    void reserve(std::size_t capacity_min);
};

/// Some thousand rows of cells that view one page, or text of their own where a value had to be rewritten.
/// Rows lie one behind the other. Move-only; `recycle` empties it for the next page and keeps its memory.
class Batch {
  public:
    Batch() = default;
    Batch(Batch&&) noexcept = default;
    Batch& operator=(Batch&&) noexcept = default;
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    /// Empties the batch and sets its width.
    void recycle(std::size_t column_count);

    [[nodiscard]] std::size_t column_count() const { return column_count_; }
    [[nodiscard]] std::size_t row_count() const {
        return column_count_ == 0 ? 0 : cells_.size() / column_count_;
    }
    [[nodiscard]] const Cell& cell(std::size_t column, std::size_t row) const {
        return cells_[row * column_count_ + column];
    }
    [[nodiscard]] Cell& cell(std::size_t column, std::size_t row) {
        return cells_[row * column_count_ + column];
    }

    /// Adds the next cell in reading order: column after column, row after row.
    void push(Cell cell) { cells_.push_back(cell); }
    /// Adds a row of absent cells and answers its number.
    std::size_t add_row();
    /// Row `row` is overwritten by the last one: order is not kept.
    void remove_row(std::size_t row);

    /// Puts text that the page doesn't hold into a cell; the batch owns the copy.
    void replace(std::size_t column, std::size_t row, std::string_view text);
    /// A copy of `text` that lives as long as the batch's rows.
    std::string_view keep(std::string_view text);

    /// What the cells view.
    Page page;
    /// Bytes of page, cells and arena in use: what a bounded channel weighs.
    [[nodiscard]] std::size_t weight() const;
    /// Whether whoever fills it row by row should hand it on: many rows, or large ones.
    [[nodiscard]] bool is_full() const;

  private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t capacity = 0;
    };
    std::vector<Cell> cells_;
    std::size_t column_count_ = 0;
    std::vector<Block> blocks_;
    std::size_t block_ = 0;       ///< the block in use
    std::size_t block_used_ = 0;  ///< bytes of it
};

}  // namespace koppla::model
