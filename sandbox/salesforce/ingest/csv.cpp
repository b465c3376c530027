#include "sandbox/salesforce/ingest/csv.h"

#include "sandbox/value.h"

#include <algorithm>

namespace koppla::sandbox {
namespace {

/// [Salesforce: Bulk API and Bulk API 2.0 Limits and Allocations]
constexpr std::size_t cells_max = 5'000;
constexpr std::size_t cell_characters_max = 131'072;
constexpr std::size_t row_characters_max = 400'000;

constexpr std::string_view stray_quote = "a quote has to begin and end its value";
constexpr std::string_view mark = "\xEF\xBB\xBF";

bool is_longer(std::string_view text, std::size_t characters_max) {
    return text.size() > characters_max && character_count(text) > characters_max;
}

}  // namespace

CsvReader::CsvReader(std::string_view upload, const BulkFormat& format, std::uint64_t offset)
    : upload_{upload}, format_{format}, at_{static_cast<std::size_t>(offset)} {}

bool CsvReader::next(CsvRow& row) {
    while (at_ < upload_.size()) {
        row.spans_.clear();
        row.problem = {};
        row.offset = at_;
        while (true) {
            read_cell(row);
            if (is_at_line_end()) break;
            ++at_;  // the delimiter
        }
        auto end = at_;
        if (at_ < upload_.size()) ++at_;
        if (format_.line_ending == LineEnding::crlf && end > row.offset && upload_[end - 1] == '\r') --end;
        row.raw = upload_.substr(row.offset, end - row.offset);
        if (row.raw.empty()) continue;
        row.spans_.back().end = std::min(row.spans_.back().end, end);
        finish(row);
        return true;
    }
    return false;
}

void CsvReader::read_cell(CsvRow& row) {
    if (at_ < upload_.size() && upload_[at_] == '"') return read_quoted(row);
    const auto begin = at_;
    while (!is_at_line_end() && upload_[at_] != format_.delimiter) {
        if (upload_[at_] == '"') row.problem = stray_quote;
        ++at_;
    }
    row.spans_.push_back({.begin = begin, .end = at_});
}

void CsvReader::read_quoted(CsvRow& row) {
    const auto begin = ++at_;
    std::size_t doubled = 0;
    while (true) {
        at_ = upload_.find('"', at_);
        if (at_ == std::string_view::npos) {
            at_ = upload_.size();
            row.problem = "a quote is opened and never closed";
            row.spans_.push_back({.begin = begin, .end = at_, .doubled = doubled});
            return;
        }
        if (at_ + 1 >= upload_.size() || upload_[at_ + 1] != '"') break;
        ++doubled;
        at_ += 2;
    }
    row.spans_.push_back({.begin = begin, .end = at_, .doubled = doubled});
    ++at_;
    const bool is_crlf = format_.line_ending == LineEnding::crlf && upload_.substr(at_, 2) == "\r\n";
    if (is_crlf) ++at_;
    while (!is_at_line_end() && upload_[at_] != format_.delimiter) {
        row.problem = stray_quote;
        ++at_;
    }
}

/// Makes the cells of what was found.
void CsvReader::finish(CsvRow& row) {
    row.cells.clear();
    row.unquoted_.clear();
    // Views into it stay true: it never grows beyond what is reserved here.
    row.unquoted_.reserve(row.raw.size());
    for (const auto& span : row.spans_) {
        const auto text = upload_.substr(span.begin, std::max(span.begin, span.end) - span.begin);
        if (span.doubled == 0) {
            row.cells.push_back(text);
            continue;
        }
        const auto from = row.unquoted_.size();
        for (std::size_t i = 0; i < text.size(); ++i) {
            row.unquoted_ += text[i];
            if (text[i] == '"') ++i;
        }
        row.cells.push_back(std::string_view{row.unquoted_}.substr(from));
    }
    if (row.cells.size() > cells_max) row.problem = "it has more than 5,000 values";
    if (is_longer(row.raw, row_characters_max)) row.problem = "it is longer than 400,000 characters";
    for (const auto cell : row.cells)
        if (is_longer(cell, cell_characters_max)) row.problem = "a value is longer than 131,072 characters";
    if (row.problem.empty() && !is_utf8(row.raw)) row.problem = "it is not UTF-8";
}

std::uint64_t first_row_offset(std::string_view upload) {
    return upload.starts_with(mark) ? mark.size() : 0;
}

void append_quoted_cell(std::string& out, std::string_view cell) {
    out += '"';
    while (true) {
        const auto quote = cell.find('"');
        out += cell.substr(0, quote);
        if (quote == std::string_view::npos) break;
        out += "\"\"";
        cell.remove_prefix(quote + 1);
    }
    out += '"';
}

void append_quoted_row(std::string& out, const CsvRow& row, std::size_t width, char delimiter) {
    for (std::size_t i = 0; i < width; ++i) {
        if (i > 0) out += delimiter;
        append_quoted_cell(out, i < row.cells.size() ? row.cells[i] : std::string_view{});
    }
}

}  // namespace koppla::sandbox
