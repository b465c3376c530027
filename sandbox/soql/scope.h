#pragma once

#include "base/result.h"
#include "sandbox/org/catalog.h"
#include "sandbox/org/value.h"
#include "sandbox/soql/syntax/ast.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::soql {

/// The state's table of an object, and a column, as SQL.
std::string table_sql(const Object& object);
std::string quoted_name(std::string_view identifier);
/// The integer key of every table.
inline constexpr std::string_view row_column = "\"_row\"";

/// A path that was found: the field, the object it belongs to, and which join leads there (0: the object
/// itself).
struct Resolved {
    std::size_t join = 0;
    const Object* object = nullptr;
    const Field* field = nullptr;
    std::vector<std::string> relationships;  ///< canonical names, from the object outwards

    [[nodiscard]] std::string sql() const;
    [[nodiscard]] std::string name() const;  ///< canonical, dotted
};

/// What the clauses of one query share: its object, the parents joined so far, and the values bound.
class Scope {
  public:
    Scope(const Catalog& catalog, std::string_view soql, const Object& object, std::string_view alias);

    [[nodiscard]] const Object& object() const { return *joins_.front().object; }
    [[nodiscard]] std::string_view soql() const { return soql_; }
    /// INVALID_FIELD where a name of the path isn't there.
    Result<Resolved> resolve(const Path& path);

    /// "$3": the place of a value in the statement.
    std::string bind(Value value);
    [[nodiscard]] const std::vector<Value>& bound() const { return bound_; }
    /// `"org_Contact" t0 …` and its joins come apart, because a page puts its ids between them.
    [[nodiscard]] std::string table() const;
    [[nodiscard]] std::string joins() const;

  private:
    struct Join {
        std::size_t parent;
        const Field* reference;  ///< null for the object itself
        const Object* object;
    };
    std::size_t join(std::size_t parent, const Field& reference, const Object& target);

    const Catalog& catalog_;
    std::string_view soql_;
    std::string alias_;  ///< lower case
    std::vector<Join> joins_;
    std::vector<Value> bound_;
};

}  // namespace koppla::sandbox::soql
