#pragma once

#include "crm/salesforce/write_form.h"
#include "model/batch.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::salesforce {

/// What tells a row of a job from others, in 128 bits: its key; where it has none, all of its cells, and null
/// like nothing, so that equal rows are interchangeable.
class RowMark {
  public:
    /// An id in either of its forms.
    void add_id(std::string_view id);
    void add(std::string_view text);
    void add(std::uint64_t word);

    bool operator==(const RowMark&) const = default;
    bool operator<(const RowMark& other) const {
        return high_ != other.high_ ? high_ < other.high_ : low_ < other.low_;
    }

  private:
    std::uint64_t high_ = 0x9ae16a3b2f90404fULL;
    std::uint64_t low_ = 0xc949d7c7509e6557ULL;
};

/// The mark of a row as it is sent, and of one as a result echoes it.
RowMark mark_of(const WriteForm& form, const model::Batch& batch, std::size_t row);
RowMark mark_of_echo(const WriteForm& form, const model::Batch& results, std::size_t row,
                     std::size_t first_column);

/// The columns of a result by which its rows are told apart.
std::vector<std::string> mark_columns(const WriteForm& form);

/// Finds our numbers of rows by their marks; 24 bytes a row. Filled once, then gone through by results, in
/// which every row is met once; again where they have to be read again.
class RowIndex {
  public:
    void add(const RowMark& mark, std::int64_t number) { entries_.push_back({mark, number}); }
    /// After the last `add`.
    void sort();
    /// Before results are read from their beginning.
    void start_over() { met_.assign(entries_.size(), false); }

    struct Met {
        std::int64_t number = 0;
        bool is_first_time = true;  ///< whatever readings there were before
    };
    /// A row with that mark which wasn't met yet; nothing where there is none.
    std::optional<Met> meet(const RowMark& mark);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    /// The numbers of the rows that were never met.
    [[nodiscard]] std::vector<std::int64_t> left() const;

  private:
    struct Entry {
        RowMark mark;
        std::int64_t number;
    };
    std::vector<Entry> entries_;
    std::vector<bool> met_;  ///< of entries with equal marks the first ones
    std::vector<bool> ever_met_;
};

}  // namespace koppla::salesforce
