#pragma once

#include "db/database.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// Rows of text that a person brings, column by column.
struct TextTable {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;  ///< each as wide as the columns
};

/// A text table from CSV: the first row names the columns; an empty cell is no value. `invalid` says in which
/// row what is wrong. [RFC 4180]
Result<TextTable> read_csv(std::string_view text);
/// The table with a comma between cells, quotes where they are needed.
std::string to_csv(const TextTable& table);
/// As a spreadsheet may open it: what would begin a formula there gets an apostrophe before it.
void neutralise_formulas(TextTable& table);

/// Such a table read as a query's answer. The table outlives it.
class TextRows final : public db::Cursor {
  public:
    explicit TextRows(const TextTable& table) : table_{table} {}
    Result<bool> next() override { return ++row_ <= table_.rows.size(); }
    [[nodiscard]] int column_count() const override { return static_cast<int>(table_.columns.size()); }
    [[nodiscard]] std::string_view column_name(int column) const override {
        return table_.columns.at(static_cast<std::size_t>(column));
    }
    [[nodiscard]] bool is_null(int column) const override { return !cell(column); }
    [[nodiscard]] std::int64_t integer(int /*column*/) const override { return 0; }
    [[nodiscard]] double real(int /*column*/) const override { return 0; }
    [[nodiscard]] std::string_view text(int column) const override {
        return cell(column) ? std::string_view{*cell(column)} : std::string_view{};
    }
    [[nodiscard]] db::Bytes bytes(int /*column*/) const override { return {}; }

  private:
    [[nodiscard]] const std::optional<std::string>& cell(int column) const {
        return table_.rows.at(row_ - 1).at(static_cast<std::size_t>(column));
    }
    const TextTable& table_;
    std::size_t row_ = 0;
};

}  // namespace koppla
