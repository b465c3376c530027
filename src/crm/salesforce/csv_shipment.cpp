#include "crm/salesforce/csv_shipment.h"

#include "crm/salesforce/codec/csv_rows.h"
#include "crm/salesforce/row_fault.h"
#include "crm/salesforce/tuning.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

void append_header(std::string& csv, const WriteForm& form) {
    for (const WireColumn& column : form.columns) {
        if (&column != &form.columns.front()) csv += ',';
        append_csv_cell(csv, column.header);
    }
    csv += '\n';
}

}  // namespace

CsvShipment::CsvShipment(const WriteForm& form, RowSource& rows) : form_{form}, rows_{rows} {}

Result<void> CsvShipment::survey(WriteSink& sink) {
    TRY(rows_.rewind());
    std::string line;
    append_header(line, form_);
    bytes_ = line.size();
    while (TRY(next_rows())) {
        std::vector<WriteResult> faults;
        for (; row_ < current_->batch.row_count(); ++row_) {
            if (const auto fault = row_fault(form_, WritePath::bulk, current_->batch, row_)) {
                faults.push_back({.row = current_->numbers[row_],
                                  .outcome = WriteResult::Outcome::refused,
                                  .symbol = fault->symbol,
                                  .message = fault->message,
                                  .fields = fault->field});
                continue;
            }
            line.clear();
            append_csv_row(line, current_->batch, row_);
            bytes_ += line.size();
            index_.add(mark_of(form_, current_->batch, row_), current_->numbers[row_]);
        }
        if (!faults.empty()) TRY(sink.settled(faults));
        if (bytes_ > tuning::job_bytes_max) {
            return form_.request.refused(fmt::format(
                "its rows make more than the {} bytes that a bulk job takes; send fewer at a time",
                tuning::job_bytes_max));
        }
    }
    index_.sort();
    return {};
}

/// False where there are no more.
Result<bool> CsvShipment::next_rows() {
    current_.reset();
    row_ = 0;
    const auto next = TRY(rows_.next());
    if (!next) return false;
    current_.emplace(*next);
    return true;
}

Result<void> CsvShipment::rewind() {
    failure_.reset();
    auto begun = begin();
    if (!begun) failure_ = begun.error();
    return begun;
}

Result<std::size_t> CsvShipment::read(std::span<char> room) {
    auto filled = fill(room);
    if (!filled) failure_ = filled.error();
    return filled;
}

Result<void> CsvShipment::begin() {
    TRY(rows_.rewind());
    current_.reset();
    row_ = 0;
    is_at_end_ = false;
    buffer_.clear();
    buffer_at_ = 0;
    append_header(buffer_, form_);
    encoded_ = buffer_.size();
    return {};
}

/// Rows that aren't those that were counted would make a body of another size, or other rows of its lines.
Error CsvShipment::changed() const {
    return error(ErrorKind::conflict, fmt::format("{} {}: the rows changed while they were being sent",
                                                  name(form_.request.operation), form_.request.object->name));
}

/// Encodes some more; false at the end. Behind the last byte that was announced it makes sure of the end:
/// that no other rows come, and that their source can let go of what it holds.
Result<bool> CsvShipment::refill() {
    buffer_.clear();
    buffer_at_ = 0;
    const auto is_all_made = [&] { return encoded_ + buffer_.size() == bytes_; };
    while (!is_at_end_ && (buffer_.size() < tuning::upload_buffer_bytes || is_all_made())) {
        if (!current_ || row_ == current_->batch.row_count()) {
            is_at_end_ = !TRY(next_rows());
            continue;
        }
        if (!row_fault(form_, WritePath::bulk, current_->batch, row_))
            append_csv_row(buffer_, current_->batch, row_);
        ++row_;
    }
    encoded_ += buffer_.size();
    if (encoded_ > bytes_ || (buffer_.empty() && encoded_ < bytes_)) return changed();
    return !buffer_.empty();
}

Result<std::size_t> CsvShipment::fill(std::span<char> room) {
    std::size_t filled = 0;
    while (filled < room.size()) {
        if (buffer_at_ == buffer_.size() && !TRY(refill())) break;
        const std::size_t count = std::min(room.size() - filled, buffer_.size() - buffer_at_);
        std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(buffer_at_), count,
                    room.begin() + static_cast<std::ptrdiff_t>(filled));
        buffer_at_ += count;
        filled += count;
    }
    return filled;
}

}  // namespace koppla::salesforce
