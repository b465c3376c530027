#pragma once

#include "base/result.h"
#include "model/batch.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::salesforce {

/// Where a splitter's batches come from and go to.
class BatchOutlet {
  public:
    virtual ~BatchOutlet() = default;
    virtual model::Batch fresh() = 0;
    virtual Result<void> put(model::Batch batch) = 0;
};

/// Splits one CSV result page as it streams in: bytes gather in a batch's page, and whole rows become cells
/// that view it, quotes unescaped in place. Columns are found by the names in the header, never by position.
/// An empty cell is null. Faults are `corrupt` and say in which row, counted over the page.
/// [RFC 4180; Salesforce: Bulk API 2.0, Get Results for a Query Job]
class CsvSplitter {
  public:
    /// What becomes of columns that weren't asked for.
    enum class OtherColumns { refused, skipped };
    struct Options {
        std::vector<std::string> fields;  ///< wanted, in batch column order
        OtherColumns others = OtherColumns::refused;
        std::int64_t rows_skipped = 0;  ///< checked, but not handed over
        std::size_t batch_bytes = 0;    ///< rows are handed over when so much lies in the page
        std::size_t row_bytes_max = 0;
    };

    CsvSplitter(Options options, BatchOutlet& outlet);

    Result<void> put(std::string_view bytes);
    /// The page has ended: its last rows, which the outlet has not seen.
    Result<model::Batch> finish();
    /// Rows seen so far, skipped ones too.
    [[nodiscard]] std::int64_t rows() const { return rows_; }

  private:
    enum class Ending { more_may_come, page_has_ended };
    struct Cursor;

    void start_batch();
    Result<void> make_room();
    Result<void> split(Ending ending);
    Result<bool> take_row(Cursor& cursor, Ending ending);
    Result<bool> take_cell(Cursor& cursor, Ending ending);
    Result<void> take_header();
    void push_row();
    [[nodiscard]] Error fault(std::string_view what) const;

    const Options options_;
    BatchOutlet& outlet_;
    model::Batch batch_;
    std::size_t page_limit_;
    std::size_t split_at_ = 0;          ///< of the page, where the first unfinished row begins
    std::vector<model::Cell> row_;      ///< the row in the making
    std::vector<std::size_t> escaped_;  ///< its cells that hold doubled quotes
    std::vector<std::size_t> order_;    ///< where column i of the batch lies in the row
    std::size_t width_ = 0;             ///< cells of the header
    std::int64_t rows_ = 0;
    bool has_header_ = false;
    bool has_order_ = false;  ///< the row's order is the batch's
};

}  // namespace koppla::salesforce
