#include "sandbox/faults/page.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::string_view number_mark = "\"@@number:";

/// "-120.50" as "-1.205E2"; 0 stays.
std::string exponent_form(std::string_view number) {
    const bool is_negative = number.starts_with('-');
    if (is_negative) number.remove_prefix(1);
    const auto point = std::min(number.find('.'), number.size());
    std::string digits{number.substr(0, point)};
    if (point < number.size()) digits += number.substr(point + 1);
    const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    const auto first = digits.find_first_not_of('0');
    if (first == std::string::npos || !std::ranges::all_of(digits, is_digit))
        return (is_negative ? "-" : "") + std::string{number};
    const auto exponent = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) - 1;
    digits.erase(0, first);
    while (digits.size() > 1 && digits.ends_with('0')) digits.pop_back();
    const auto fraction = digits.size() > 1 ? digits.substr(1) : std::string{"0"};
    return (is_negative ? "-" : "") + digits.substr(0, 1) + "." + fraction + "E" + std::to_string(exponent);
}

/// With a NUL in its middle, between two characters.
std::string with_nul(std::string text) {
    auto at = text.size() / 2;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    return text.insert(at, 1, '\0');
}

/// The columns that the fault spoils: the one it names, or those that suit.
std::vector<bool> chosen(const Suits& suits, const Fault& fault, const std::vector<std::string>& columns) {
    std::vector<bool> picked(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) picked[i] = suits(fault, columns[i]);
    if (fault.kind != FaultKind::column_gone) return picked;
    // One column goes: the last.
    const auto last = std::find(picked.rbegin(), picked.rend(), true);
    std::fill(last == picked.rend() ? last : last + 1, picked.rend(), false);
    return picked;
}

std::string quoted_cell(std::string_view text) {
    std::string cell{'"'};
    for (const char c : text) {
        if (c == '"') cell += '"';
        cell += c;
    }
    return cell + '"';
}

/// Reads a page of the bulk dialect, every cell quoted, cell by cell.
class Cells {
  public:
    explicit Cells(std::string_view text) : rest_{text} {}

    [[nodiscard]] bool is_over() const { return rest_.empty(); }
    /// The next cell without quotes; what follows it is in `follows`: a delimiter or a line end.
    std::string next() {
        std::string text;
        rest_.remove_prefix(1);
        while (!rest_.empty()) {
            const auto quote = std::min(rest_.find('"'), rest_.size());
            text += rest_.substr(0, quote);
            rest_.remove_prefix(std::min(quote + 1, rest_.size()));
            if (!rest_.starts_with('"')) break;
            text += '"';
            rest_.remove_prefix(1);
        }
        const auto end = rest_.starts_with("\r\n") ? 2 : 1;
        follows = rest_.substr(0, static_cast<std::size_t>(end));
        rest_.remove_prefix(follows.size());
        return text;
    }
    [[nodiscard]] bool is_row_end() const { return follows.ends_with('\n') || follows.empty(); }

    std::string_view follows;

  private:
    std::string_view rest_;
};

using Row = std::vector<std::string>;

struct Table {
    std::vector<Row> rows;  ///< the first: the names
    std::string delimiter{","};
    std::string line_end{"\n"};
};

Table read_table(std::string_view text) {
    Table table;
    Cells cells{text};
    for (bool begins_row = true; !cells.is_over(); begins_row = cells.is_row_end()) {
        if (begins_row) table.rows.emplace_back();
        table.rows.back().push_back(cells.next());
        (cells.is_row_end() ? table.line_end : table.delimiter) = cells.follows;
    }
    return table;
}

std::string print(const Table& table) {
    std::string text;
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += (i > 0 ? table.delimiter : "") + quoted_cell(row[i]);
        text += table.line_end;
    }
    return text;
}

