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
/// `parent_end`; when it is missing, printing goes on `skip` steps further. A `type_of` has a part for each
/// object that the reference may point to: its key prefix as `lead`, its attributes, its Id as `column`.
struct Step {
    enum class Kind { value, compound, parent_begin, parent_end, children, type_of };

    Kind kind = Kind::value;
    std::string lead{};        ///< JSON: `,"Name":`
    std::string attributes{};  ///< JSON, of a parent: `{"attributes":{"type":"Account","url":"…/`
    Storage storage = Storage::text;
    int column = 0;                 ///< of the value; of a parent, its Id; of children, which of the plan's
    std::size_t skip = 0;           ///< of parent_begin
    std::vector<Step> parts{};      ///< of a compound, of type_of
    const Field* labels = nullptr;  ///< toLabel: print what the picklist shows instead of the value
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
    bool is_aggregate = false;              ///< grouped, or aggregates alone: `steps` prints its rows
    bool is_count = false;                  ///< COUNT(): no rows, only a total
    std::vector<Plan> children{};           ///< sub-queries; each prints its rows below the parents'
    std::string relationship{};             ///< of such a child: the way back's name
    int link_column = 0;                    ///< of such a child: the result column with the parent's Id

    std::string table{};
    std::string joins{};
    std::string where{};  ///< with its keyword, or empty
    std::string group{};  ///< GROUP BY and HAVING, or empty
    std::string order{};  ///< with its keyword, or empty
    std::optional<std::int64_t> limit{};
    std::int64_t offset = 0;
    std::vector<Value> bound{};  ///< $1 …, in `where`, `group` and `order` only

    [[nodiscard]] std::string result_sql() const;
    [[nodiscard]] std::string limit_sql() const;
};

}  // namespace koppla::sandbox::soql
