#include "model/conversion.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "model/plain_number.h"
#include "model/utf8.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::model {

namespace {

int two_digits(const char* text) {
    return (text[0] - '0') * 10 + (text[1] - '0');
}

/// Whether text has the shape of a pattern, where '0' stands for any digit.
bool has_shape(std::string_view text, std::string_view pattern) {
    if (text.size() != pattern.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (pattern[i] == '0' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
    }
    return true;
}

/// Of text that has the shape of a date.
bool is_calendar_date(std::string_view text) {
    const int year = two_digits(text.data()) * 100 + two_digits(text.data() + 2);
    const int month = two_digits(text.data() + 5);
    const int day = two_digits(text.data() + 8);
    if (day >= 1 && day <= 28 && month >= 1 && month <= 12) return true;
    return std::chrono::year_month_day{std::chrono::year{year},
                                       std::chrono::month{static_cast<unsigned>(month)},
                                       std::chrono::day{static_cast<unsigned>(day)}}
        .ok();
}

/// Of text that begins "00:00:00" in shape.
bool is_time_of_day(std::string_view text) {
    return two_digits(text.data()) <= 23 && two_digits(text.data() + 3) <= 59 &&
           two_digits(text.data() + 6) <= 59;
}

/// What a message shows of a value.
std::string shown(std::string_view text) {
    constexpr std::size_t bytes_max = 60;
    std::string result = valid_utf8(text.substr(0, bytes_max));
    return text.size() > bytes_max ? result + "…" : result;
}

/// Converts the cells of one row; after a failure the row can be put back as it arrived.
class Row {
  public:
    Row(Batch& batch, std::span<const Type> columns, ConversionCounts& counts)
        : batch_{batch}, columns_{columns}, counts_{counts}, before_(columns.size()) {}

    /// The message of the first value that can't be converted; empty where all can.
    std::string convert(std::size_t row);
    void restore();
    [[nodiscard]] std::size_t column() const { return column_; }

  private:
    bool to_text(Cell& cell);
    bool to_boolean(Cell& cell);
    bool to_number(Cell& cell, Kind kind);
    bool to_date(const Cell& cell);
    bool to_instant(Cell& cell);
    bool to_time(Cell& cell);
    bool to_wall_clock(Cell& cell);
    bool refuse(std::string message) {
        message_ = std::move(message);
        return false;
    }
    bool to_kind(Cell& cell, Kind kind);
    /// Whether the text lies in the batch's own page, where it may be changed.
    [[nodiscard]] bool is_in_page(const Cell& cell) const {
        const char* const page = batch_.page.bytes.get();
        return page != nullptr && cell.data >= page && cell.data + cell.size <= page + batch_.page.capacity;
    }
    void replace(Cell& cell, std::string_view text) { cell = Cell::of(batch_.keep(text)); }

    Batch& batch_;
    std::span<const Type> columns_;
    ConversionCounts& counts_;
    std::vector<Cell> before_;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
    std::string message_;
};

std::string Row::convert(std::size_t row) {
    row_ = row;
    Cell* const cells = &batch_.cell(0, row);
    std::copy_n(cells, columns_.size(), before_.begin());
    for (column_ = 0; column_ < columns_.size(); ++column_) {
        Cell& cell = cells[column_];
        if (!cell.is_text()) continue;
        if (cell.size == 0) {
            cell = Cell::null();
        } else if (!to_kind(cell, columns_[column_].kind)) {
            return std::exchange(message_, {});
        }
    }
    return {};
}

void Row::restore() {
    for (std::size_t column = 0; column < before_.size(); ++column) {
        const Cell& before = before_[column];
        Cell& cell = batch_.cell(column, row_);
        // The one thing that is written over text in place: "+0000" becomes "Z".
        if (columns_[column].kind == Kind::instant && cell.data == before.data && cell.size != before.size) {
            const_cast<char*>(before.data)[23] = '+';  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        }
        cell = before;
    }
}

bool Row::to_kind(Cell& cell, Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return to_boolean(cell);
        case Kind::integer:
        case Kind::decimal:
            return to_number(cell, kind);
        case Kind::date:
            return to_date(cell);
        case Kind::instant:
            return to_instant(cell);
        case Kind::time:
            return to_time(cell);
        case Kind::wall_clock:
            return to_wall_clock(cell);
        case Kind::text:
        case Kind::identifier:
        case Kind::reference:
        case Kind::enumeration:
        case Kind::enumerations:
            break;
    }
    return to_text(cell);
}

bool Row::to_text(Cell& cell) {
    const std::string_view text = cell.text();
    if (is_plain_ascii(text)) return true;
    if (const auto fault = utf8_fault(text)) {
        return refuse(fmt::format("invalid UTF-8 at byte {} (0x{:02X}) of '{}'", *fault + 1,
                                  static_cast<unsigned char>(text[*fault]), shown(text)));
    }
    const auto nul_bytes = std::ranges::count(text, '\0');
    if (nul_bytes == 0) return true;
    counts_.nul_bytes_removed += nul_bytes;
    std::string kept{text};
    std::erase(kept, '\0');
    if (kept.empty()) {
        cell = Cell::null();
    } else {
        replace(cell, kept);
    }
    return true;
}

bool Row::to_boolean(Cell& cell) {
    const std::string_view text = cell.text();
    if (text == "true" || text == "false") return true;
    const auto is = [&](std::string_view word) {
        return std::ranges::equal(text, word,
                                  [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
    };
    if (text == "1" || is("true")) {
        cell = Cell::of("true");
    } else if (text == "0" || is("false")) {
        cell = Cell::of("false");
    } else {
        return refuse(fmt::format("'{}' is neither true nor false", shown(text)));
    }
    return true;
}

bool Row::to_number(Cell& cell, Kind kind) {
    const std::string_view text = cell.text();
    const std::size_t plain = plain_number_size(text);
    if (plain != 0 && (kind == Kind::decimal ||
                       (plain <= 18 && text.substr(0, plain).find('.') == std::string_view::npos))) {
        cell.size = static_cast<std::uint32_t>(plain);
        return true;
    }
    const auto number = plain_number(text);
    if (!number) return refuse(fmt::format("'{}' is not a number that can be kept", shown(text)));
    if (kind == Kind::integer && !is_integer(*number)) {
        return refuse(fmt::format("'{}' is not a whole number within 64 bits", shown(text)));
    }
    if (*number != text) replace(cell, *number);
    return true;
}

bool Row::to_date(const Cell& cell) {
    const std::string_view text = cell.text();
    if (has_shape(text, "0000-00-00") && is_calendar_date(text)) return true;
    return refuse(fmt::format("'{}' is not a date of the calendar", shown(text)));
}

bool Row::to_instant(Cell& cell) {
    constexpr std::string_view shape = "0000-00-00T00:00:00.000";
    const std::string_view text = cell.text();
    const bool is_shaped = text.size() > shape.size() && has_shape(text.substr(0, shape.size()), shape) &&
                           is_calendar_date(text) && is_time_of_day(text.substr(11));
    if (is_shaped) {
        const std::string_view zone = text.substr(shape.size());
        if (zone == "Z") return true;
        if (zone == "+0000") {
            if (!is_in_page(cell)) {
                replace(cell, fmt::format("{}Z", text.substr(0, shape.size())));
            } else {
                const_cast<char*>(cell.data)[shape.size()] =
                    'Z';  // NOLINT(cppcoreguidelines-pro-type-const-cast)
                cell.size = static_cast<std::uint32_t>(shape.size()) + 1;
            }
            return true;
        }
    }
    constexpr std::string_view whole_seconds = "0000-00-00T00:00:00Z";
    if (has_shape(text, whole_seconds) && is_calendar_date(text) && is_time_of_day(text.substr(11))) {
        std::array<char, 24> canonical{};
        std::ranges::copy(text.substr(0, 19), canonical.begin());
        std::ranges::copy(std::string_view{".000Z"}, canonical.begin() + 19);
        replace(cell, {canonical.data(), canonical.size()});
        return true;
    }
    const auto instant = parse_instant(text);
    // A date alone is no point in time: it would be one only in some zone.
    if (!instant || text.size() <= 10) {
        return refuse(fmt::format("'{}' is not a point in time with its zone", shown(text)));
    }
    const std::string canonical = format_instant(*instant);
    if (!has_shape(canonical, "0000-00-00T00:00:00.000Z")) {
        return refuse(fmt::format("'{}' lies beyond the years 0 to 9999", shown(text)));
    }
    replace(cell, canonical);
    return true;
}

bool Row::to_time(Cell& cell) {
    const std::string_view text = cell.text();
    if (has_shape(text, "00:00:00.000Z") && is_time_of_day(text)) return true;
    std::string_view rest = text;
    if (rest.ends_with('Z')) rest.remove_suffix(1);
    const auto point = std::min(rest.find('.'), rest.size());
    std::string_view fraction = rest.substr(std::min(point + 1, rest.size()));
    const bool has_fraction = point == rest.size() || !fraction.empty();
    if (!has_shape(rest.substr(0, point), "00:00:00") || !is_time_of_day(rest) || !has_fraction ||
        !std::ranges::all_of(fraction, is_digit)) {
        return refuse(fmt::format("'{}' is not a time of the day", shown(text)));
    }
    std::string milliseconds{fraction.substr(0, 3)};
    milliseconds.resize(3, '0');
    replace(cell, fmt::format("{}.{}Z", rest.substr(0, 8), milliseconds));
    return true;
}

/// What is written behind the time of day, Z or another zone, is what a CRM puts there for form's sake; what
/// comes from a store has none.
bool Row::to_wall_clock(Cell& cell) {
    const std::string_view text = cell.text();
    const std::string_view reading = text.substr(0, 19);
    const bool has_zone = text.find_first_of("Z+-", reading.size()) != std::string_view::npos;
    if (!has_shape(reading, "0000-00-00T00:00:00") || !is_calendar_date(text) ||
        !is_time_of_day(text.substr(11)) || !parse_instant(fmt::format("{}{}", text, has_zone ? "" : "Z"))) {
        return refuse(fmt::format("'{}' is no date with a time of day", shown(text)));
    }
    std::string milliseconds;
    if (text.size() > 20 && text[19] == '.') {
        for (const char c : text.substr(20, 3)) {
            if (!is_digit(c)) break;
            milliseconds += c;
        }
    }
    milliseconds.resize(3, '0');
    replace(cell, fmt::format("{}.{}", reading, milliseconds));
    return true;
}

}  // namespace

std::string raw_row(const Batch& batch, std::size_t row) {
    nlohmann::json cells = nlohmann::json::array();
    for (std::size_t column = 0; column < batch.column_count(); ++column) {
        const Cell& cell = batch.cell(column, row);
        cells.push_back(cell.is_text() ? nlohmann::json(cell.text()) : nlohmann::json(nullptr));
    }
    return cells.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<RejectedRow> convert(Batch& batch, std::span<const Type> columns, std::size_t key_column,
                                 ConversionCounts& counts) {
    std::vector<RejectedRow> rejected;
    if (batch.column_count() == 0 || columns.size() > batch.column_count()) return rejected;
    Row converter{batch, columns, counts};
    // From the end, because a row that is taken out is overwritten by the last one.
    for (std::size_t row = batch.row_count(); row-- > 0;) {
        std::string message = converter.convert(row);
        if (message.empty()) continue;
        const std::size_t column = converter.column();
        converter.restore();
        const bool has_key = key_column < batch.column_count() && batch.cell(key_column, row).is_text();
        rejected.push_back({.key = has_key ? valid_utf8(batch.cell(key_column, row).text()) : std::string{},
                            .column = column,
                            .message = std::move(message),
                            .raw = raw_row(batch, row)});
        batch.remove_row(row);
    }
    std::ranges::reverse(rejected);
    return rejected;
}

}  // namespace koppla::model