bool spoil_table(const Suits& suits, std::string_view added_column, const Fault& fault, Table& table) {
    if (table.rows.empty()) return false;
    if (fault.kind == FaultKind::column_added) {
        for (auto& row : table.rows) row.emplace_back("new");
        table.rows.front().back() = fault.field.empty() ? std::string{added_column} : fault.field;
        return true;
    }
    const auto picked = chosen(suits, fault, table.rows.front());
    bool has_spoilt = false;
    for (auto row = table.rows.begin(); row != table.rows.end(); ++row) {
        for (std::size_t i = std::min(picked.size(), row->size()); i-- > 0;) {
            if (!picked[i]) continue;
            auto& cell = (*row)[i];
            if (fault.kind == FaultKind::column_gone) {
                row->erase(row->begin() + static_cast<std::ptrdiff_t>(i));
            } else if (row == table.rows.begin() || cell.empty()) {
                continue;
            } else if (fault.kind == FaultKind::exponent) {
                cell = exponent_form(cell);
            } else {
                cell = with_nul(std::move(cell));
                return true;
            }
            has_spoilt = true;
        }
    }
    return has_spoilt;
}

/// Reads a page, its decimal numbers as marked text: what nothing befalls stays as it was written.
class Reader : public nlohmann::detail::json_sax_dom_parser<Json> {
  public:
    explicit Reader(Json& page) : json_sax_dom_parser{page, false} {}
    bool number_float(double, const std::string& written) {
        std::string marked = std::string{number_mark.substr(1)} + written;
        return string(marked);
    }
};

bool spoil_value(FaultKind kind, Json& value) {
    const bool is_marked = value.is_string() && value.get<std::string>().starts_with(number_mark.substr(1));
    if (kind == FaultKind::exponent && (value.is_number() || is_marked)) {
        const auto written =
            is_marked ? value.get<std::string>().substr(number_mark.size() - 1) : value.dump();
        value = std::string{number_mark.substr(1)} + exponent_form(written);
        return true;
    }
    if (is_marked) return false;
    if (kind != FaultKind::nul || !value.is_string() || value.get<std::string>().empty()) return false;
    value = with_nul(value.get<std::string>());
    return true;
}

bool spoil_records(const Suits& suits, std::string_view added_column, const Fault& fault, Json& records) {
    if (fault.kind == FaultKind::column_added) {
        for (auto& record : records)
            record[fault.field.empty() ? std::string{added_column} : fault.field] = "new";
        return true;
    }
    std::vector<std::string> names;
    for (const auto& member : records.front().items()) names.push_back(member.key());
    const auto picked = chosen(suits, fault, names);
    bool has_spoilt = false;
    for (auto& record : records) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!picked[i]) continue;
            if (fault.kind == FaultKind::column_gone)
                record.erase(names[i]);
            else if (!spoil_value(fault.kind, record[names[i]]))
                continue;
            has_spoilt = true;
            if (fault.kind == FaultKind::nul) return true;
        }
    }
    return has_spoilt;
}

/// Numbers that were written as marked text become bare.
std::string without_marks(std::string text) {
    for (auto at = text.find(number_mark); at != std::string::npos; at = text.find(number_mark, at)) {
        text.erase(at, number_mark.size());
        text.erase(text.find('"', at), 1);
    }
    return text;
}

}  // namespace

bool spoil_json(const PageForm& form, const Fault& fault, Answer& answer) {
    Json page;
    Reader reader{page};
    if (!Json::sax_parse(answer.response.body, &reader) || !page.is_object()) return false;
    const auto rows = page.find(form.rows);
    if (rows == page.end() || !rows->is_array() || rows->empty()) return false;
    const auto suits = form.suits_of(rows->front());
    if (!suits || !spoil_records(suits, form.added_column, fault, *rows)) return false;
    answer.response.body = without_marks(dump(page));
    return true;
}

bool spoil_csv(const Suits& suits, std::string_view added_column, const Fault& fault, Answer& answer) {
    auto text = answer.response.body;
    if (answer.tail) text += answer.tail->bytes;
    auto table = read_table(text);
    if (!spoil_table(suits, added_column, fault, table)) return false;
    answer.response.body = print(table);
    answer.tail.reset();
    return true;
}

}  // namespace koppla::sandbox
