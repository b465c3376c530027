#include "transfer/text_rows.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla {

namespace {

/// Takes cells out of CSV, one after the other.
class CsvReader {
  public:
    explicit CsvReader(std::string_view text) : text_{text} {
        if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    }
    [[nodiscard]] bool is_at_end() const { return at_ >= text_.size(); }

    /// One row; nothing for an empty line.
    Result<std::vector<std::optional<std::string>>> row() {
        std::vector<std::optional<std::string>> cells;
        ++row_;
        while (true) {
            cells.push_back(TRY(cell()));
            if (is_at_end()) return cells;
            const char after = text_[at_++];
            if (after == ',') continue;
            if (after == '\r' && !is_at_end() && text_[at_] == '\n') ++at_;
            return cells;
        }
    }
    [[nodiscard]] Error fault(std::string_view what) const {
        return error(ErrorKind::invalid, fmt::format("CSV, row {}: {}", row_, what));
    }

  private:
    [[nodiscard]] bool is_at_border() const {
        return is_at_end() || text_[at_] == ',' || text_[at_] == '\n' || text_[at_] == '\r';
    }
    Result<std::optional<std::string>> cell() {
        if (is_at_border()) return std::optional<std::string>{};
        if (text_[at_] != '"') {
            const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
            const std::string_view plain = text_.substr(at_, end - at_);
            at_ = end;
            return std::optional{std::string{plain}};
        }
        std::string quoted;
        for (++at_; !is_at_end(); ++at_) {
            if (text_[at_] != '"') {
                quoted += text_[at_];
            } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
                quoted += '"';
                ++at_;
            } else {
                ++at_;
                if (!is_at_border()) return fault("text stands behind a closing quote");
                return std::optional{std::move(quoted)};
            }
        }
        return fault("a quote isn't closed");
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::int64_t row_ = 0;
};

void add_cell(std::string& csv, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos && !text.starts_with(' ') &&
        !text.ends_with(' ')) {
        csv += text;
        return;
    }
    csv += '"';
    for (const char c : text) {
        if (c == '"') csv += '"';
        csv += c;
    }
    csv += '"';
}

}  // namespace

Result<TextTable> read_csv(std::string_view text) {
    TextTable table;
    CsvReader reader{text};
    if (reader.is_at_end()) return error(ErrorKind::invalid, "CSV: there is no row that names the columns");
    for (std::optional<std::string>& name : TRY(reader.row())) table.columns.push_back(name.value_or(""));
    while (!reader.is_at_end()) {
        std::vector<std::optional<std::string>> row = TRY(reader.row());
        if (row.size() == 1 && !row.front() && table.columns.size() > 1) continue;
        if (row.size() != table.columns.size()) {
            return reader.fault(
                fmt::format("it has {} cells, and the first row {}", row.size(), table.columns.size()));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

std::string to_csv(const TextTable& table) {
    std::string csv;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (i > 0) csv += ',';
        add_cell(csv, table.columns[i]);
    }
    csv += '\n';
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) csv += ',';
            if (row[i]) add_cell(csv, *row[i]);
        }
        csv += '\n';
    }
    return csv;
}

void neutralise_formulas(TextTable& table) {
    for (auto& row : table.rows) {
        for (std::optional<std::string>& cell : row) {
            if (cell && !cell->empty() &&
                std::string_view{"=+-@\t\r"}.find(cell->front()) != std::string_view::npos)
                cell->insert(cell->begin(), '\'');
        }
    }
}

}  // namespace koppla
