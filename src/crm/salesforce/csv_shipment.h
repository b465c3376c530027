#pragma once

#include "crm/salesforce/row_index.h"
#include "crm/salesforce/write_form.h"
#include "crm/writing.h"
#include "http/client.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace koppla::salesforce {

/// The rows of a shipment as the CSV of an ingest job. They are gone through once to know how large it is and
/// which line is which row, and again whenever it is sent; it never lies in memory.
class CsvShipment final : public http::BodySource {
  public:
    /// Both outlive it.
    CsvShipment(const WriteForm& form, RowSource& rows);

    /// Goes through the rows; tells of those that aren't sent, and why. `invalid` where they are too many for
    /// a job.
    Result<void> survey(WriteSink& sink);
    /// Of the rows that are sent.
    [[nodiscard]] RowIndex& index() { return index_; }

    /// The error of the rows' source, where it was that which ended an upload.
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

    [[nodiscard]] std::size_t size() const override { return bytes_; }
    Result<void> rewind() override;
    Result<std::size_t> read(std::span<char> room) override;

  private:
    Result<void> begin();
    Result<std::size_t> fill(std::span<char> room);
    Result<bool> refill();
    Result<bool> next_rows();
    [[nodiscard]] Error changed() const;

    const WriteForm& form_;
    RowSource& rows_;
    RowIndex index_;
    std::size_t bytes_ = 0;

    std::optional<WriteRows> current_;  ///< being encoded
    std::size_t row_ = 0;               ///< of those, the next
    bool is_at_end_ = false;
    std::string buffer_;
    std::size_t buffer_at_ = 0;  ///< what of the buffer was handed over
    std::size_t encoded_ = 0;    ///< bytes since the last rewind
    std::optional<Error> failure_;
};

}  // namespace koppla::salesforce
