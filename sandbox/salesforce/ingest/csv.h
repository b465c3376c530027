#pragma once

#include "sandbox/salesforce/bulk_format.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

/// One row of an upload. Cells view the upload, or the row's own memory where quotes were doubled: until the
/// next row is read.
struct CsvRow {
    std::vector<std::string_view> cells{};
    std::string_view raw{};      ///< as uploaded, without its line end
    std::uint64_t offset = 0;    ///< of `raw` in the upload
    std::string_view problem{};  ///< why it is no row, or empty

  private:
    friend class CsvReader;
    struct Span {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t doubled = 0;  ///< quotes among it that stand for one
    };
    std::vector<Span> spans_{};
    std::string unquoted_{};
};

/// Reads the CSV that clients upload, row by row; blank lines are passed over. Quotes have to begin and end
/// their cell; lengths are bounded: a row beyond that comes with a `problem`, and the next one follows behind
/// its line end. [Salesforce: Bulk API 2.0, Prepare CSV Files]
class CsvReader {
  public:
    /// From `offset` on, which has to be a row's beginning.
    CsvReader(std::string_view upload, const BulkFormat& format, std::uint64_t offset = 0);
    /// False at the end.
    bool next(CsvRow& row);

  private:
    void read_cell(CsvRow& row);
    void read_quoted(CsvRow& row);
    [[nodiscard]] bool is_at_line_end() const { return at_ >= upload_.size() || upload_[at_] == '\n'; }
    void finish(CsvRow& row);

    std::string_view upload_;
    BulkFormat format_;
    std::size_t at_;
};

/// What the upload begins with where it isn't a row: a byte order mark.
std::uint64_t first_row_offset(std::string_view upload);

/// "a","b" with quotes doubled; exactly `width` cells.
void append_quoted_row(std::string& out, const CsvRow& row, std::size_t width, char delimiter);
void append_quoted_cell(std::string& out, std::string_view cell);

}  // namespace koppla::sandbox
