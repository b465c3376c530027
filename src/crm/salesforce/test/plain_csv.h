#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::salesforce::test {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

/// The dialect of Salesforce's CSV, one byte after the other: the plainest thing that can be right. The rows,
/// header first, where all of them are `width` cells wide (0: as wide as the first); nothing where the page
/// is malformed or cut.
inline std::optional<Rows> plain_csv(std::string_view page, std::size_t width = 0) {
    enum class State { cell_start, plain, quoted, quote_closed };
    State state = State::cell_start;
    Rows rows;
    Row row;
    std::string cell;
    const auto end_cell = [&] {
        row.push_back(std::exchange(cell, {}));
        state = State::cell_start;
        return width == 0 || row.size() <= width;
    };
    const auto end_row = [&] {
        if (!end_cell()) return false;
        if (width == 0) width = row.size();
        if (row.size() != width) return false;
        rows.push_back(std::exchange(row, {}));
        return true;
    };
    for (std::size_t i = 0; i < page.size(); ++i) {
        const char c = page[i];
        const bool has_next = i + 1 < page.size();
        const char next = has_next ? page[i + 1] : '\0';
        if (state == State::quoted) {
            if (c != '"') {
                cell += c;
            } else if (has_next && next == '"') {
                cell += '"';
                ++i;
            } else {
                state = State::quote_closed;
            }
        } else if (c == ',') {
            if (!end_cell()) return std::nullopt;
        } else if (c == '\n' || (c == '\r' && has_next && next == '\n')) {
            if (c == '\r') ++i;
            if (!end_row()) return std::nullopt;
        } else if (c == '\r' || state == State::quote_closed) {
            return std::nullopt;
        } else if (c == '"') {
            if (state == State::plain) return std::nullopt;
            state = State::quoted;
        } else {
            state = State::plain;
            cell += c;
        }
    }
    // Without a line end only a closing quote proves that the last cell is whole.
    if (state == State::quote_closed ? !end_row() : state != State::cell_start || !row.empty())
        return std::nullopt;
    return rows;
}

inline std::string in_quotes(std::string_view cell) {
    std::string text = "\"";
    for (const char c : cell) text += c == '"' ? std::string{"\"\""} : std::string{c};
    return text + "\"";
}

}  // namespace koppla::salesforce::test
