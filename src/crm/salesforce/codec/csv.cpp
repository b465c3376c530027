#include "crm/salesforce/codec/csv.h"

#include "base/ascii.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::salesforce {

namespace {

using model::Cell;

/// The page has this many readable bytes behind its content, so that words may be loaded across its end.
constexpr std::size_t padding = 8;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

constexpr std::uint64_t every_byte(char c) {
    return 0x0101010101010101ULL * static_cast<unsigned char>(c);
}

/// The first quote, or `end`. Cells are short: a word at a time beats a call of memchr.
const char* find_quote(const char* at, const char* end) {
    if constexpr (std::endian::native == std::endian::little) {
        while (at < end) {
            std::uint64_t word = 0;
            std::memcpy(&word, at, sizeof word);
            const std::uint64_t difference = word ^ every_byte('"');
            const std::uint64_t found = (difference - every_byte('\x01')) & ~difference & every_byte('\x80');
            if (found != 0) return std::min(at + (std::countr_zero(found) >> 3), end);
            at += sizeof word;
        }
        return end;
    } else {
        const void* found = std::memchr(at, '"', static_cast<std::size_t>(end - at));
        return found == nullptr ? end : static_cast<const char*>(found);
    }
}

/// Halves doubled quotes where they lie. The bytes belong to the batch's page.
Cell unescaped(Cell cell) {
    char* const begin = const_cast<char*>(cell.data);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    char* to = begin;
    const char* from = cell.data;
    const char* const end = from + cell.size;
    while (from < end) {
        const char* const quote = std::find(from, end, '"');
        const auto plain = static_cast<std::size_t>(quote - from);
        std::memmove(to, from, plain);
        to += plain;
        if (quote == end) break;
        *to++ = '"';
        from = quote + 2;
    }
    return Cell::of({begin, static_cast<std::size_t>(to - begin)});
}

}  // namespace

struct CsvSplitter::Cursor {
    const char* at;
    const char* end;
    bool row_ended = false;
};

CsvSplitter::CsvSplitter(Options options, BatchOutlet& outlet)
    : options_{std::move(options)}, outlet_{outlet}, page_limit_{options_.batch_bytes} {
    start_batch();
}

void CsvSplitter::start_batch() {
    batch_ = outlet_.fresh();
    batch_.recycle(options_.fields.size());
    batch_.page.reserve(page_limit_ + padding);
    split_at_ = 0;
}

Error CsvSplitter::fault(std::string_view what) const {
    const std::string where = has_header_ ? fmt::format("row {}", rows_ + 1) : std::string{"the header row"};
    return error(ErrorKind::corrupt, fmt::format("{}: {}", where, what));
}

Result<void> CsvSplitter::put(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t count = std::min(bytes.size(), page_limit_ - batch_.page.size);
        std::memcpy(batch_.page.bytes.get() + batch_.page.size, bytes.data(), count);
        batch_.page.size += count;
        bytes.remove_prefix(count);
        if (batch_.page.size == page_limit_) {
            TRY(split(Ending::more_may_come));
            TRY(make_room());
        }
    }
    return {};
}

/// Hands over what is whole and takes the rest along; a row that fills the page makes it grow.
Result<void> CsvSplitter::make_room() {
    const std::size_t rest = batch_.page.size - split_at_;
    if (batch_.row_count() > 0) {
        model::Batch full = std::exchange(batch_, {});
        const std::size_t rest_at = split_at_;
        page_limit_ = std::max(options_.batch_bytes, 2 * rest);
        start_batch();
        std::memcpy(batch_.page.bytes.get(), full.page.bytes.get() + rest_at, rest);
        batch_.page.size = rest;
        full.page.size = rest_at;
        return outlet_.put(std::move(full));
    }
    if (split_at_ > 0) {
        std::memmove(batch_.page.bytes.get(), batch_.page.bytes.get() + split_at_, rest);
        batch_.page.size = rest;
        split_at_ = 0;
        return {};
    }
    if (page_limit_ >= options_.row_bytes_max) {
        return fault(
            fmt::format("it has more than {} bytes; an opening quote is probably never closed", page_limit_));
    }
    page_limit_ = std::min(2 * page_limit_, options_.row_bytes_max);
    batch_.page.reserve(page_limit_ + padding);
    return {};
}

Result<model::Batch> CsvSplitter::finish() {
    TRY(split(Ending::page_has_ended));
    return std::exchange(batch_, {});
}

Result<void> CsvSplitter::split(Ending ending) {
    const char* const begin = batch_.page.bytes.get();
    Cursor cursor{.at = begin + split_at_, .end = begin + batch_.page.size};
    if (!has_header_ && std::string_view{cursor.at, batch_.page.size}.starts_with(byte_order_mark)) {
        cursor.at += byte_order_mark.size();
    }
    while (cursor.at < cursor.end) {
        if (!TRY(take_row(cursor, ending))) break;
        split_at_ = static_cast<std::size_t>(cursor.at - begin);
        for (const std::size_t column : escaped_) row_[column] = unescaped(row_[column]);
        if (!has_header_) {
            TRY(take_header());
        } else {
            if (rows_ >= options_.rows_skipped) push_row();
            ++rows_;
        }
    }
    return {};
}

