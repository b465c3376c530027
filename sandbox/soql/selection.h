#pragma once

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

enum class Rows { live, all };  ///< `all`: deleted ones too (queryAll)

struct SelectOptions {
    Rows rows = Rows::live;
    std::string base;  ///< "/services/data/v68.0": what attributes.url begins with
};

enum class LineEnding { lf, crlf };

struct ExportOptions {
    Rows rows = Rows::live;
    char delimiter = ',';
    LineEnding line_ending = LineEnding::lf;
};

/// What a query selects, for `columns=true`: canonical names, dotted for parents.
struct SelectedColumn {
    std::string name;
    bool is_aggregate = false;
};

/// A REST query's answer. Which rows, and in which order, is settled when it is made; their values are read
/// when a page is printed, as the vendor does. Holds no lock and no transaction: may be kept for later pages.
/// Thread-safe. Must not outlive its Org.
class Selection {
  public:
    virtual ~Selection() = default;
    [[nodiscard]] virtual const std::vector<SelectedColumn>& columns() const = 0;
    /// `totalSize`.
    [[nodiscard]] virtual std::int64_t total() const = 0;
    /// How many records there are to print: `total`, but 0 for SELECT COUNT().
    [[nodiscard]] virtual std::int64_t record_count() const = 0;
    /// Appends records `from` … as JSON with commas between them, without brackets.
    [[nodiscard]] virtual Result<void> append_json(std::string& out, std::int64_t from,
                                                   std::int64_t count) const = 0;
};

/// A bulk query's result: one consistent read, handed out once, front to back, by one thread. Holds a read
/// transaction until destroyed. Must not outlive its Org.
class Export {
  public:
    virtual ~Export() = default;
    [[nodiscard]] virtual const std::string& object_name() const = 0;
    /// The header row with its line end.
    [[nodiscard]] virtual const std::string& header() const = 0;
    /// Appends up to `rows_max` rows to `out`; how many were appended, 0 at the end.
    [[nodiscard]] virtual Result<std::int64_t> next(std::string& out, std::int64_t rows_max) = 0;
};

}  // namespace koppla::sandbox
