#pragma once

#include "sandbox/org/object.h"
#include "sandbox/org/value.h"
#include "sandbox/soql/selection.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koppla::sandbox::soql {

/// One thing to print of a row, in printing order. A parent's steps lie between its `parent_begin` and
/// `parent_end`; when it is missing, printing goes on `skip` steps further.
struct Step {
    enum class Kind { value, compound, parent_begin, parent_end };

    Kind kind = Kind::value;
    std::string lead{};        ///< JSON: `,"Name":`
    std::string attributes{};  ///< JSON, of a parent: `{"attributes":{"type":"Account","url":"…/`
    Storage storage = Storage::text;
    int column = 0;             ///< of the value; of a parent, its Id
    std::size_t skip = 0;       ///< of parent_begin
    std::vector<Step> parts{};  ///< of a compound
};

/// A query made ready: SQL in pieces, and how its rows are printed.
struct Plan {
    const Object* object = nullptr;
    std::vector<SelectedColumn> columns{};  ///< as selected
    std::string attributes{};               ///< JSON: `{"attributes":{"type":"Contact","url":"…/`
    std::vector<Step> steps{};              ///< for JSON: parents' fields brought together
    std::vector<Step> cells{};              ///< for CSV: in the order selected
    std::vector<std::string> result{};      ///< SQL of the result columns; 0 is the Id
    std::string compound{};                 ///< the first compound selected, or empty
    bool is_aggregate = false;              ///< COUNT(field): one row, the counts are the result columns
    bool is_count = false;                  ///< COUNT(): no rows, only a total

    std::string table{};
    std::string joins{};
    std::string where{};  ///< with its keyword, or empty
    std::string order{};  ///< with its keyword, or empty
    std::optional<std::int64_t> limit{};
    std::vector<Value> bound{};  ///< $1 …, in `where` and `order` only

    [[nodiscard]] std::string result_sql() const;
    [[nodiscard]] std::string limit_sql() const;
};

}  // namespace koppla::sandbox::soql