void CsvSplitter::push_row() {
    if (has_order_) {
        for (const Cell& cell : row_) batch_.push(cell);
    } else {
        for (const std::size_t column : order_) batch_.push(row_[column]);
    }
}

/// False where the row isn't whole yet.
Result<bool> CsvSplitter::take_row(Cursor& cursor, Ending ending) {
    row_.clear();
    escaped_.clear();
    cursor.row_ended = false;
    const char* const begin = cursor.at;
    while (!cursor.row_ended) {
        if (!TRY(take_cell(cursor, ending))) {
            if (ending == Ending::more_may_come) {
                cursor.at = begin;
                return false;
            }
            return fault(fmt::format("the page is cut in its cell {}{}", row_.size() + 1,
                                     has_header_ ? fmt::format(" of {}", width_) : ""));
        }
        if (has_header_ && row_.size() > width_) {
            return fault(fmt::format("it has more cells than the {} of the header", width_));
        }
    }
    if (has_header_ && row_.size() < width_) {
        return fault(fmt::format("it has {} cells where the header has {}", row_.size(), width_));
    }
    return true;
}

/// False where the cell, or what tells its end, hasn't come yet.
Result<bool> CsvSplitter::take_cell(Cursor& cursor, Ending ending) {
    if (cursor.at == cursor.end) return false;
    const char* at = cursor.at;
    Cell cell = Cell::null();
    bool is_quoted = false;
    if (*at == '"') {
        is_quoted = true;
        const char* const text = ++at;
        bool has_doubled_quotes = false;
        while (true) {
            at = find_quote(at, cursor.end);
            if (at == cursor.end) return false;
            if (at + 1 == cursor.end || at[1] != '"') break;
            has_doubled_quotes = true;
            at += 2;
        }
        if (at != text) cell = Cell::of({text, static_cast<std::size_t>(at - text)});
        if (has_doubled_quotes) escaped_.push_back(row_.size());
        ++at;
    } else {
        while (at < cursor.end && *at != ',' && *at != '\n' && *at != '\r' && *at != '"') ++at;
        if (at < cursor.end && *at == '"')
            return fault(fmt::format("a quote within the unquoted cell {}", row_.size() + 1));
        if (at != cursor.at) cell = Cell::of({cursor.at, static_cast<std::size_t>(at - cursor.at)});
    }
    if (at == cursor.end) {
        // Without a line end only a closing quote proves that the last cell is whole.
        if (ending == Ending::more_may_come || !is_quoted) return false;
        cursor.row_ended = true;
    } else if (*at == '\n') {
        cursor.row_ended = true;
        ++at;
    } else if (*at == '\r') {
        if (at + 1 == cursor.end) return false;
        if (at[1] != '\n')
            return fault(
                fmt::format("a carriage return without a line feed behind cell {}", row_.size() + 1));
        cursor.row_ended = true;
        at += 2;
    } else if (*at == ',') {
        ++at;
    } else {
        return fault(fmt::format("text behind the closing quote of cell {}", row_.size() + 1));
    }
    row_.push_back(cell);
    cursor.at = at;
    return true;
}

Result<void> CsvSplitter::take_header() {
    std::vector<std::string_view> names;
    for (const Cell& cell : row_) names.push_back(cell.text());
    for (const std::string& field : options_.fields) {
        auto found = std::ranges::find(names, field);
        if (found == names.end()) {
            found = std::ranges::find_if(names, [&](auto name) { return equal_without_case(name, field); });
        }
        if (found == names.end()) {
            return fault(fmt::format("there is no column '{}', which was asked for; there are: {}", field,
                                     fmt::join(names, ", ")));
        }
        if (std::find(found + 1, names.end(), *found) != names.end()) {
            return fault(fmt::format("there are two columns '{}'", field));
        }
        order_.push_back(static_cast<std::size_t>(found - names.begin()));
    }
    if (options_.others == OtherColumns::refused && names.size() != options_.fields.size()) {
        return fault(fmt::format("it has {} columns where {} were asked for: {}", names.size(),
                                 options_.fields.size(), fmt::join(names, ", ")));
    }
    std::vector<std::size_t> used = order_;
    std::ranges::sort(used);
    if (std::ranges::adjacent_find(used) != used.end()) {
        return fault(
            fmt::format("two fields would be read from one column; there are: {}", fmt::join(names, ", ")));
    }
    width_ = names.size();
    has_order_ = used == order_ && used.size() == width_;
    has_header_ = true;
    return {};
}

}  // namespace koppla::salesforce
